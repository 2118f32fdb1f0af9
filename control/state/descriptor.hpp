// SPDX-License-Identifier: BSD-3-Clause
// An open file, and errors of the system that say how to mend them.
#pragma once

#include <mt6d/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mt6d {

// Closes itself.
class Descriptor {
public:
    Descriptor() = default; // none
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();

    explicit operator bool() const { return number_ >= 0; }
    [[nodiscard]] int get() const { return number_; }

    // Fills `bytes` from `offset` on as far as the file goes and sets `count`. Returns errno or 0.
    int read_at(std::uint64_t offset, std::span<std::uint8_t> bytes, std::size_t& count) const;
    // Writes all of it; on an error any part of it may be written. Returns errno or 0.
    [[nodiscard]] int write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) const;
    // The file has at least this size, and room on the disk for it; what is new is zero. Returns
    // errno or 0.
    [[nodiscard]] int reserve(std::uint64_t size) const;
    // What was written is on the disk, and the size of the file with it. Returns errno or 0.
    [[nodiscard]] int sync() const;

private:
    int number_ = -1;
};

// "PATH: WHAT: No space left on device: free space on its file system"
Error system_error(const std::string& path, std::string_view what, int error);

} // namespace mt6d
