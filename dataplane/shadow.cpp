// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/shadow.hpp"

#include <mt6d/parse_error.hpp>

#include <algorithm>

namespace mt6d::dataplane {
namespace {

// The reader of the copies has no other thread beside it.
constexpr auto relaxed = std::memory_order_relaxed;

void copy_seal(const SealState& from, SealState& to) {
    to.first = from.first;
    to.nonce_salt = from.nonce_salt;
    to.record = from.record;
    to.next.store(from.next.load(relaxed), relaxed);
    to.recorded.store(from.recorded.load(std::memory_order_acquire), relaxed);
    to.ask_at.store(SealState::never, relaxed);
}

// What may be read by any thread.
void copy_open(const OpenState& from, OpenState& to) {
    to.key = from.key;
    to.nonce_salt = from.nonce_salt;
    to.epoch = from.epoch;
    to.next.store(from.next.load(relaxed), relaxed);
    to.for_exchange_alone.store(from.for_exchange_alone.load(relaxed), relaxed);
}

// What is the owning worker's.
void copy_owned(const OpenState& from, OpenState& to) {
    to.next_at_rotation = from.next_at_rotation;
    to.seen_active = from.seen_active;
    to.newest_salt = from.newest_salt;
    to.last_opened = from.last_opened;
}

void copy_context(const StreamContext& from, StreamContext& to) {
    to.local = from.local;
    to.remote = from.remote;
    to.path_mtu.follow(static_cast<std::uint16_t>(from.path_mtu.value()), 0);
    to.key_state.store(from.key_state.load(relaxed), relaxed);
    to.disabled.store(from.disabled.load(relaxed), relaxed);
    to.base_port = from.base_port;
    to.inner_pair_sum = from.inner_pair_sum;
    to.owner = from.owner;
    to.rotation = from.rotation;
    to.cipher = from.cipher;
    to.lower_mss.store(from.lower_mss.load(relaxed), relaxed);
    to.class_mask.store(from.class_mask.load(relaxed), relaxed);
}

void add_quoted(Bytes message, NamedAddresses& named) {
    if (const auto error = parse_error(message)) {
        named.add(error->quoted->source);
        named.add(error->quoted->destination);
    }
}

// The target, and what a redirect is about: they lie alike in all messages that have them.
void add_targets(Bytes message, NamedAddresses& named) {
    if (const auto* const about = view_of<NeighborMessage>(message)) {
        named.add(about->target);
    }
    if (const auto* const redirect = view_of<RedirectMessage>(message)) {
        named.add(redirect->destination);
    }
}

} // namespace

NamedAddresses named_in(Bytes bytes) {
    NamedAddresses named;
    const auto frame = parse_frame(bytes);
    if (!frame) {
        return named;
    }
    named.add(frame->ipv6->source);
    named.add(frame->ipv6->destination);
    const auto check = check_discovery(frame->ipv6->next_header, frame->payload());
    if (check && check->discovery) {
        add_targets(frame->payload().subspan(check->offset), named);
    } else if (const auto message = find_error(*frame)) {
        add_quoted(*message, named);
    }
    return named;
}

bool Shadow::create_tables(Forwarding& to) {
    const auto make = [](const char* name, std::uint32_t key_size) {
        constexpr std::uint32_t entries = 64; // more than twice what comes into any of them
        static_assert(entries > 2 * most_pairs);
        return Table::create(name, key_size, entries, SOCKET_ID_ANY);
    };
    constexpr auto single = static_cast<std::uint32_t>(sizeof(Ipv6Address));
    to.true_pairs = make("mt6d_sim_true", pair_key_size);
    to.hashed_pairs = make("mt6d_sim_hashed", pair_key_size);
    to.targets[0] = make("mt6d_sim_targets_in", single);
    to.targets[1] = make("mt6d_sim_targets_out", single);
    to.neighbors[0] = make("mt6d_sim_neighbors_in", single);
    to.neighbors[1] = make("mt6d_sim_neighbors_out", single);
    return to.true_pairs != nullptr && to.hashed_pairs != nullptr
           && std::all_of(to.targets.begin(), to.targets.end(),
                          [](const auto& table) { return table != nullptr; })
           && std::all_of(to.neighbors.begin(), to.neighbors.end(),
                          [](const auto& table) { return table != nullptr; });
}

void Shadow::copy(const Forwarding& from, std::uint16_t worker, const NamedAddresses& named,
                  Forwarding& to) {
    to.counters = counters_;
    to.epochs = epochs_;
    to.peer_clocks = peer_clocks_;
    for (const Side side : sides) {
        to.adjacencies[index(side)] = next_hops_[index(side)];
    }
    for (std::size_t i = 0; i < max_rotation_times; ++i) {
        to.active.salt[i].store(from.active.salt[i].load(std::memory_order_acquire), relaxed);
    }
    to.router = next_hop(from, Side::external, from.router);
    to.routed.store(from.routed.load(std::memory_order_acquire), relaxed);
    to.on_link.store(from.on_link.load(std::memory_order_acquire), relaxed);
    to.host_mtu.store(from.host_mtu.load(relaxed), relaxed);
    to.stopped.store(from.stopped.load(relaxed), relaxed);
    copy_addresses(from, named, to);
    for (const Ipv6Address& source : named.all()) {
        for (const Ipv6Address& destination : named.all()) {
            copy_pair(from, worker, {source, destination}, to);
        }
    }
}

void Shadow::copy_addresses(const Forwarding& from, const NamedAddresses& named, Forwarding& to) {
    for (const Side side : sides) {
        for (std::size_t i = 0; i < named.count; ++i) {
            const Ipv6Address& address = named.addresses[i];
            const Target* const target = from.target(side, address);
            if (target != nullptr && to.target(side, address) == nullptr) {
                targets_[index(side)][i] = *target;
                to.targets[index(side)]->add(&address, &targets_[index(side)][i]);
            }
            const auto neighbor = from.neighbor(side, address);
            if (neighbor && !to.neighbor(side, address)) {
                const std::uintptr_t id_plus_one = next_hop(from, side, *neighbor) + 1U;
                to.neighbors[index(side)]->add(&address,
                                               reinterpret_cast<void*>(id_plus_one)); // NOLINT
            }
        }
    }
}

void Shadow::copy_pair(const Forwarding& from, std::uint16_t worker, const AddressPair& pair,
                       Forwarding& to) {
    const void* const inside = from.true_pairs->find(&pair);
    if (inside != nullptr && to.true_pairs->find(&pair) == nullptr) {
        to.true_pairs->add(&pair, stream(from, *static_cast<const StreamContext*>(inside)));
    }
    const void* const outside = from.hashed_pairs->find(&pair);
    if (outside == nullptr || to.hashed_pairs->find(&pair) != nullptr) {
        return;
    }
    const auto& original = *static_cast<const RouteContext*>(outside);
    Route& route = routes_[route_count_++];
    route.context = original;
    route.context.stream = stream(from, *original.stream);
    if (original.open != nullptr) {
        copy_open(*original.open, route.open);
        route.context.open = &route.open;
    }
    if (original.window != nullptr) {
        route.context.window = &route.window;
    }
    if (original.owner == worker && original.open != nullptr) {
        copy_owned(*original.open, route.open);
        if (original.window != nullptr) {
            route.window = *original.window;
        }
    }
    to.hashed_pairs->add(&pair, &route.context);
}

StreamContext* Shadow::stream(const Forwarding& from, const StreamContext& original) {
    auto* const end = streams_.begin() + stream_count_;
    auto* const known = std::find_if(
        streams_.begin(), end, [&](const Stream& other) { return other.original == &original; });
    if (known != end) {
        return &known->context;
    }
    Stream& made = streams_[stream_count_];
    made.original = &original;
    copy_context(original, made.context);
    made.context.id = static_cast<std::uint32_t>(stream_count_);
    originals_[stream_count_] = {original.id, from.counters[original.id].life.load(relaxed)};
    made.context.sending.store(&made.slots, relaxed);
    copy_slot(from, made);
    ++stream_count_;
    return &made.context;
}

// That of the active salt: a packet leaves by no other.
void Shadow::copy_slot(const Forwarding& from, Stream& stream) {
    const StreamContext& original = *stream.original;
    const RouteSlots* const sending = original.sending.load(std::memory_order_acquire);
    StreamEpochs::Held& epoch = epochs_[stream.context.id].held[0];
    epoch.slots.store(&stream.slots, relaxed);
    for (std::size_t i = 0; !from.epochs.empty() && i < epochs_held; ++i) {
        const StreamEpochs::Held& held = from.epochs[original.id].held[i];
        if (held.slots.load(std::memory_order_acquire) == sending) {
            epoch.epoch.store(held.epoch.load(std::memory_order_acquire), relaxed);
        }
    }
    const Salt active = from.active.salt[original.rotation].load(std::memory_order_acquire);
    const RouteSlot* const slot = StreamContext::template_of(*sending, active);
    if (slot == nullptr) {
        return;
    }
    RouteSlot& made = stream.slots.of(active);
    made.ipv6 = slot->ipv6;
    made.source_port = slot->source_port;
    made.partial_sum = slot->partial_sum;
    const AdjacencyId adjacency = slot->adjacency.load(std::memory_order_acquire);
    made.adjacency.store(next_hop(from, Side::external, adjacency), relaxed);
    if (slot->seal != nullptr) {
        copy_seal(*slot->seal, stream.seal);
        made.seal = &stream.seal;
    }
    made.salt.store(active, relaxed);
}

// How many packets wait for it is not copied: this one waits as the first.
AdjacencyId Shadow::next_hop(const Forwarding& from, Side side, AdjacencyId original) {
    const AdjacencyId made = next_hop_count_[index(side)]++;
    const Adjacency::Value value = from.adjacency(side, original).load();
    next_hops_[index(side)][made].store(value.mac(), value.state());
    return made;
}

} // namespace mt6d::dataplane
