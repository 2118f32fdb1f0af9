// SPDX-License-Identifier: BSD-3-Clause
#include "control/answer_table.hpp"

namespace mt6d {
namespace {

// What the table points to.
dataplane::Target host_target{.router = false};
dataplane::Target router_target{.router = true};
dataplane::Target hashed_target{.hashed = true};

} // namespace

bool AnswerTable::add(const Ipv6Address& address, bool router) {
    return add(address, router ? router_target : host_target);
}

bool AnswerTable::add_hashed(const Ipv6Address& address) {
    return add(address, hashed_target);
}

bool AnswerTable::add(const Ipv6Address& address, dataplane::Target& target) {
    if (table_.find(&address) != nullptr) {
        ++further_[address];
        return true;
    }
    return table_.add(&address, &target);
}

void AnswerTable::remove(const Ipv6Address& address) {
    if (const auto found = further_.find(address); found != further_.end()) {
        if (--found->second == 0) {
            further_.erase(found);
        }
        return;
    }
    const std::int32_t position = table_.remove(&address);
    if (position >= 0) {
        grace_.retire({.table = &table_, .position = position});
    }
}

} // namespace mt6d
