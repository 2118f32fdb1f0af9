// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/number_cell.hpp"

#include <mt6d/endian.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace mt6d {

namespace {

struct HeaderBytes {
    std::array<char, 8> magic; // "mt6d-num"
    be32_t version;
    be32_t copy_size;
    be32_t block_size;
    std::array<std::uint8_t, 16> checksum;
};
static_assert(sizeof(HeaderBytes) == 36 && alignof(HeaderBytes) == 1);

struct CopyBytes {
    be64_t sequence;
    std::array<std::uint8_t, 16> stream;
    be32_t epoch;
    be64_t sent_before;
    be64_t received_before;
    std::array<std::uint8_t, 16> seed;
    be64_t newest_salt;
    std::array<be16_t, NumberRecord::salts> used;
    std::array<std::uint8_t, 44> unused; // zero
    std::array<std::uint8_t, 16> checksum;
};
static_assert(sizeof(CopyBytes) == NumberLayout::copy && alignof(CopyBytes) == 1);

constexpr std::array magic{'m', 't', '6', 'd', '-', 'n', 'u', 'm'};
constexpr std::uint32_t no_cell = 0xffffffff; // the header's number in its checksum

// All but the checksum, which stands last.
template <class T>
std::span<const std::uint8_t> covered(const T& bytes) {
    return {reinterpret_cast<const std::uint8_t*>(&bytes), offsetof(T, checksum)};
}

} // namespace

NumberCodec::NumberCodec() : context_(EVP_MD_CTX_new()) {
    // Fetched here and never again: a fetch takes locks.
    EVP_MD* sha256 = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
    const bool ready =
        context_ && sha256 != nullptr && EVP_DigestInit_ex2(context_.get(), sha256, nullptr) == 1;
    EVP_MD_free(sha256); // the context holds its own reference
    if (!ready) {
        throw std::runtime_error("OpenSSL offers no SHA2-256: check the providers in openssl.cnf");
    }
}

NumberCodec::Checksum NumberCodec::checksum(std::uint32_t number,
                                            std::span<const std::uint8_t> bytes) const {
    const be32_t prefix(number);
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    if (EVP_DigestInit_ex2(context_.get(), nullptr, nullptr) != 1
        || EVP_DigestUpdate(context_.get(), &prefix, sizeof(prefix)) != 1
        || EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1
        || EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) != 1) {
        throw std::runtime_error("OpenSSL could not hash");
    }
    Checksum first;
    std::copy_n(digest.begin(), first.size(), first.begin());
    return first;
}

NumberCodec::Block NumberCodec::header() const {
    HeaderBytes header{};
    header.magic = magic;
    header.version = be32_t(NumberLayout::version);
    header.copy_size = be32_t(NumberLayout::copy);
    header.block_size = be32_t(NumberLayout::block);
    header.checksum = checksum(no_cell, covered(header));
    Block block{};
    std::memcpy(block.data(), &header, sizeof(header));
    return block;
}

Result<> NumberCodec::check_header(std::span<const std::uint8_t> bytes) const {
    HeaderBytes header{};
    std::memcpy(&header, bytes.data(), std::min(bytes.size(), sizeof(header)));
    if (header.magic != magic) {
        return Error{"is not a file of packet numbers"};
    }
    if (header.version.value() != NumberLayout::version) {
        return Error{fmt::format("is of version {}, and this gateway knows version {} alone",
                                 header.version.value(), NumberLayout::version)};
    }
    if (bytes.size() < NumberLayout::block || header.copy_size.value() != NumberLayout::copy
        || header.block_size.value() != NumberLayout::block
        || header.checksum != checksum(no_cell, covered(header))) {
        return Error{"has a damaged header"};
    }
    return {};
}

void NumberCodec::encode(NumberFile::Cell cell, const NumberCopy& copy,
                         std::span<std::uint8_t, NumberLayout::copy> bytes) const {
    const NumberRecord& record = copy.record;
    CopyBytes made{};
    made.sequence = be64_t(copy.sequence);
    made.stream = record.key.stream;
    made.epoch = be32_t(record.key.epoch);
    made.sent_before = be64_t(record.sent_before);
    made.received_before = be64_t(record.received_before);
    made.seed = record.seed;
    made.newest_salt = be64_t(record.newest_salt);
    std::transform(record.used.begin(), record.used.end(), made.used.begin(),
                   [](std::uint16_t used) { return be16_t(used); });
    made.checksum = checksum(cell, covered(made));
    std::memcpy(bytes.data(), &made, sizeof(made));
}

std::optional<NumberCopy> NumberCodec::decode(NumberFile::Cell cell, Bytes bytes) const {
    CopyBytes read;
    std::memcpy(&read, bytes.data(), sizeof(read));
    if (read.sequence.value() == 0 || read.checksum != checksum(cell, covered(read))) {
        return std::nullopt;
    }
    NumberCopy copy{.sequence = read.sequence.value(), .record = {}};
    NumberRecord& record = copy.record;
    record.key = {.stream = read.stream, .epoch = read.epoch.value()};
    record.sent_before = read.sent_before.value();
    record.received_before = read.received_before.value();
    record.seed = read.seed;
    record.newest_salt = read.newest_salt.value();
    std::transform(read.used.begin(), read.used.end(), record.used.begin(),
                   [](be16_t used) { return used.value(); });
    return copy;
}

} // namespace mt6d
