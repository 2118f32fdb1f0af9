// SPDX-License-Identifier: BSD-3-Clause
// What the neighbour cache knows of a neighbour, is told, and asks for.
#pragma once

#include <mt6d/address.hpp>
#include <mt6d/stream.hpp>

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace mt6d {

enum class NeighborState : std::uint8_t {
    incomplete, // solicited by multicast; holds a MAC only if one was lent
    reachable,
    stale,
    delay,
    probe,
    failed,    // did not answer; no MAC; solicited by multicast, ever more seldom if unused
    permanent, // configured: nothing changes it
};

// `has_mac` matters while incomplete: a lent MAC.
constexpr AdjacencyState adjacency_state(NeighborState state, bool has_mac) {
    switch (state) {
    case NeighborState::incomplete:
        return has_mac ? AdjacencyState::unconfirmed : AdjacencyState::waiting;
    case NeighborState::stale:
        return AdjacencyState::unconfirmed;
    case NeighborState::reachable:
    case NeighborState::delay:
    case NeighborState::probe:
    case NeighborState::permanent:
        return AdjacencyState::usable;
    case NeighborState::failed:
        break;
    }
    return AdjacencyState::failed;
}

struct SolicitMulticast { // to the target's solicited-node group
    Ipv6Address target;
    friend bool operator==(const SolicitMulticast&, const SolicitMulticast&) = default;
};
struct SolicitUnicast {
    Ipv6Address target;
    MacAddress mac;
    friend bool operator==(const SolicitUnicast&, const SolicitUnicast&) = default;
};
struct AdjacencyChanged {
    AdjacencyId id;
    AdjacencyState state;
    MacAddress mac; // zero while waiting or failed
    friend bool operator==(const AdjacencyChanged&, const AdjacencyChanged&) = default;
};
// A stranger that nobody needs any more: its id is the caller's to recycle().
struct NeighborGone {
    AdjacencyId id;
    Ipv6Address address;
    friend bool operator==(const NeighborGone&, const NeighborGone&) = default;
};
// A stranger's entry was made: comes after its AdjacencyChanged.
struct NeighborMade {
    AdjacencyId id;
    Ipv6Address address;
    friend bool operator==(const NeighborMade&, const NeighborMade&) = default;
};
using NeighborAction =
    std::variant<SolicitMulticast, SolicitUnicast, AdjacencyChanged, NeighborMade, NeighborGone>;
// To be carried out in this order. Every method appends to the list it is given.
using NeighborActions = std::vector<NeighborAction>;

// A neighbour advertisement that passed section 7's checks. A hop limit of 255 is one of them.
struct Advertisement {
    Ipv6Address target;
    std::optional<MacAddress> mac; // target link-layer address option
    bool router = false;
    bool solicited = false;
    bool override = false;
};

struct Neighbor {
    AdjacencyId id;
    NeighborState state;
    std::optional<MacAddress> mac;
    bool is_router; // by the last advertisement
};

// One of those that a cache knows.
struct KnownNeighbor {
    Ipv6Address address;
    Neighbor neighbor;
    bool stranger; // unprotected packets alone want it
};

} // namespace mt6d
