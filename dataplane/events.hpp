// SPDX-License-Identifier: BSD-3-Clause
// Worker to control, by bounded queues: what strangers on the links can cause (where one is full,
// the packet is counted as such and nothing else happens), and what the gateway's own streams
// cause, which no stranger can fill.
#pragma once

#include "dataplane/counters.hpp"

#include <mt6d/address.hpp>
#include <mt6d/mld.hpp>
#include <mt6d/router_discovery.hpp>

#include <boost/lockfree/spsc_queue.hpp>

#include <array>
#include <cstdint>
#include <optional>

namespace mt6d::dataplane {

// News of a neighbour that the gateway has asked about (docs/protocol.md, section 7.4), one that
// an unprotected packet wants to go to, or a host in search of a router (7.5).
struct NeighborEvent {
    enum class Kind : std::uint8_t { advertisement, solicitation, wanted, router_solicitation };
    Kind kind;
    Side side;
    bool has_link_layer;
    bool router; // flags of an advertisement
    bool solicited;
    bool override_cache;
    MacAddress link_layer;
    Ipv6Address address; // the target of an advertisement, the source of a solicitation
};

inline constexpr std::size_t event_queue_size = 1024;
using EventQueue =
    boost::lockfree::spsc_queue<NeighborEvent, boost::lockfree::capacity<event_queue_size>>;

// What a router outside advertises (section 7.5).
inline constexpr std::size_t router_queue_size = 32;
using RouterQueue =
    boost::lockfree::spsc_queue<RouterInformation, boost::lockfree::capacity<router_queue_size>>;

// A query for listeners, heard on one side (section 7.3).
struct QueryEvent {
    Side side;
    MldQuery query;
};
inline constexpr std::size_t query_queue_size = 32;
using QueryQueue =
    boost::lockfree::spsc_queue<QueryEvent, boost::lockfree::capacity<query_queue_size>>;

// So many of the numbers on the disk are used that more have to be recorded.
// One that finds no room here is found by control itself a while later.
struct NumberEvent {
    std::uint32_t record; // SealState::record
};
inline constexpr std::size_t number_queue_size = 4096;
using NumberQueue =
    boost::lockfree::spsc_queue<NumberEvent, boost::lockfree::capacity<number_queue_size>>;

// A message of key exchange that section 6 let pass (section 9): on the routes of which epoch.
struct KeyEvent {
    std::uint32_t stream; // StreamContext::id
    std::uint32_t epoch;
    std::uint8_t length;
    std::array<std::uint8_t, key_message::largest> message;
};
inline constexpr std::size_t key_queue_size = 256;
using KeyQueue = boost::lockfree::spsc_queue<KeyEvent, boost::lockfree::capacity<key_queue_size>>;
// By whether the stream's cipher authenticates what comes (aes-256-gcm): strangers who crowd out
// messages of the other streams do not crowd out these.
struct KeyQueues {
    KeyQueue authenticated;
    KeyQueue others;
};

// One worker's.
struct Events {
    EventQueue neighbors;
    RouterQueue routers;
    QueryQueue queries;
    NumberQueue numbers;
    KeyQueues keys;
};

} // namespace mt6d::dataplane
