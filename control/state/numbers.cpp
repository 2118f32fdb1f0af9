// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/numbers.hpp"

#include <mt6d/endian.hpp>
#include <mt6d/stream.hpp>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string_view>

namespace mt6d {
namespace {

// In which `used` of a record counts: all numbers of a salt fit 16 bits.
constexpr std::uint64_t unit = 512;
static_assert(SealState::cbc_numbers / unit <= UINT16_MAX && cbc_step % unit == 0);

using Digest = std::array<std::uint8_t, 32>;

Digest hmac(std::span<const std::uint8_t> key, std::span<const std::uint8_t> data) {
    Digest digest{};
    unsigned size = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data.data(), data.size(),
             digest.data(), &size)
            == nullptr
        || size != digest.size()) {
        throw std::runtime_error("OpenSSL could not compute an HMAC");
    }
    return digest;
}

bool is_known(const NumberRecord& record, Salt salt) {
    return salt <= record.newest_salt && record.newest_salt - salt < NumberRecord::salts;
}

// 24 bits that nobody can tell without the seed, the same each time.
std::uint64_t first_cbc_number(const NumberRecord& record, Salt salt) {
    const auto input = std::bit_cast<std::array<std::uint8_t, sizeof(be64_t)>>(be64_t(salt));
    const Digest digest = hmac(record.seed, input);
    return std::uint64_t{digest[0]} << 16U | std::uint64_t{digest[1]} << 8U | digest[2];
}

} // namespace

NumberKey number_key(const config::Stream& stream, std::uint32_t epoch) {
    constexpr std::string_view label = "mt6d/v1 numbers";
    std::array<std::uint8_t, label.size() + 2 * sizeof(Ipv6Address) + sizeof(be32_t)> input{};
    auto at = std::copy(label.begin(), label.end(), input.begin());
    at = std::copy(stream.local.address.bytes.begin(), stream.local.address.bytes.end(), at);
    at = std::copy(stream.remote.address.bytes.begin(), stream.remote.address.bytes.end(), at);
    const be32_t rotation(stream.options.cipher == Cipher::aes_256_cbc ? stream.options.rotation
                                                                       : 0);
    std::memcpy(&*at, &rotation, sizeof(rotation));
    const Digest digest = hmac(stream.key.bytes(), input);
    NumberKey key;
    std::copy_n(digest.begin(), key.stream.size(), key.stream.begin());
    key.epoch = epoch;
    return key;
}

std::uint64_t first_gcm_number(const NumberRecord& record, std::int64_t unix_ns) {
    constexpr std::uint64_t ns_per_number = 16;
    return std::max(static_cast<std::uint64_t>(unix_ns) / ns_per_number, record.sent_before);
}

std::optional<CbcNumbers> cbc_numbers(const NumberRecord& record, Salt salt) {
    if (!is_known(record, salt)) {
        return std::nullopt;
    }
    return CbcNumbers{first_cbc_number(record, salt),
                      record.used[salt % NumberRecord::salts] * unit};
}

std::optional<CbcNumbers> open_cbc_salt(NumberRecord& record, Salt salt) {
    if (record.seed == decltype(record.seed){}
        && RAND_bytes(record.seed.data(), static_cast<int>(record.seed.size())) != 1) {
        throw std::runtime_error("the random number generator failed");
    }
    if (salt > record.newest_salt) {
        const Salt fresh = std::min<Salt>(salt - record.newest_salt, NumberRecord::salts);
        for (Salt i = 0; i < fresh; ++i) {
            record.used[(salt - i) % NumberRecord::salts] = 0;
        }
        record.newest_salt = salt;
    }
    return cbc_numbers(record, salt);
}

bool take_cbc_step(NumberRecord& record, Salt salt) {
    std::uint16_t& used = record.used[salt % NumberRecord::salts];
    constexpr std::uint64_t most = SealState::cbc_numbers / unit;
    if (used >= most) {
        return false;
    }
    used = static_cast<std::uint16_t>(std::min(used + cbc_step / unit, most));
    return true;
}

} // namespace mt6d
