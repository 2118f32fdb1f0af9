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
    if (!table_.add(&address, target)) {
        return false;
    }
    join(address, target->kind);
    return true;
}

// Without a group the address is still answered for, wherever the link lets questions through.
void AnswerTable::join(const Ipv6Address& address, Kind kind) {
    if (kind != Kind::remote_hashed
        && !listener_.join(address.solicited_node_group(), clock_.monotonic_ns())) {
        not_reported_.insert(address);
    }
}

void AnswerTable::leave(const Ipv6Address& address, Kind kind) {
    if (kind != Kind::remote_hashed && not_reported_.erase(address) == 0) {
        listener_.leave(address.solicited_node_group(), clock_.monotonic_ns());
    }
}

bool AnswerTable::add(const Ipv6Address& address, Kind kind) {
    return put(address, shared_target(kind));
}

bool AnswerTable::add_host(const Ipv6Address& address, const MacAddress& mac) {
    if (contains(address)) {
        return put(address, nullptr);
    }
    dataplane::Target* const host = make_host(mac);
    if (!put(address, host)) {
        hosts_.give(host);
        return false;
    }
    return true;
}

dataplane::Target* AnswerTable::make_host(const MacAddress& mac) {
    dataplane::Target* const host = hosts_.take();
    *host = {.kind = Kind::local_host, .host = mac};
    return host;
}

void AnswerTable::set_mac(const Ipv6Address& address, const MacAddress& mac) {
    auto* const known = static_cast<dataplane::Target*>(table_.find(&address));
    if (known != nullptr && known->kind == Kind::local_host && known->host != mac) {
        table_.replace(&address, make_host(mac));
        grace_.retire({.answers = this, .host = known});
    }
}

void AnswerTable::remove(const Ipv6Address& address) {
    if (const auto found = further_.find(address); found != further_.end()) {
        if (--found->second == 0) {
            further_.erase(found);
        }
        return;
    }
    auto* const target = static_cast<dataplane::Target*>(table_.find(&address));
    if (target == nullptr) {
        return;
    }
    leave(address, target->kind);
    Retired retired{.table = &table_, .position = table_.remove(&address)};
    if (target->kind == Kind::local_host) {
        retired.answers = this;
        retired.host = target;
    }
    grace_.retire(retired);
}

} // namespace mt6d
