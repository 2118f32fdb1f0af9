// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/key_file_format.hpp"

#include <mt6d/endian.hpp>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace mt6d {

namespace {

struct HeaderBytes {
    std::array<char, 8> magic; // "mt6d-key"
    be32_t version;
    be32_t state_size;
    StreamIdentity identity;
};
static_assert(sizeof(HeaderBytes) == KeyFileFormat::header_size && alignof(HeaderBytes) == 1);

constexpr std::array magic{'m', 't', '6', 'd', '-', 'k', 'e', 'y'};

using Checksum = std::array<std::uint8_t, KeyFileFormat::checksum_size>;

Checksum checksum(std::span<const std::uint8_t> bytes) {
    Checksum sum{};
    if (EVP_Digest(bytes.data(), bytes.size(), sum.data(), nullptr, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("OpenSSL could not hash");
    }
    return sum;
}

} // namespace

std::string StreamIdentity::hex() const {
    return fmt::format("{:02x}", fmt::join(bytes, ""));
}

std::optional<StreamIdentity> StreamIdentity::from_hex(std::string_view text) {
    StreamIdentity identity;
    if (text.size() != 2 * identity.bytes.size()
        || text.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < identity.bytes.size(); ++i) {
        const char* digits = text.data() + 2 * i;
        std::from_chars(digits, digits + 2, identity.bytes[i], 16);
    }
    return identity;
}

KeyFileBytes::KeyFileBytes(const StreamIdentity& identity, std::span<const std::uint8_t> state) {
    if (state.size() > KeyFileFormat::max_state_size) {
        throw std::length_error("a stream's saved keys are too long");
    }
    const HeaderBytes header{magic, be32_t(KeyFileFormat::version),
                             be32_t(static_cast<std::uint32_t>(state.size())), identity};
    std::memcpy(bytes_.data(), &header, sizeof(header));
    std::copy(state.begin(), state.end(), bytes_.begin() + sizeof(header));
    const std::size_t covered = sizeof(header) + state.size();
    const Checksum sum = checksum(std::span(bytes_).first(covered));
    std::copy(sum.begin(), sum.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(covered));
    size_ = covered + sum.size();
}

KeyFileBytes::~KeyFileBytes() {
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

Result<std::span<const std::uint8_t>> KeyFileBytes::state(const StreamIdentity& identity) const {
    HeaderBytes header{};
    std::memcpy(&header, bytes_.data(), sizeof(header));
    if (size_ < sizeof(header) || header.magic != magic) {
        return Error{"is not a file of session keys"};
    }
    if (header.version.value() != KeyFileFormat::version) {
        return Error{fmt::format("is of version {}, and this gateway knows version {}",
                                 header.version.value(), KeyFileFormat::version)};
    }
    const std::size_t state_size = header.state_size.value();
    if (state_size == 0
        || size_ != KeyFileFormat::header_size + state_size + KeyFileFormat::checksum_size) {
        return Error{"is longer or shorter than it says"};
    }
    const std::size_t covered = size_ - KeyFileFormat::checksum_size;
    const Checksum sum = checksum(get().first(covered));
    if (!std::equal(sum.begin(), sum.end(), get().subspan(covered).begin())) {
        return Error{"has a wrong checksum"};
    }
    if (header.identity != identity) {
        return Error{"is of another stream, " + header.identity.hex()};
    }
    return get().subspan(KeyFileFormat::header_size, state_size);
}

} // namespace mt6d

std::size_t
std::hash<mt6d::StreamIdentity>::operator()(const mt6d::StreamIdentity& identity) const noexcept {
    std::size_t first = 0;
    std::memcpy(&first, identity.bytes.data(), sizeof(first));
    return first;
}
