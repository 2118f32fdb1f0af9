// SPDX-License-Identifier: BSD-3-Clause
// Looks through this process's memory for bytes that should be wiped. Sanitizers keep copies, and
// map more terabytes than can be looked through: with them there is nothing of this.
#pragma once

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MT6D_MEMORY_CAN_BE_SEARCHED 1
#else
#define MT6D_MEMORY_CAN_BE_SEARCHED 0
#endif

#if MT6D_MEMORY_CAN_BE_SEARCHED

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <span>
#include <string>
#include <vector>

namespace mt6d::test {

// 600 bytes that are nowhere else, and of which this holds no copy.
class Needle {
public:
    static constexpr std::size_t size = 600;

    static std::uint8_t at(std::size_t i) {
        return static_cast<std::uint8_t>((i * i * 167 + i * 89 + 41) >> 3U);
    }
    // Wiped as soon as the caller has taken them.
    class Bytes {
    public:
        Bytes() : bytes_(size) {
            for (std::size_t i = 0; i < size; ++i) {
                bytes_[i] = at(i);
            }
        }
        Bytes(const Bytes&) = delete;
        Bytes& operator=(const Bytes&) = delete;
        ~Bytes() { explicit_bzero(bytes_.data(), bytes_.size()); }
        operator std::span<const std::uint8_t>() const {
            return bytes_;
        } // NOLINT(google-explicit-constructor)

    private:
        std::vector<std::uint8_t> bytes_;
    };
    [[nodiscard]] static Bytes bytes() { return Bytes(); }
};

// How often a piece of it is anywhere that this process may write. Freed memory loses its first
// bytes, so the piece is from the middle.
inline std::size_t count_in_memory(const Needle& needle) {
    constexpr std::size_t first = 100;
    constexpr std::size_t length = 200; // more than saved registers hold
    static std::vector<std::uint8_t> buffer(1U << 20U);
    std::size_t found = 0;
    const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        char writable = '-';
        if (std::sscanf(line.c_str(), "%lx-%lx r%c", &begin, &end, &writable) != 3
            || writable != 'w') {
            continue;
        }
        for (std::uint64_t at = begin; at < end; at += buffer.size() - length) {
            const std::size_t wanted = std::min<std::uint64_t>(buffer.size(), end - at);
            const ssize_t size = ::pread(memory, buffer.data(), wanted, static_cast<off_t>(at));
            for (ssize_t i = 0; i + static_cast<ssize_t>(length) <= size; ++i) {
                std::size_t same = 0;
                while (same < length
                       && buffer[static_cast<std::size_t>(i) + same] == needle.at(first + same)) {
                    ++same;
                }
                found += same == length ? 1 : 0;
            }
        }
    }
    ::close(memory);
    std::fill(buffer.begin(), buffer.end(), std::uint8_t{0});
    return found;
}

} // namespace mt6d::test
#endif
