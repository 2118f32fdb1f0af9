// SPDX-License-Identifier: BSD-3-Clause
// Routes of one session key of a stream: made, spoken of to the neighbourhood, ended.
#include "control/stream_table.hpp"

#include <mt6d/checksum.hpp>

#include <algorithm>
#include <utility>

namespace mt6d {
namespace {

using dataplane::AddressPair;
using dataplane::Side;

// How many salts beyond the prepared one a peer may ask for.
constexpr Salt foresight = 2;

// The salts whose header templates exist: active, next, and the one in preparation.
bool has_slot(Salt salt, Salt active) {
    return salt >= active && salt - active < route_slots - 1;
}

} // namespace

bool StreamTable::reconcile(std::size_t i, Salt active, std::int64_t now) {
    bool complete = true;
    for (Epoch& epoch : records_[i].epochs) {
        complete &= reconcile(i, epoch, active, now);
    }
    return complete;
}

bool StreamTable::reconcile(std::size_t i, Epoch& epoch, Salt active, std::int64_t now) {
    const config::StreamOptions& options = stream(i).options;
    const SaltWindow window = salt_window(active, options.rotation, options.lifetime);
    std::erase_if(epoch.held, [&](const Held& held) {
        const bool over = !window.held(held.salt);
        if (over) {
            end(epoch, held);
        }
        return over;
    });
    forget_foreseen(epoch, [&](Salt salt) {
        return salt < window.first_live || salt > window.prepared + foresight;
    });
    epoch.held.reserve(window.prepared - window.first_live + 1);
    bool complete = true;
    for (Salt salt = window.first_live; salt <= window.prepared; ++salt) {
        const auto at =
            std::lower_bound(epoch.held.begin(), epoch.held.end(), salt,
                             [](const Held& held, Salt wanted) { return held.salt < wanted; });
        const bool missing = at == epoch.held.end() || at->salt != salt;
        const bool slot_missing =
            epoch.slots != nullptr && has_slot(salt, active)
            && epoch.slots->of(salt).salt.load(std::memory_order_relaxed) != salt;
        if (missing) {
            complete &= prepare(i, epoch, salt);
        }
        if (slot_missing) {
            complete &= fill_slot(i, epoch, salt, now);
        }
    }
    return complete;
}

bool StreamTable::prepare(std::size_t i, Epoch& epoch, Salt salt) {
    const config::Stream& stream = *records_[i].stream;
    const AddressHasher& hash = hasher(stream.options.hash);
    Held held{.salt = salt,
              .local = hash.derive(stream.local, epoch.session_key->bytes(), salt),
              .remote = hash.derive(stream.remote, epoch.session_key->bytes(), salt).address,
              .next_hop = std::nullopt,
              .route = nullptr};
    const EpochKeys* const keys = epoch.keys;
    const AddressPair key{held.remote, held.local.address};
    if (forwarding_.hashed_pairs->find(&key) != nullptr) {
        return false; // another stream's, by chance or by a key used twice
    }
    const auto at =
        std::lower_bound(epoch.held.begin(), epoch.held.end(), salt,
                         [](const Held& other, Salt wanted) { return other.salt < wanted; });
    held.route = routes_.take();
    *held.route = RouteContext{.stream = &contexts_[i],
                               .salt = salt,
                               .open = keys == nullptr ? nullptr : keys->open_state,
                               .window = keys == nullptr ? nullptr : keys_.take_window(*keys),
                               .host_mac = stream.local.mac,
                               .owner = contexts_[i].owner,
                               .live_before = stream.options.lifetime / stream.options.rotation - 1,
                               .rotation = contexts_[i].rotation,
                               .accept_zero_checksum = stream.options.accept_zero_checksum,
                               .exchanges_keys = stream.exchanges_keys(),
                               .source_port = be16_t(held.local.source_port),
                               .quote = keys == nullptr ? nullptr : keys->quote_key};
    if (!answer_for(epoch, held)) {
        release({.route = held.route});
        return false;
    }
    if (!forwarding_.hashed_pairs->add(&key, held.route)) {
        forget(held);
        release({.route = held.route});
        return false;
    }
    announce(held);
    epoch.held.insert(at, held);
    foresee(stream, epoch, salt + foresight);
    return true;
}

// From now on others find the hashed address, and the peer's is kept from hosts: if it is not
// on-link it may come to be.
bool StreamTable::answer_for(Epoch& epoch, Held& held) {
    held.is_answered = !neighborhood_.is_routed(held.local.address); // else nobody asks
    AnswerTable& outside = neighborhood_.answers(Side::external);
    AnswerTable& inside = neighborhood_.answers(Side::internal);
    if (held.is_answered && !outside.add(held.local.address)) {
        return false;
    }
    const auto foreseen =
        std::find_if(epoch.foreseen.begin(), epoch.foreseen.end(),
                     [&](const Foreseen& other) { return other.salt == held.salt; });
    if (foreseen != epoch.foreseen.end()) {
        inside.remove(foreseen->local);
        held.is_hidden = foreseen->is_hidden;
        epoch.foreseen.erase(foreseen);
        return true;
    }
    held.is_hidden = !neighborhood_.is_routed_beyond(held.remote);
    if (held.is_hidden && !inside.add(held.remote, AnswerTable::Kind::remote_hashed)) {
        if (held.is_answered) {
            outside.remove(held.local.address);
        }
        return false;
    }
    return true;
}

// A peer that prepares earlier, or whose clock is ahead, asks for addresses that do not exist here
// yet: under the proxy's rule hosts would be asked for them.
void StreamTable::foresee(const config::Stream& stream, Epoch& epoch, Salt salt) {
    const auto is_it = [&](const auto& other) { return other.salt == salt; };
    if (!forwarding_.proxy || std::any_of(epoch.held.begin(), epoch.held.end(), is_it)
        || std::any_of(epoch.foreseen.begin(), epoch.foreseen.end(), is_it)) {
        return;
    }
    const AddressHasher& hash = hasher(stream.options.hash);
    const auto key = epoch.session_key->bytes();
    Foreseen next{salt, hash.derive(stream.local, key, salt).address,
                  hash.derive(stream.remote, key, salt).address};
    next.is_hidden = !neighborhood_.is_routed_beyond(next.remote);
    if (neighborhood_.is_routed(next.local) && !next.is_hidden) {
        return; // known as hashed by their prefixes
    }
    AnswerTable& inside = neighborhood_.answers(Side::internal);
    if (!inside.add(next.local, AnswerTable::Kind::remote_hashed)) {
        return;
    }
    if (next.is_hidden && !inside.add(next.remote, AnswerTable::Kind::remote_hashed)) {
        inside.remove(next.local);
        return;
    }
    epoch.foreseen.push_back(next);
}

template <class Condition>
void StreamTable::forget_foreseen(Epoch& epoch, Condition shall_end) {
    AnswerTable& inside = neighborhood_.answers(Side::internal);
    std::erase_if(epoch.foreseen, [&](const Foreseen& foreseen) {
        const bool over = shall_end(foreseen.salt);
        if (over) {
            inside.remove(foreseen.local);
            if (foreseen.is_hidden) {
                inside.remove(foreseen.remote);
            }
        }
        return over;
    });
}

// They are remembered first: at no moment would hosts be asked for them.
void StreamTable::forget(const Held& held) {
    if (held.is_answered) {
        neighborhood_.remember(held.local.address);
        neighborhood_.answers(Side::external).remove(held.local.address);
    }
    if (held.is_hidden) {
        neighborhood_.remember(held.remote);
        neighborhood_.answers(Side::internal).remove(held.remote);
    }
}

void StreamTable::end_all(Epoch& epoch) {
    for (const Held& held : epoch.held) {
        end(epoch, held);
    }
    epoch.held.clear();
    forget_foreseen(epoch, [](Salt) { return true; });
}

void StreamTable::end(Epoch& epoch, const Held& held) {
    // Its salt is active no more, but may be again, should the clock be set back: by then the next
    // hop that the template names may be another's.
    if (epoch.slots != nullptr) {
        RouteSlot& slot = epoch.slots->of(held.salt);
        if (slot.salt == held.salt) {
            slot.salt.store(no_salt, std::memory_order_release);
        }
    }
    const AddressPair key{held.remote, held.local.address};
    const std::int32_t position = forwarding_.hashed_pairs->remove(&key);
    grace_.retire({.table = position >= 0 ? forwarding_.hashed_pairs.get() : nullptr,
                   .position = position,
                   .route = held.route});
    forget(held);
    if (held.next_hop) {
        next_hops_.release(*held.next_hop);
    }
}

// Of the epoch that packets leave with: a new one's first route begins with it.
std::optional<AdjacencyId> StreamTable::next_hop_in_use(std::size_t i, Salt salt) const {
    const RouteSlots* const sending = contexts_[i].sending.load(std::memory_order_relaxed);
    const RouteSlot* const slot =
        sending == nullptr ? nullptr : StreamContext::template_of(*sending, salt);
    return slot == nullptr ? std::nullopt
                           : std::optional(slot->adjacency.load(std::memory_order_relaxed));
}

// The template of what is sent with this salt. Its slot was last used by a salt that no worker
// sends with any more. Its next hop is resolved from here on: that of a salt which is received on
// alone never is, so nobody is asked for addresses that are about to end.
bool StreamTable::fill_slot(std::size_t i, Epoch& epoch, Salt salt, std::int64_t now) {
    const auto held = std::find_if(epoch.held.begin(), epoch.held.end(),
                                   [&](const Held& other) { return other.salt == salt; });
    if (held == epoch.held.end()) {
        return false;
    }
    if (!held->next_hop) {
        const auto previous = held == epoch.held.begin() || !std::prev(held)->next_hop
                                  ? next_hop_in_use(i, salt)
                                  : std::prev(held)->next_hop;
        held->next_hop = next_hops_.acquire(held->remote, previous, now);
    }
    if (!held->next_hop) {
        return false;
    }
    const config::StreamOptions& options = stream(i).options;
    const HashedAddress& source = held->local;
    RouteSlot& slot = epoch.slots->of(salt);
    slot.salt.store(no_salt, std::memory_order_release);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    slot.ipv6 = Ipv6Header{Ipv6Header::first_word(0, options.flow_labels ? source.flow_label : 0),
                           be16_t(0),
                           protocol::udp,
                           tunnel_hop_limit,
                           source.address,
                           held->remote};
    slot.source_port = be16_t(source.source_port);
    slot.partial_sum = fold(sum_addresses(source.address, held->remote)
                            + summand(std::uint16_t{protocol::udp}) + summand(slot.source_port));
    slot.adjacency.store(*held->next_hop, std::memory_order_relaxed);
    slot.seal = epoch.keys == nullptr ? nullptr : keys_.seal(*epoch.keys, salt);
    slot.salt.store(salt, std::memory_order_release);
    return true;
}

void StreamTable::announce(Held& held) {
    if (neighborhood_.announce(held.local.address)) {
        held.announced_on = link_;
    } else {
        announcements_missing_ = true;
    }
}

// What nobody sends to any more is left out.
void StreamTable::announce(std::size_t i) {
    const Salt active =
        forwarding_.active.salt[contexts_[i].rotation].load(std::memory_order_relaxed);
    for (Epoch& epoch : records_[i].epochs) {
        for (Held& held : epoch.held) {
            if (held.salt + 1 >= active && held.announced_on != link_) {
                announce(held);
            }
        }
    }
}

void StreamTable::forget_announcements(std::size_t i) {
    for (Epoch& epoch : records_[i].epochs) {
        for (Held& held : epoch.held) {
            held.announced_on = 0;
        }
    }
}

void StreamTable::renew_next_hops(std::size_t i, std::int64_t now,
                                  std::vector<AdjacencyId>& replaced) {
    for (Epoch& epoch : records_[i].epochs) {
        std::optional<AdjacencyId> previous;
        for (Held& held : epoch.held) {
            if (held.next_hop) {
                if (const auto next_hop = next_hops_.acquire(held.remote, previous, now)) {
                    RouteSlot& slot = epoch.slots->of(held.salt);
                    if (slot.salt == held.salt) {
                        slot.adjacency.store(*next_hop, std::memory_order_release);
                    }
                    replaced.push_back(*std::exchange(held.next_hop, next_hop));
                }
            }
            previous = held.next_hop;
        }
    }
}

void StreamTable::invalidate_slots(std::size_t i, Salt active) {
    for (const Epoch& epoch : records_[i].epochs) {
        if (epoch.slots == nullptr) {
            continue;
        }
        for (RouteSlot& slot : epoch.slots->slots) {
            const Salt salt = slot.salt.load(std::memory_order_relaxed);
            if (salt != no_salt && !has_slot(salt, active)) {
                slot.salt.store(no_salt, std::memory_order_release);
            }
        }
    }
}

} // namespace mt6d
