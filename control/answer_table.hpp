// SPDX-License-Identifier: BSD-3-Clause
// The addresses that the gateway knows on one side (docs/protocol.md, section 7), counted: two
// streams may share one. It listens to the groups of those it answers for. Control lcore alone;
// workers read the table.
#pragma once

#include "control/chunk_pool.hpp"
#include "control/clock.hpp"
#include "control/grace_queue.hpp"
#include "control/mld_listener.hpp"
#include "dataplane/forwarding.hpp"

#include <mt6d/address.hpp>

#include <cstdint>
#include <unordered_map>
#include <unordered_set>

namespace mt6d {

class AnswerTable {
public:
    using Kind = dataplane::Target::Kind;

    AnswerTable(dataplane::Table& table, GraceQueue& grace, MldListener& listener,
                const Clock& clock)
        : table_(table), grace_(grace), listener_(listener), clock_(clock) {}

    // False when there is no room.
    bool add(const Ipv6Address& address, Kind kind = Kind::own);
    bool add_host(const Ipv6Address& address, const MacAddress& mac);
    // Of a host that is there.
    void set_mac(const Ipv6Address& address, const MacAddress& mac);
    void remove(const Ipv6Address& address);
    // After the grace period of the last use of a host.
    void recycle(dataplane::Target* host) { hosts_.give(host); }
    [[nodiscard]] bool contains(const Ipv6Address& address) const {
        return table_.find(&address) != nullptr;
    }

private:
    bool put(const Ipv6Address& address, dataplane::Target* target);
    dataplane::Target* make_host(const MacAddress& mac);
    void join(const Ipv6Address& address, Kind kind);
    void leave(const Ipv6Address& address, Kind kind);

    dataplane::Table& table_;
    GraceQueue& grace_;
    MldListener& listener_;
    const Clock& clock_;
    std::unordered_map<Ipv6Address, std::uint32_t> further_; // uses beyond the first: few
    // Whose groups found no room: a clock that is set leaves many groups at once.
    std::unordered_set<Ipv6Address> not_reported_;
    ChunkPool<dataplane::Target> hosts_{64};
};

} // namespace mt6d
