// SPDX-License-Identifier: BSD-3-Clause
#include "control/stream_table.hpp"

#include <mt6d/checksum.hpp>

#include <algorithm>
#include <utility>

namespace mt6d {
namespace {

using dataplane::AddressPair;
using dataplane::Side;

constexpr std::size_t route_chunk = 1024;

// The salts whose header templates exist: active, next, and the one in preparation.
bool has_slot(Salt salt, Salt active) {
    return salt >= active && salt - active < route_slots - 1;
}

} // namespace

StreamTable::StreamTable(const config::Config& config, dataplane::Forwarding& forwarding,
                         GraceQueue& grace, Neighborhood& neighborhood, StreamKeys& keys)
    : forwarding_(forwarding), grace_(grace), neighborhood_(neighborhood),
      next_hops_(neighborhood.next_hops()),
      keys_(keys), hashers_{AddressHasher(config::Hash::sha256),
                            AddressHasher(config::Hash::sha384),
                            AddressHasher(config::Hash::sha512)},
      contexts_(std::make_unique<StreamContext[]>(config.streams.size())),
      counters_(std::make_unique<StreamCounters[]>(config.streams.size())),
      link_mtu_(forwarding.port(Side::external).mtu) {}

Result<std::unique_ptr<StreamTable>>
StreamTable::create(const config::Config& config, dataplane::Forwarding& forwarding,
                    GraceQueue& grace, Neighborhood& neighborhood, StreamKeys& keys,
                    std::span<const std::uint32_t> rotation_times) {
    auto table = std::unique_ptr<StreamTable>(
        new StreamTable(config, forwarding, grace, neighborhood, keys));
    table->records_.reserve(config.streams.size());
    for (const config::Stream& stream : config.streams) {
        table->records_.push_back({&stream, {}});
        table->fill_context(table->records_.size() - 1, rotation_times);
    }
    if (auto published = table->publish_true_pairs(); !published) {
        return std::move(published).error();
    }
    if (auto answered = table->answer_for_hosts(); !answered) {
        return std::move(answered).error();
    }
    return table;
}

void StreamTable::fill_context(std::size_t i, std::span<const std::uint32_t> rotation_times) {
    const config::Stream& stream = *records_[i].stream;
    StreamContext& context = contexts_[i];
    context.local = stream.local.address;
    context.remote = stream.remote.address;
    context.counters = &counters_[i];
    context.path_mtu.follow(link_mtu_, 0);
    context.base_port = stream.options.base_port;
    context.inner_pair_sum = fold(sum_addresses(context.local, context.remote));
    context.owner = static_cast<std::uint16_t>(i % forwarding_.rings.size());
    context.rotation = static_cast<std::uint8_t>(
        std::find(rotation_times.begin(), rotation_times.end(), stream.options.rotation)
        - rotation_times.begin());
    context.cipher = stream.options.cipher;
    context.lower_mss = stream.options.lower_mss;
    constexpr std::uint8_t congestion_alone = 0x3;
    context.class_mask = stream.options.copy_dscp ? 0xff : congestion_alone;
    context.id = static_cast<std::uint32_t>(i);
}

Result<> StreamTable::publish_true_pairs() {
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const AddressPair key{contexts_[i].local, contexts_[i].remote};
        if (!forwarding_.true_pairs->add(&key, &contexts_[i])) {
            return Error{"stream " + stream(i).name
                         + ": no room in the table of true addresses; raise `memory`"};
        }
    }
    return {};
}

// docs/protocol.md, section 7.1 and 7.2, but for hashed addresses.
Result<> StreamTable::answer_for_hosts() {
    AnswerTable& inside = neighborhood_.answers(Side::internal);
    AnswerTable& outside = neighborhood_.answers(Side::external);
    bool room = true;
    for (const Record& record : records_) {
        const config::Stream& stream = *record.stream;
        room = room && inside.add(stream.remote.address, AnswerTable::Kind::remote_host)
               && outside.add_host(stream.local.address, stream.local.mac);
    }
    return room ? Result<>{}
                : Error{"no room in the table of addresses to answer for; raise `memory`"};
}

bool StreamTable::reconcile(std::size_t i, Salt active, std::int64_t now) {
    Record& record = records_[i];
    const config::StreamOptions& options = record.stream->options;
    const SaltWindow window = salt_window(active, options.rotation, options.lifetime);
    std::erase_if(record.held, [&](const Held& held) {
        const bool over = !window.held(held.salt);
        if (over) {
            end(i, held);
        }
        return over;
    });
    bool complete = true;
    for (Salt salt = window.first_live; salt <= window.prepared; ++salt) {
        const auto at =
            std::lower_bound(record.held.begin(), record.held.end(), salt,
                             [](const Held& held, Salt wanted) { return held.salt < wanted; });
        const bool missing = at == record.held.end() || at->salt != salt;
        const bool slot_missing =
            has_slot(salt, active)
            && contexts_[i].slot(salt).salt.load(std::memory_order_relaxed) != salt;
        if (missing) {
            complete &= prepare(i, salt);
        }
        if (slot_missing) {
            complete &= fill_slot(i, salt, now);
        }
    }
    return complete;
}

bool StreamTable::prepare(std::size_t i, Salt salt) {
    Record& record = records_[i];
    const config::Stream& stream = *record.stream;
    const AddressHasher& hash = hasher(stream.options.hash);
    Held held{.salt = salt,
              .local = hash.derive(stream.local, stream.key.bytes(), salt),
              .remote = hash.derive(stream.remote, stream.key.bytes(), salt).address,
              .remote_known = false,
              .foreseen = {},
              .next_hop = std::nullopt,
              .route = nullptr};
    const AddressPair key{held.remote, held.local.address};
    if (forwarding_.hashed_pairs->find(&key) != nullptr) {
        return false; // another stream's, by chance or by a key used twice
    }
    const auto at =
        std::lower_bound(record.held.begin(), record.held.end(), salt,
                         [](const Held& other, Salt wanted) { return other.salt < wanted; });
    held.route = take_route();
    *held.route = RouteContext{.stream = &contexts_[i],
                               .salt = salt,
                               .open = keys_.open(i),
                               .window = keys_.take_window(i),
                               .host_mac = stream.local.mac,
                               .owner = contexts_[i].owner,
                               .live_before = stream.options.lifetime / stream.options.rotation - 1,
                               .rotation = contexts_[i].rotation,
                               .accept_zero_checksum = stream.options.accept_zero_checksum,
                               .source_port = be16_t(held.local.source_port),
                               .quote = keys_.quote(i)};
    if (!answer_for(i, held)) {
        release(held.route);
        return false;
    }
    if (!forwarding_.hashed_pairs->add(&key, held.route)) {
        forget(held);
        release(held.route);
        return false;
    }
    neighborhood_.announce(held.local.address);
    record.held.insert(at, held);
    return true;
}

// From now on others find the hashed address; the peer's is kept from hosts where it could come
// before their eyes.
bool StreamTable::answer_for(std::size_t i, Held& held) {
    if (neighborhood_.is_routed(held.local.address)) {
        return true; // nobody asks
    }
    if (!neighborhood_.answers(Side::external).add(held.local.address)) {
        return false;
    }
    if (next_hops_.on_link(held.remote)) {
        held.remote_known = neighborhood_.answers(Side::internal)
                                .add(held.remote, AnswerTable::Kind::remote_hashed);
    }
    foresee(i, held);
    return true;
}

// A peer that prepares earlier, or whose clock is ahead, asks for addresses that do not exist here
// yet: under the proxy's rule hosts would be asked for them.
void StreamTable::foresee(std::size_t i, Held& held) {
    if (!forwarding_.proxy) {
        return;
    }
    constexpr Salt ahead = 2;
    const config::Stream& stream = *records_[i].stream;
    for (const config::Host* const host : {&stream.local, &stream.remote}) {
        const Ipv6Address address = hasher(stream.options.hash)
                                        .derive(*host, stream.key.bytes(), held.salt + ahead)
                                        .address;
        if (next_hops_.on_link(address)
            && neighborhood_.answers(Side::internal)
                   .add(address, AnswerTable::Kind::remote_hashed)) {
            held.foreseen.push_back(address);
        }
    }
}

void StreamTable::forget(const Held& held) {
    if (!neighborhood_.is_routed(held.local.address)) {
        neighborhood_.answers(Side::external).remove(held.local.address);
        neighborhood_.remember(held.local.address);
    }
    for (const Ipv6Address& address : held.foreseen) {
        neighborhood_.answers(Side::internal).remove(address);
    }
    if (held.remote_known) {
        neighborhood_.answers(Side::internal).remove(held.remote);
        neighborhood_.remember(held.remote);
    }
}

void StreamTable::announce(std::size_t i) {
    for (const Held& held : records_[i].held) {
        neighborhood_.announce(held.local.address);
    }
}

void StreamTable::renew_next_hops(std::size_t i, std::int64_t now,
                                  std::vector<AdjacencyId>& replaced) {
    std::optional<AdjacencyId> previous;
    for (Held& held : records_[i].held) {
        if (held.next_hop) {
            if (const auto next_hop = next_hops_.acquire(held.remote, previous, now)) {
                if (RouteSlot& slot = contexts_[i].slot(held.salt); slot.salt == held.salt) {
                    slot.adjacency.store(*next_hop, std::memory_order_release);
                }
                replaced.push_back(*std::exchange(held.next_hop, next_hop));
            }
        }
        previous = held.next_hop;
    }
}

void StreamTable::end(std::size_t i, const Held& held) {
    // Its salt is active no more, but may be again, should the clock be set back: by then the next
    // hop that the template names may be another's.
    if (RouteSlot& slot = contexts_[i].slot(held.salt); slot.salt == held.salt) {
        slot.salt.store(no_salt, std::memory_order_release);
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

// The template of what is sent with this salt. Its slot was last used by a salt that no worker
// sends with any more. Its next hop is resolved from here on: that of a salt which is received on
// alone never is, so nobody is asked for addresses that are about to end.
bool StreamTable::fill_slot(std::size_t i, Salt salt, std::int64_t now) {
    Record& record = records_[i];
    const auto held = std::find_if(record.held.begin(), record.held.end(),
                                   [&](const Held& other) { return other.salt == salt; });
    if (held == record.held.end()) {
        return false;
    }
    if (!held->next_hop) {
        const auto previous =
            held == record.held.begin() ? std::nullopt : std::prev(held)->next_hop;
        held->next_hop = next_hops_.acquire(held->remote, previous, now);
    }
    if (!held->next_hop) {
        return false;
    }
    const config::StreamOptions& options = record.stream->options;
    const HashedAddress& source = held->local;
    RouteSlot& slot = contexts_[i].slot(salt);
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
    slot.seal = keys_.seal(i, salt);
    slot.salt.store(salt, std::memory_order_release);
    return true;
}

void StreamTable::set_link_mtu(std::uint32_t mtu) {
    const std::uint32_t port = forwarding_.port(Side::external).mtu;
    link_mtu_ = static_cast<std::uint16_t>(std::min(port, std::max(mtu, ipv6_minimum_mtu)));
}

void StreamTable::invalidate_slots(std::size_t i, Salt active) {
    for (RouteSlot& slot : contexts_[i].slots) {
        const Salt salt = slot.salt.load(std::memory_order_relaxed);
        if (salt != no_salt && !has_slot(salt, active)) {
            slot.salt.store(no_salt, std::memory_order_release);
        }
    }
}

RouteContext* StreamTable::take_route() {
    if (free_routes_.empty()) {
        route_chunks_.push_back(std::make_unique<RouteContext[]>(route_chunk));
        for (std::size_t i = 0; i < route_chunk; ++i) {
            free_routes_.push_back(&route_chunks_.back()[i]);
        }
    }
    RouteContext* const route = free_routes_.back();
    free_routes_.pop_back();
    return route;
}

} // namespace mt6d
