// SPDX-License-Identifier: BSD-3-Clause
#include "control/hashed_address.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <string>

namespace mt6d {

namespace {

const char* algorithm(config::Hash hash) {
    switch (hash) {
    case config::Hash::sha256:
        return "SHA2-256";
    case config::Hash::sha384:
        return "SHA2-384";
    case config::Hash::sha512:
        return "SHA2-512";
    }
    throw std::logic_error("no such hash");
}

std::uint64_t read_be64(const std::uint8_t* bytes) {
    std::array<std::uint8_t, 8> copy{};
    std::memcpy(copy.data(), bytes, copy.size());
    return std::bit_cast<be64_t>(copy).value();
}

void write_be64(std::uint8_t* bytes, std::uint64_t value) {
    const be64_t big_endian(value);
    std::memcpy(bytes, &big_endian, sizeof(big_endian));
}

// RFC 5453: subnet-router anycast, and the reserved subnet anycast addresses of RFC 2526.
bool is_reserved_iid(std::uint64_t iid) {
    return iid == 0 || (iid >= 0xfdffffffffffff80U && iid <= 0xfdffffffffffffffU);
}

// What is hashed. Wiped at the end, because it holds the session key.
class HashInput {
public:
    HashInput(const config::Host& host, std::span<const std::uint8_t> key, Salt salt) {
        if (key.size() > config::SessionKey::max_size) {
            throw std::invalid_argument("session key longer than 64 bytes");
        }
        auto next = std::copy_n(host.address.bytes.begin() + 8, 8, bytes_.begin());
        next = std::copy(host.mac.bytes.begin(), host.mac.bytes.end(), next);
        next = std::copy(key.begin(), key.end(), next);
        write_be64(&*next, salt);
        size_ = static_cast<std::size_t>(next - bytes_.begin()) + sizeof(be64_t);
    }
    HashInput(const HashInput&) = delete;
    HashInput& operator=(const HashInput&) = delete;
    ~HashInput() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

    [[nodiscard]] const std::uint8_t* data() const { return bytes_.data(); }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    std::array<std::uint8_t, 8 + 6 + config::SessionKey::max_size + 8> bytes_;
    std::size_t size_ = 0;
};

} // namespace

std::optional<std::uint64_t> select_iid(std::span<const std::uint8_t, 32> digest,
                                        std::uint64_t true_iid) {
    for (std::size_t offset = 0; offset < digest.size(); offset += 8) {
        const std::uint64_t iid = read_be64(&digest[offset]);
        if (!is_reserved_iid(iid) && iid != true_iid) {
            return iid;
        }
    }
    return std::nullopt;
}

AddressHasher::AddressHasher(config::Hash hash) : context_(EVP_MD_CTX_new()) {
    // Fetched here and never again: a fetch takes locks.
    EVP_MD* md = EVP_MD_fetch(nullptr, algorithm(hash), nullptr);
    const bool ready =
        context_ && md != nullptr && EVP_DigestInit_ex2(context_.get(), md, nullptr) == 1;
    EVP_MD_free(md); // the context holds its own reference
    if (!ready) {
        throw std::runtime_error(std::string("OpenSSL offers no ") + algorithm(hash)
                                 + ": check the providers in openssl.cnf");
    }
}

HashedAddress AddressHasher::derive(const config::Host& host, std::span<const std::uint8_t> key,
                                    Salt salt) const {
    const HashInput input(host, key, salt);
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    if (EVP_DigestInit_ex2(context_.get(), nullptr, nullptr) != 1
        || EVP_DigestUpdate(context_.get(), input.data(), input.size()) != 1
        || EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) != 1) {
        throw std::runtime_error("OpenSSL could not hash");
    }

    HashedAddress hashed;
    const Ipv6Address& prefix = host.hashed_prefix ? host.hashed_prefix->address : host.address;
    std::copy_n(prefix.bytes.begin(), 8, hashed.address.bytes.begin());
    const auto iid = select_iid(std::span(digest).first<32>(), read_be64(&host.address.bytes[8]));
    write_be64(&hashed.address.bytes[8], iid.value());
    hashed.source_port =
        static_cast<std::uint16_t>(0xc000U | (digest[14] & 0x3fU) << 8U | digest[15]);
    hashed.flow_label =
        (digest[16] & 0x0fU) << 16U | static_cast<std::uint32_t>(digest[17] << 8U) | digest[18];
    return hashed;
}

} // namespace mt6d
