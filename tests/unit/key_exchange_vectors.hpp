// SPDX-License-Identifier: BSD-3-Clause
// Key exchanges that another implementation made (tests/vectors/key_exchange.json).
#pragma once

#include "control/config/session_key.hpp"
#include "tests/support/vectors.hpp"

#include <mt6d/address.hpp>
#include <mt6d/wire.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace mt6d::test {

using Octets = std::vector<std::uint8_t>;

struct ExchangeVector {
    KeyMethod kind = KeyMethod::off;
    Ipv6Address initiator;
    Ipv6Address responder;
    config::SessionKey old_key;
    config::SessionKey new_key;
    std::uint32_t epoch = 0;
    std::uint32_t change_time = 0;
    Octets initiator_private; // x25519 alone
    Octets responder_private;
    Octets offer;
    Octets accept;
    Octets confirm;
};

inline std::vector<ExchangeVector> exchange_vectors() {
    std::vector<ExchangeVector> all;
    for (const auto& json : vectors("key_exchange.json")) {
        const auto text = [&](const char* name) { return json.value(name, std::string()); };
        ExchangeVector made;
        made.kind = text("kind") == "wrap" ? KeyMethod::wrap : KeyMethod::x25519;
        made.initiator = Ipv6Address::parse(text("initiator")).value();
        made.responder = Ipv6Address::parse(text("responder")).value();
        made.old_key = *config::SessionKey::from_hex(text("old_session_key"));
        made.new_key = *config::SessionKey::from_hex(text("new_session_key"));
        made.epoch = json.at("epoch");
        made.change_time = json.at("change_time");
        made.initiator_private = from_hex(text("initiator_private"));
        made.responder_private = from_hex(text("responder_private"));
        made.offer = from_hex(text("offer"));
        made.accept = from_hex(text("accept"));
        made.confirm = from_hex(text("confirm"));
        all.push_back(made);
    }
    return all;
}

} // namespace mt6d::test
