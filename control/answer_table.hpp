// SPDX-License-Identifier: BSD-3-Clause
// The addresses that the gateway answers solicitations for on one port (docs/protocol.md,
// section 7), counted: two streams may share one. Control lcore alone; workers read the table.
#pragma once

#include "control/grace_queue.hpp"
#include "dataplane/forwarding.hpp"

#include <mt6d/address.hpp>

#include <cstdint>
#include <unordered_map>

namespace mt6d {

class AnswerTable {
public:
    AnswerTable(dataplane::Table& table, GraceQueue& grace) : table_(table), grace_(grace) {}

    // False when the table is full.
    bool add(const Ipv6Address& address, bool router = false);
    bool add_hashed(const Ipv6Address& address);
    void remove(const Ipv6Address& address);

private:
    bool add(const Ipv6Address& address, dataplane::Target& target);

    dataplane::Table& table_;
    GraceQueue& grace_;
    std::unordered_map<Ipv6Address, std::uint32_t> further_; // uses beyond the first: few
};

} // namespace mt6d
