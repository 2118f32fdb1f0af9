// SPDX-License-Identifier: BSD-3-Clause
// The ciphers of docs/protocol.md, section 6, written down once more from its text, as plainly as
// OpenSSL allows: what the back ends are measured against.
#pragma once

#include "control/crypto/packet_key.hpp"

#include <mt6d/salt.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace mt6d::test {

using Octets = std::vector<std::uint8_t>;

// aes-256-cbc: clear and its padding, encrypted; the low 24 bits of `number` count. aes-256-gcm:
// clear, encrypted, and the tag over it and `additional`; `salt` is not used.
Octets seal_reference(const PacketKey& key, Salt salt, std::uint64_t number, const Octets& clear,
                      const Octets& additional = {});

// The other way, padding included. Nothing: the tag is wrong.
std::optional<Octets> open_reference(const PacketKey& key, Salt salt, std::uint64_t number,
                                     const Octets& sealed, const Octets& additional = {});

// What K_iv turns into the IV of aes-256-cbc, and the nonce of aes-256-gcm.
Octets cbc_iv_block(Salt salt, std::uint64_t number);
Octets gcm_nonce(const PacketKey& key, std::uint64_t number);

} // namespace mt6d::test
