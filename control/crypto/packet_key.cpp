// SPDX-License-Identifier: BSD-3-Clause
#include "control/crypto/packet_key.hpp"

#include "control/crypto/hkdf.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <span>
#include <stdexcept>
#include <string_view>

namespace mt6d {

namespace {

constexpr std::size_t largest_output = 64;

// Where the keys are on their way from the one place to the other.
struct Output {
    std::array<std::uint8_t, largest_output> bytes{};

    Output() = default;
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    ~Output() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

struct Label {
    std::string_view name; // what HKDF's info begins with
    std::size_t size = 0;  // of what is derived, bytes
};

Label label_of(Cipher cipher) {
    switch (cipher) {
    case Cipher::aes_256_cbc:
        return {"cbc", 64};
    case Cipher::aes_256_gcm:
        return {"gcm", 36};
    case Cipher::none:
        break;
    }
    throw std::logic_error("no keys are derived for this cipher");
}

} // namespace

PacketKey::~PacketKey() {
    OPENSSL_cleanse(encryption.data(), encryption.size());
    OPENSSL_cleanse(iv.data(), iv.size());
    OPENSSL_cleanse(nonce_salt.data(), nonce_salt.size());
}

PacketKey derive_packet_key(const config::SessionKey& session_key, Cipher cipher,
                            const Ipv6Address& sender, const Ipv6Address& receiver) {
    const Label label = label_of(cipher);
    Output output;
    derive_direction_keys(session_key, label.name, sender, receiver,
                          std::span(output.bytes).first(label.size));

    PacketKey key;
    key.cipher = cipher;
    const auto second = output.bytes.begin() + key.encryption.size();
    std::copy(output.bytes.begin(), second, key.encryption.begin());
    if (cipher == Cipher::aes_256_cbc) {
        std::copy_n(second, key.iv.size(), key.iv.begin());
    } else {
        std::copy_n(second, key.nonce_salt.size(), key.nonce_salt.begin());
    }
    return key;
}

} // namespace mt6d
