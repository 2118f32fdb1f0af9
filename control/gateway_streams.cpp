// SPDX-License-Identifier: BSD-3-Clause
// A gateway's streams as other threads know them, and how they have them changed.
#include "control/gateway.hpp"

#include <fmt/format.h>

#include <chrono>
#include <set>
#include <unordered_map>
#include <utility>

namespace mt6d {
namespace {

using namespace std::chrono_literals;
using dataplane::Side;

const config::Stream& stream_of(const config::StreamPtr& stream) {
    return *stream;
}
const config::Stream& stream_of(const StreamChange::Successor& successor) {
    return *successor.stream;
}

// What of these streams is left: those that others take the place of have their ids.
std::vector<StreamEntry> after(const StreamDirectory& now, const StreamChange& change) {
    std::unordered_map<StreamId, config::StreamPtr> changed; // null: removed
    for (const auto* const successors : {&change.replaced, &change.altered}) {
        for (const StreamChange::Successor& successor : *successors) {
            changed.emplace(successor.before, successor.stream);
        }
    }
    for (const StreamId& removed : change.removed) {
        changed.emplace(removed, nullptr);
    }
    std::vector<StreamEntry> left;
    for (const StreamEntry& entry : now.entries) {
        const auto found = changed.find(entry.id);
        if (found == changed.end()) {
            left.push_back(entry);
        } else if (found->second != nullptr) {
            left.push_back({entry.id, entry.rotation, found->second});
        }
    }
    return left;
}

} // namespace

dataplane::RoutedPrefixes Gateway::routed_by(std::span<const config::StreamPtr> streams) const {
    std::vector<const config::Stream*> plain;
    for (const config::StreamPtr& stream : streams) {
        plain.push_back(stream.get());
    }
    return routed_prefixes(config_.external, plain);
}

dataplane::RoutedPrefixes Gateway::routed_after(const StreamChange& change) const {
    std::vector<config::StreamPtr> streams = change.added;
    for (const StreamEntry& entry : after(*directory(), change)) {
        streams.push_back(entry.stream);
    }
    return routed_by(streams);
}

StreamDirectoryPtr Gateway::directory() const {
    const std::lock_guard lock(directory_mutex_);
    return directory_;
}

void Gateway::make_directory() {
    auto made = std::make_shared<StreamDirectory>();
    for (std::size_t i = 0; i < streams_->end(); ++i) {
        made->entries.push_back(
            {streams_->id(i), streams_->context(i).rotation, streams_->stream_ptr(i)});
    }
    directory_ = std::move(made);
}

// docs/protocol.md, section 6: the gateway's own address, never a host's.
Result<> Gateway::check_macs(const config::Stream& stream) const {
    for (const Side side : dataplane::sides) {
        for (const config::Host* const host : {&stream.local, &stream.remote}) {
            if (host->mac == forwarding_.port(side).mac) {
                return Error{fmt::format("stream {}: the MAC address {} of the host {} is that of "
                                         "this gateway's {} port: correct it",
                                         stream.name, host->mac.text(), host->name, name(side))};
            }
        }
    }
    return {};
}

// Streams that are new take tables, keys and tasks as long as those that they replace have theirs.
Result<> Gateway::check_change(const StreamChange& change) const {
    StreamRoom needed;
    std::set<std::uint32_t> rotations;
    const dataplane::RoutedPrefixes routed = routed_after(change);
    for (const StreamEntry& entry : directory()->entries) {
        needed += room_of(*entry.stream, routed);
        rotations.insert(entry.stream->options.rotation);
    }
    const auto add = [&](const auto& streams) -> Result<> {
        for (const auto& stream : streams) {
            const config::StreamOptions& options = stream_of(stream).options;
            needed += room_of(stream_of(stream), routed);
            rotations.insert(options.rotation);
            if (auto checked = check_macs(stream_of(stream)); !checked) {
                return checked;
            }
            if (options.cipher != Cipher::none && crypto_ == nullptr) {
                return Error{"cipher: no stream encrypted when the gateway started, so it has "
                             "nothing to do it with; restart it"};
            }
            if (stream_of(stream).exchanges_keys() && !exchanges_) {
                return Error{"rekey.method: no stream exchanged keys when the gateway started; "
                             "restart it"};
            }
        }
        return {};
    };
    for (auto checked : {add(change.added), add(change.replaced)}) {
        if (!checked) {
            return checked;
        }
    }
    if (rotations.size() > max_rotation_times) {
        return Error{fmt::format("rotation: a gateway has no more than {} rotation times at once, "
                                 "those of streams that go among them: make the change in parts",
                                 max_rotation_times)};
    }
    if (!room_.holds(needed)) {
        return Error{fmt::format(
            "no room: with those that go, which stay until those that come are there, it would be "
            "{} streams and {} routes, and tables were made for {} and {}; raise "
            "`streams_at_most` (now {}) in {} and restart, or make the change in parts",
            needed.streams, needed.routes, room_.streams, room_.routes, room_.streams,
            config_.file)};
    }
    return {};
}

Result<> Gateway::change_streams(StreamChange change) {
    const std::lock_guard one_at_a_time(changing_);
    if (auto checked = check_change(change); !checked) {
        return checked;
    }
    auto order = std::make_shared<StreamChanges::Order>();
    change.routed = routed_after(change);
    order->change = std::move(change);
    ControlTasks& tasks = control_->tasks();
    if (auto begun = tasks.run([&] { control_->changes().begin(order); }); !begun) {
        return begun;
    }
    while (!order->finished.try_acquire_for(100ms)) {
        if (tasks.is_closed()) {
            return Error{"the gateway is ending"};
        }
    }
    if (order->error) {
        return *order->error;
    }
    update_directory(*order);
    return {};
}

void Gateway::update_directory(const StreamChanges::Order& done) {
    const auto entry_of = [this](StreamId id, config::StreamPtr stream) {
        return StreamEntry{id, streams_->context(id.slot).rotation, std::move(stream)};
    };
    const StreamChange& change = done.change;
    std::unordered_map<StreamId, StreamId> successors;
    for (std::size_t i = 0; i < change.replaced.size(); ++i) {
        successors.emplace(change.replaced[i].before, done.replaced[i]);
    }
    auto made = std::make_shared<StreamDirectory>();
    for (StreamEntry& entry : after(*directory(), change)) {
        const auto successor = successors.find(entry.id);
        made->entries.push_back(successor == successors.end()
                                    ? std::move(entry)
                                    : entry_of(successor->second, entry.stream));
    }
    for (std::size_t i = 0; i < change.added.size(); ++i) {
        made->entries.push_back(entry_of(done.added[i], change.added[i]));
    }
    const std::lock_guard lock(directory_mutex_);
    directory_ = std::move(made);
}

} // namespace mt6d
