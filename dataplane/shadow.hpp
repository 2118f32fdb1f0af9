// SPDX-License-Identifier: BSD-3-Clause
// Copies of what one packet can touch: streams, routes, keys' numbers and windows, next hops. A
// worker changes them at will, and nothing of the originals changes. Keys to open with are the
// originals', which are read alone. There is none to seal with: the number would be used a second
// time by the next packet (docs/protocol.md, section 6).
#pragma once

#include "dataplane/forwarding.hpp"

#include <mt6d/parse.hpp>
#include <mt6d/stream.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mt6d::dataplane {

// The addresses that the packet names: its own, those that it quotes, or is about.
struct NamedAddresses {
    static constexpr std::size_t most = 4;

    std::array<Ipv6Address, most> addresses{};
    std::size_t count = 0;

    void add(const Ipv6Address& address) { addresses[count++] = address; }
    [[nodiscard]] std::span<const Ipv6Address> all() const {
        return std::span(addresses).first(count);
    }
};
NamedAddresses named_in(Bytes frame);

class Shadow {
public:
    // False where there is no memory for its tables. Service threads.
    bool create_tables(Forwarding& to);
    // Fills `to`, a Forwarding of its own, with copies of what is found in `from` under these
    // addresses. `worker`: the one that runs this, whose streams' windows alone are copied.
    void copy(const Forwarding& from, std::uint16_t worker, const NamedAddresses& named,
              Forwarding& to);

    [[nodiscard]] StreamRef original(std::uint32_t stream) const { return originals_[stream]; }

private:
    static constexpr std::size_t most_pairs = NamedAddresses::most * NamedAddresses::most;
    static constexpr std::size_t most_streams = 2 * most_pairs;
    // Next hops of streams and of the named addresses, and the router.
    static constexpr std::size_t most_next_hops = most_streams + NamedAddresses::most + 1;

    struct Stream {
        const StreamContext* original = nullptr;
        StreamContext context;
        RouteSlots slots;
        SealState seal;
    };
    struct Route {
        RouteContext context;
        OpenState open;
        ReplayWindow window;
    };

    void copy_addresses(const Forwarding& from, const NamedAddresses& named, Forwarding& to);
    void copy_pair(const Forwarding& from, std::uint16_t worker, const AddressPair& pair,
                   Forwarding& to);
    StreamContext* stream(const Forwarding& from, const StreamContext& original);
    void copy_slot(const Forwarding& from, Stream& stream);
    AdjacencyId next_hop(const Forwarding& from, Side side, AdjacencyId original);

    std::array<Stream, most_streams> streams_;
    std::array<Route, most_pairs> routes_;
    std::size_t stream_count_ = 0;
    std::size_t route_count_ = 0;
    std::array<StreamRef, most_streams> originals_{};
    // By the copies' ids.
    std::array<StreamCounters, most_streams> counters_;
    std::array<StreamEpochs, most_streams> epochs_;
    std::array<PeerClock, most_streams> peer_clocks_;
    std::array<std::array<Adjacency, most_next_hops>, side_count> next_hops_;
    std::array<AdjacencyId, side_count> next_hop_count_{};
    std::array<std::array<Target, NamedAddresses::most>, side_count> targets_;
};

} // namespace mt6d::dataplane
