// SPDX-License-Identifier: BSD-3-Clause
// The blocks of a pcapng file, byte by byte where the format leaves no choice; tests/lab has
// Wireshark read one.
#include "control/inspect/pcapng.hpp"
#include "tests/support/pcapng_reader.hpp"

#include <gtest/gtest.h>

namespace mt6d::pcapng {
namespace {

TEST(Pcapng, a_file_begins_with_a_section_that_names_its_byte_order_and_writer) {
    Blocks blocks;
    blocks.add_section("writer");
    const auto read = pcapng_blocks(blocks.bytes());
    ASSERT_EQ(read.size(), 1U);
    EXPECT_EQ(read[0].type, 0x0a0d0d0aU);
    EXPECT_EQ(word_at(read[0].body, 0), 0x1a2b3c4dU);
    EXPECT_EQ(word_at(read[0].body, 4), 1U); // version 1.0
    EXPECT_EQ(pcapng_options(read[0].body, 16).at(4), "writer");
}

TEST(Pcapng, an_interface_is_ethernet_with_times_in_nanoseconds) {
    Blocks blocks;
    blocks.add_interface("internal-in", "as it came in");
    const auto read = pcapng_blocks(blocks.bytes());
    EXPECT_EQ(read.at(0).type, 1U);
    EXPECT_EQ(word_at(read[0].body, 0), 1U);
    const auto options = pcapng_options(read[0].body, 8);
    EXPECT_EQ(options.at(2), "internal-in");
    EXPECT_EQ(options.at(3), "as it came in");
    EXPECT_EQ(options.at(9), "\x09");
}

TEST(Pcapng, a_packet_of_any_length_is_followed_by_its_options) {
    for (std::size_t length = 0; length < 9; ++length) {
        const std::vector<std::uint8_t> frame(length, 0xab);
        Blocks blocks;
        blocks.add_packet({.interface = 3,
                           .unix_ns = 0x1234567890abcdef,
                           .frame = frame,
                           .direction = Blocks::Direction::outbound,
                           .comment = "why"});
        const auto read = pcapng_blocks(blocks.bytes());
        const auto packet = captured_packets(read).at(0);
        EXPECT_EQ(packet.interface, 3U);
        EXPECT_EQ(packet.unix_ns, 0x1234567890abcdefU);
        EXPECT_EQ(packet.frame, frame);
        EXPECT_EQ(packet.comment, "why");
        EXPECT_EQ(word_at(read[0].body, 16), length); // on the wire
        EXPECT_EQ(pcapng_options(read[0].body, 20 + (length + 3) / 4 * 4).at(2)[0], 2);
    }
}

TEST(Pcapng, statistics_say_what_was_seen_and_lost) {
    Blocks blocks;
    blocks.add_statistics(2, 5, 1000, 7);
    const auto read = pcapng_blocks(blocks.bytes());
    EXPECT_EQ(read.at(0).type, 5U);
    EXPECT_EQ(word_at(read[0].body, 0), 2U);
    const auto options = pcapng_options(read[0].body, 12);
    EXPECT_EQ(options.at(4), std::string("\xe8\x03\0\0\0\0\0\0", 8));
    EXPECT_EQ(options.at(5), std::string("\x07\0\0\0\0\0\0\0", 8));
}

} // namespace
} // namespace mt6d::pcapng
