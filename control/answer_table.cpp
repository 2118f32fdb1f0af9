// SPDX-License-Identifier: BSD-3-Clause
#include "control/answer_table.hpp"

#include <array>

namespace mt6d {
namespace {

// What tables point to, by kind.
dataplane::Target* shared_target(AnswerTable::Kind kind) {
    using Kind = AnswerTable::Kind;
    static std::array<dataplane::Target, 5> targets{{{.kind = Kind::own, .host = {}},
                                                     {.kind = Kind::router, .host = {}},
                                                     {.kind = Kind::local_host, .host = {}},
                                                     {.kind = Kind::remote_host, .host = {}},
                                                     {.kind = Kind::remote_hashed, .host = {}}}};
    return &targets[static_cast<std::size_t>(kind)];
}

} // namespace

bool AnswerTable::put(const Ipv6Address& address, dataplane::Target* target) {
    if (table_.find(&address) != nullptr) {
        ++further_[address];
        return true;
    }
    return table_.add(&address, target);
}

bool AnswerTable::add(const Ipv6Address& address, Kind kind) {
    return put(address, shared_target(kind));
}

bool AnswerTable::add_host(const Ipv6Address& address, const MacAddress& mac) {
    if (contains(address)) {
        return put(address, nullptr);
    }
    return put(address,
               &hosts_.emplace_back(dataplane::Target{.kind = Kind::local_host, .host = mac}));
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
