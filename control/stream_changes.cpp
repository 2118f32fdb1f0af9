// SPDX-License-Identifier: BSD-3-Clause
#include "control/stream_changes.hpp"

#include "control/control_loop.hpp"
#include "control/stream_table.hpp"

#include <utility>

namespace mt6d {

void StreamChanges::begin(std::shared_ptr<Order> order) {
    order_ = std::move(order);
    staged_.clear();
    withdrawn_ = 0;
    enter(&StreamChanges::stage);
}

void StreamChanges::advance() {
    for (int i = 0; i < steps_a_tick && is_busy(); ++i) {
        if ((this->*phase_)() == Next::wait) {
            return;
        }
    }
}

StreamChanges::Next StreamChanges::enter(Phase phase) {
    phase_ = phase;
    at_ = 0;
    return Next::step;
}

// --- what can fail ----------------------------------------------------------------------------

StreamChanges::Next StreamChanges::stage() {
    const StreamChange& change = order_->change;
    if (at_ == change.added.size() + change.replaced.size()) {
        return enter(&StreamChanges::publish);
    }
    if (streams_.awaits_slot()) {
        return Next::wait; // that of a stream that has just gone
    }
    const config::StreamPtr& stream = at_ < change.added.size()
                                          ? change.added[at_]
                                          : change.replaced[at_ - change.added.size()].stream;
    const auto slot = streams_.stage(stream);
    if (!slot) {
        return fail(slot.error());
    }
    staged_.push_back(*slot);
    ++at_;
    return Next::step;
}

StreamChanges::Next StreamChanges::publish() {
    if (at_ == order_->change.added.size()) {
        neighborhood_.set_routed(order_->change.routed);
        return enter(&StreamChanges::activate);
    }
    if (auto published = streams_.publish(staged_[at_]); !published) {
        return fail(std::move(published).error());
    }
    ++at_;
    return Next::step;
}

// --- what cannot ------------------------------------------------------------------------------

void StreamChanges::bring_to_life(std::size_t slot, const std::optional<KeysLeft>& before) {
    streams_.activate(slot);
    control_.adopt(slot);
    if (exchanger_ != nullptr) {
        exchanger_->add(slot, before);
    }
    control_.make_routes(slot); // one that cannot be made is tried again, as others are
}

StreamChanges::Next StreamChanges::activate() {
    if (at_ == order_->change.added.size()) {
        return enter(&StreamChanges::alter);
    }
    bring_to_life(staged_[at_], std::nullopt);
    order_->added.push_back(streams_.id(staged_[at_]));
    ++at_;
    return Next::step;
}

StreamChanges::Next StreamChanges::alter() {
    if (at_ == order_->change.altered.size()) {
        return enter(&StreamChanges::exchange_old_for_new);
    }
    const StreamChange::Successor& altered = order_->change.altered[at_];
    streams_.alter(altered.before.slot, altered.stream);
    ++at_;
    return Next::step;
}

std::size_t StreamChanges::going() const {
    return order_->change.replaced.size() + order_->change.removed.size();
}

StreamId StreamChanges::gone(std::size_t n) const {
    const StreamChange& change = order_->change;
    return n < change.replaced.size() ? change.replaced[n].before
                                      : change.removed[n - change.replaced.size()];
}

StreamChanges::Next StreamChanges::exchange_old_for_new() {
    if (at_ == going()) {
        return enter(&StreamChanges::drain);
    }
    if (at_ < withdrawn_ && streams_.is_quiet(gone(at_).slot)) {
        end(at_++);
        return Next::step;
    }
    if (withdrawn_ < going() && withdrawn_ - at_ < most_going) {
        withdraw(withdrawn_++);
        return Next::step;
    }
    return Next::wait;
}

void StreamChanges::withdraw(std::size_t n) {
    const std::size_t slot = gone(n).slot;
    carried_.push_back(exchanger_ == nullptr ? std::nullopt : exchanger_->remove(slot));
    control_.abandon(slot);
    const bool has_successor = n < order_->change.replaced.size();
    streams_.withdraw(slot, has_successor ? StreamTable::Pair::keep : StreamTable::Pair::remove);
}

// No worker has anything of it any more but its numbers and counters.
void StreamChanges::end(std::size_t n) {
    const std::size_t slot = gone(n).slot;
    const auto carried = std::move(carried_.front());
    carried_.pop_front();
    if (n < order_->change.replaced.size()) {
        const std::size_t successor = staged_[order_->change.added.size() + n];
        streams_.give_numbers_back(slot);
        streams_.publish_instead(successor, slot);
        bring_to_life(successor, carried);
        order_->replaced.push_back(streams_.id(successor));
    } else if (carried) {
        exchanger_->forget(streams_.stream(slot), *carried);
    }
    streams_.retire(slot);
}

// Until the memory of those that went is free: grace periods end in their order.
StreamChanges::Next StreamChanges::drain() {
    return going() > 0 && streams_.is_now(gone(going() - 1)) ? Next::wait : finish();
}

// --- ends -------------------------------------------------------------------------------------

StreamChanges::Next StreamChanges::fail(Error error) {
    order_->error = std::move(error);
    return enter(&StreamChanges::undo);
}

// Nothing was activated yet, let alone withdrawn.
StreamChanges::Next StreamChanges::undo() {
    if (at_ == staged_.size()) {
        return finish();
    }
    const std::size_t slot = staged_[at_];
    if (withdrawn_ < staged_.size()) {
        streams_.withdraw(staged_[withdrawn_++], StreamTable::Pair::remove);
        return Next::step;
    }
    if (!streams_.is_quiet(slot)) {
        return Next::wait;
    }
    streams_.retire(slot);
    ++at_;
    return Next::step;
}

StreamChanges::Next StreamChanges::finish() {
    const auto order = std::exchange(order_, nullptr);
    order->finished.release();
    return Next::wait;
}

} // namespace mt6d
