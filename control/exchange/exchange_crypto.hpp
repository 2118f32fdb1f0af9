// SPDX-License-Identifier: BSD-3-Clause
// The cryptography of key exchange (docs/protocol.md, sections 5 and 9) as an interface, so that
// millions of exchanges can be tested without its cost. openssl_exchange_crypto.hpp has the real
// one.
#pragma once

#include "control/config/session_key.hpp"
#include "control/crypto/secret_bytes.hpp"

#include <mt6d/address.hpp>
#include <mt6d/wire.hpp>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>

namespace mt6d {

using KeyMac = std::array<std::uint8_t, key_message::mac_size>;
using WrappedKey = std::array<std::uint8_t, key_message::wrapped_key_size>;
using PublicKey = std::array<std::uint8_t, key_message::public_key_size>;
using PrivateKey = SecretBytes<32>;

// Of one direction of a stream.
struct ExchangeKeys {
    SecretBytes<32> mac;  // K_mac
    SecretBytes<32> wrap; // K_wrap
};

// A stream's hosts by their true addresses, as seen from the sender of a message.
struct Direction {
    Ipv6Address sender;
    Ipv6Address receiver;
};

class ExchangeCrypto {
public:
    using Bytes = std::span<const std::uint8_t>;

    ExchangeCrypto() = default;
    ExchangeCrypto(const ExchangeCrypto&) = delete;
    ExchangeCrypto& operator=(const ExchangeCrypto&) = delete;
    virtual ~ExchangeCrypto() = default;

    // "kex" of section 5.
    virtual ExchangeKeys derive(const config::SessionKey& key, const Direction& direction) = 0;
    // HMAC-SHA256 over the parts one after the other, its first 16 bytes.
    virtual KeyMac mac(const SecretBytes<32>& key, std::initializer_list<Bytes> parts) = 0;

    // AES-KW (RFC 3394). Precondition: the new key has 64 bytes.
    virtual WrappedKey wrap(const SecretBytes<32>& wrap, const config::SessionKey& key) = 0;
    // None: wrapped with another key.
    virtual std::optional<config::SessionKey> unwrap(const SecretBytes<32>& wrap,
                                                     Bytes wrapped) = 0;

    virtual PublicKey public_key(const PrivateKey& own) = 0;
    // The new session key of section 9. None: the shared secret is all zeros.
    virtual std::optional<config::SessionKey> agree(const PrivateKey& own, const PublicKey& peer,
                                                    const config::SessionKey& old_key,
                                                    const PublicKey& initiator,
                                                    const PublicKey& responder) = 0;
    // One way, for saved state: tells whether the configured key is the one it was.
    virtual std::array<std::uint8_t, 32> fingerprint(const config::SessionKey& key) = 0;
};

// In constant time.
bool same_mac(std::span<const std::uint8_t, key_message::mac_size> a, const KeyMac& b);

} // namespace mt6d
