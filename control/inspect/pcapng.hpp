// SPDX-License-Identifier: BSD-3-Clause
// Blocks of a pcapng file (draft-ietf-opsawg-pcapng), in this machine's byte order, as the format
// allows. librte_pcapng of this DPDK release has neither interfaces of one's own nor comments on
// packets. Pure.
#pragma once

#include <mt6d/parse.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace mt6d::pcapng {

// What a file begins with.
inline constexpr std::uint32_t section_block = 0x0a0d0d0a;

// Each appends one whole block.
class Blocks {
public:
    // The first one of a file.
    void add_section(std::string_view application);
    // An Ethernet interface, whose times are in nanoseconds; they are numbered from 0.
    void add_interface(std::string_view name, std::string_view description);

    enum class Direction : std::uint8_t { unknown, inbound, outbound };
    struct Packet {
        std::uint32_t interface = 0;
        std::int64_t unix_ns = 0;
        Bytes frame;
        Direction direction = Direction::unknown;
        std::string_view comment{}; // empty: none
    };
    void add_packet(const Packet& packet);
    // Of an interface: packets that it saw, and of these, how many are not in the file.
    void add_statistics(std::uint32_t interface, std::int64_t unix_ns, std::uint64_t seen,
                        std::uint64_t lost);

    [[nodiscard]] const std::vector<std::uint8_t>& bytes() const { return bytes_; }
    void clear() { bytes_.clear(); }

private:
    template <class Word>
    void put(Word word);
    void put_padded(Bytes bytes);
    void put_time(std::int64_t unix_ns);
    void put_option(std::uint16_t code, Bytes value);
    void put_option(std::uint16_t code, std::string_view value);
    void begin(std::uint32_t type);
    void end();

    std::vector<std::uint8_t> bytes_;
    std::size_t begin_ = 0; // of the block that is being written
};

} // namespace mt6d::pcapng
