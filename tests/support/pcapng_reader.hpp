// SPDX-License-Identifier: BSD-3-Clause
// Reads what control/inspect/pcapng.cpp writes, of this machine's byte order: block by block, and
// only as far as every length fits.
#pragma once

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace mt6d {

struct PcapngBlock {
    std::uint32_t type = 0;
    std::vector<std::uint8_t> body; // between the two lengths
};

inline std::uint32_t word_at(const std::vector<std::uint8_t>& bytes, std::size_t at,
                             std::size_t size = 4) {
    std::uint32_t word = 0;
    if (at + size > bytes.size()) {
        throw std::runtime_error("a block ends before its " + std::to_string(at));
    }
    std::memcpy(&word, bytes.data() + at, size);
    return word;
}

inline std::vector<PcapngBlock> pcapng_blocks(const std::vector<std::uint8_t>& bytes) {
    std::vector<PcapngBlock> blocks;
    for (std::size_t at = 0; at < bytes.size();) {
        const std::uint32_t length = word_at(bytes, at + 4);
        if (length < 12 || length % 4 != 0 || word_at(bytes, at + length - 4) != length) {
            throw std::runtime_error("a block's two lengths differ, or are no multiple of 4");
        }
        const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
        blocks.push_back({word_at(bytes, at), {begin + 8, begin + length - 4}});
        at += length;
    }
    return blocks;
}

// From the options' place in a block's body on: by their codes.
inline std::map<std::uint32_t, std::string> pcapng_options(const std::vector<std::uint8_t>& body,
                                                           std::size_t at) {
    std::map<std::uint32_t, std::string> options;
    while (const std::uint32_t code = word_at(body, at, 2)) {
        const std::uint32_t length = word_at(body, at + 2, 2);
        options[code] = std::string(reinterpret_cast<const char*>(body.data() + at + 4), length);
        at += 4 + (length + 3) / 4 * 4;
    }
    if (at + 4 != body.size()) {
        throw std::runtime_error("something follows the options' end");
    }
    return options;
}

struct CapturedPacket {
    std::uint32_t interface = 0;
    std::uint64_t unix_ns = 0;
    std::vector<std::uint8_t> frame;
    std::string comment;
};

inline std::vector<CapturedPacket> captured_packets(const std::vector<PcapngBlock>& blocks) {
    constexpr std::uint32_t enhanced_packet = 6;
    constexpr std::size_t fixed = 20;
    std::vector<CapturedPacket> packets;
    for (const PcapngBlock& block : blocks) {
        if (block.type != enhanced_packet) {
            continue;
        }
        const std::uint32_t length = word_at(block.body, 12);
        const auto begin = block.body.begin() + fixed;
        packets.push_back({word_at(block.body, 0),
                           std::uint64_t{word_at(block.body, 4)} << 32U | word_at(block.body, 8),
                           {begin, begin + length},
                           pcapng_options(block.body, fixed + (length + 3) / 4 * 4)[1]});
    }
    return packets;
}

inline std::vector<std::uint8_t> file_octets(const std::string& path) {
    std::ifstream input(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(input), {}};
}

} // namespace mt6d
