// SPDX-License-Identifier: BSD-3-Clause
// The bytes of a stream's key file (control/state/key_files.hpp).
//
//     magic, 8 | version, 4 | size of the state, 4 | identity, 16 | state | SHA-256 of all before
#pragma once

#include <mt6d/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mt6d {

// Names a stream on the disk: the beginning of a hash of its pair of true addresses.
struct StreamIdentity {
    std::array<std::uint8_t, 16> bytes{};

    [[nodiscard]] std::string hex() const; // 32 digits
    // Of such digits, and of nothing else.
    static std::optional<StreamIdentity> from_hex(std::string_view text);

    friend auto operator<=>(const StreamIdentity&, const StreamIdentity&) = default;
};

struct KeyFileFormat {
    static constexpr std::uint32_t version = 1;
    static constexpr std::size_t header_size = 32;
    static constexpr std::size_t checksum_size = 32;
    static constexpr std::size_t max_state_size = 2048;
    static constexpr std::size_t max_size = header_size + max_state_size + checksum_size;
};

// A file as it was read or shall be written, whatever it is of; wiped at the end. Fits the stack.
class KeyFileBytes {
public:
    KeyFileBytes() = default;
    // Of a stream's state, of at most max_state_size bytes.
    KeyFileBytes(const StreamIdentity& identity, std::span<const std::uint8_t> state);
    KeyFileBytes(const KeyFileBytes&) = delete;
    KeyFileBytes& operator=(const KeyFileBytes&) = delete;
    ~KeyFileBytes();

    [[nodiscard]] std::span<const std::uint8_t> get() const {
        return std::span(bytes_).first(size_);
    }
    // To read into, with room for one byte more than a file can have; then say how many there were.
    [[nodiscard]] std::span<std::uint8_t> room() { return bytes_; }
    void set_size(std::size_t size) { size_ = size; }

    // The state, if each bit is what was written for this stream; the error says what is wrong,
    // for a sentence that begins with the file's name.
    [[nodiscard]] Result<std::span<const std::uint8_t>> state(const StreamIdentity& identity) const;

private:
    std::array<std::uint8_t, KeyFileFormat::max_size + 1> bytes_{};
    std::size_t size_ = 0;
};

} // namespace mt6d

// It is a hash already.
template <>
struct std::hash<mt6d::StreamIdentity> {
    std::size_t operator()(const mt6d::StreamIdentity& identity) const noexcept;
};
