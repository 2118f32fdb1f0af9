// SPDX-License-Identifier: BSD-3-Clause
// From a true address to the hashed address of one salt (docs/protocol.md, section 4).
#pragma once

#include "control/config/config.hpp"

#include <mt6d/address.hpp>
#include <mt6d/salt.hpp>

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace mt6d {

struct HashedAddress {
    Ipv6Address address;
    std::uint16_t source_port = 0; // of tunnel packets sent from this address
    std::uint32_t flow_label = 0;  // likewise; whoever has flow labels off sends 0 instead

    friend bool operator==(const HashedAddress&, const HashedAddress&) = default;
};

// The first of the digest's four leading 64-bit words that is neither reserved (RFC 5453) nor the
// true interface identifier; none if there is no such word.
std::optional<std::uint64_t> select_iid(std::span<const std::uint8_t, 32> digest,
                                        std::uint64_t true_iid);

// Derives addresses with one hash. Holds an OpenSSL context that every call reuses, so that
// preparing a rotation of a million streams allocates nothing: an object belongs to one thread at
// a time.
class AddressHasher {
public:
    // Throws std::runtime_error where this machine's OpenSSL does not offer the hash.
    explicit AddressHasher(config::Hash hash);

    // `key` is the session key's raw bytes, at most config::SessionKey::max_size of them.
    // Throws std::bad_optional_access if select_iid() finds none: the protocol has no address
    // for such a salt, and SHA-2 meets it once in 2^228 tries.
    [[nodiscard]] HashedAddress derive(const config::Host& host, std::span<const std::uint8_t> key,
                                       Salt salt) const;

private:
    struct FreeContext {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
};

} // namespace mt6d
