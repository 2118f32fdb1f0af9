// SPDX-License-Identifier: BSD-3-Clause
// The bytes of a number file (control/state/number_file.hpp). After a header block come groups of
// two blocks, A and B, and each of a group's cells has a copy in both: a disk that loses a block
// loses no record.
//
//     header | A: cells 0 to 15 | B: cells 0 to 15 | A: cells 16 to 31 | B: cells 16 to 31 | ...
#pragma once

#include "control/state/number_file.hpp"

#include <mt6d/result.hpp>

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace mt6d {

struct NumberLayout {
    static constexpr std::uint32_t version = 1;
    static constexpr std::size_t copy = 256;   // bytes
    static constexpr std::size_t block = 4096; // bytes: the header's too
    static constexpr std::size_t group = 2 * block;
    static constexpr NumberFile::Cell cells_per_group = block / copy;

    // Where a copy lies in the file; `which` is 0 for A, 1 for B.
    static constexpr std::uint64_t offset(NumberFile::Cell cell, unsigned which) {
        return block + std::uint64_t{cell / cells_per_group} * group + which * block
               + (cell % cells_per_group) * copy;
    }
};

struct NumberCopy {
    std::uint64_t sequence; // from 1 on: the larger is the newer
    NumberRecord record;
};

// Makes and reads blocks. One thread at a time.
class NumberCodec {
public:
    using Block = std::array<std::uint8_t, NumberLayout::block>;
    using Bytes = std::span<const std::uint8_t, NumberLayout::copy>;

    // Throws std::runtime_error where this machine's OpenSSL does not offer SHA-256.
    NumberCodec();

    [[nodiscard]] Block header() const;
    // The error says why the file that begins with `bytes` cannot be used.
    [[nodiscard]] Result<> check_header(std::span<const std::uint8_t> bytes) const;

    void encode(NumberFile::Cell cell, const NumberCopy& copy,
                std::span<std::uint8_t, NumberLayout::copy> bytes) const;
    // None, unless each bit is what encode() wrote for this cell.
    [[nodiscard]] std::optional<NumberCopy> decode(NumberFile::Cell cell, Bytes bytes) const;

private:
    using Checksum = std::array<std::uint8_t, 16>;

    // Of a number, so that what was copied elsewhere does not pass, and of the bytes.
    [[nodiscard]] Checksum checksum(std::uint32_t number,
                                    std::span<const std::uint8_t> bytes) const;

    struct FreeContext {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
};

} // namespace mt6d
