// SPDX-License-Identifier: BSD-3-Clause
// A session key: 16 to 64 bytes (docs/protocol.md, section 5), wiped when dropped.
#pragma once

#include "control/crypto/secret_text.hpp"

#include <mt6d/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mt6d::config {

class SessionKey {
public:
    static constexpr std::size_t min_size = 16;
    static constexpr std::size_t max_size = 64;

    SessionKey() = default;
    SessionKey(const SessionKey&) = default;
    SessionKey& operator=(const SessionKey&) = default;
    ~SessionKey(); // wipes

    // 32 to 128 hexadecimal digits, an even number; the error never repeats the text.
    static Result<SessionKey> from_hex(std::string_view text);
    // 16 to 64 bytes.
    static Result<SessionKey> from_bytes(std::span<const std::uint8_t> bytes);
    // 64 random bytes.
    static Result<SessionKey> generate();

    [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {bytes_.data(), size_}; }
    friend bool operator==(const SessionKey& a, const SessionKey& b); // in constant time
    [[nodiscard]] SecretText hex() const;                             // for mt6dctl alone

private:
    std::array<std::uint8_t, max_size> bytes_{};
    std::size_t size_ = 0;
};

class FileReader;

// Reads a key file: hexadecimal digits and white space, in a regular file that neither group nor
// others may touch. Errors repeat neither the path nor anything of the content.
Result<SessionKey> read_key_file(const std::string& path);
Result<SessionKey> read_key_file(const std::string& path, FileReader& files);

// A process that has keys has them until it ends. Not dumpable means no core, whatever takes cores
// on this machine, and that no other process of the same user may look. Before any key is read.
void keep_keys_from_core_dumps();
// Nor does any of its memory go to a swap device. False where that is not allowed: it needs
// CAP_IPC_LOCK, or no limit of locked memory.
bool keep_keys_from_swap();

} // namespace mt6d::config
