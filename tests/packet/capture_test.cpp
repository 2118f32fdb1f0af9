// SPDX-License-Identifier: BSD-3-Clause
// A capture holds what came, what left and what was dropped, at each point, and counts what its
// file has not.
#include "control/inspect/capturer.hpp"
#include "gateway_fixture.hpp"
#include "tests/support/becomes_true.hpp"
#include "tests/support/pcapng_reader.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>

namespace mt6d::test {
namespace {

constexpr std::array<bool, dataplane::capture_points> everywhere{true, true, true, true, true};

class Captures : public GatewayTest {
protected:
    void TearDown() override {
        capturer.reset();
        GatewayTest::TearDown();
    }
    Result<> capture(CaptureOrder order = {.points = everywhere}) {
        if (!capturer) {
            capturer.emplace(site->gateway().inspector());
        }
        order.file = path;
        return capturer->start(order);
    }
    void start_captured(const CaptureOrder& order = {.points = everywhere}) {
        start();
        site->settle();
        site->take_groundwork(Side::external);
        const auto started = capture(order);
        ASSERT_TRUE(started) << started.error().message;
    }
    // "internal-in HEX", "dropped HEX: comment", of what the test did.
    std::vector<std::string> captured() {
        site->settle();
        const auto stopped = capturer->stop();
        EXPECT_TRUE(stopped && stopped->error.empty());
        std::vector<std::string> lines;
        for (const CapturedPacket& packet : captured_packets(pcapng_blocks(file_octets(path)))) {
            lines.push_back(
                line(capture_point_names.at(packet.interface), packet.frame, packet.comment));
        }
        EXPECT_EQ(stopped ? stopped->packets : 0, lines.size());
        return lines;
    }
    static std::string line(std::string_view point, const Octets& frame,
                            const std::string& comment = "") {
        return std::string(point) + " " + hex(frame) + (comment.empty() ? "" : ": " + comment);
    }
    [[nodiscard]] static Octets host_sends(const Octets& packet) {
        return frame(TestGateway::internal_mac, alice().mac, packet);
    }
    using Lines = std::vector<std::string>;

    TemporaryDirectory folder;
    const std::string path = folder.path() + "/capture.pcapng";
    std::optional<Capturer> capturer;
};

TEST_F(Captures, a_packet_is_seen_before_and_after_the_tunnel) {
    start_captured();
    const Octets inner = to_bob(udp6()).payload(20);
    from_host(inner);
    expect_tunnelled(inner);
    EXPECT_EQ(captured(), (Lines{line("internal-in", host_sends(inner)),
                                 line("external-out", outside_frame(tunnel(out(), inner)))}));
}

TEST_F(Captures, errors_of_the_path_are_seen_with_the_stream_whose_packets_they_quote) {
    config = many_streams(2);
    start();
    const auto started = capture({.points = everywhere, .stream = first_life_of(0)});
    ASSERT_TRUE(started) << started.error().message;
    const Octets about_other = tunnel(out(1), to_bob(udp6(), 1).payload(1300));
    from_network(too_big(1300, about_other));
    const Octets error = too_big(1300, tunnel(out(), to_bob(udp6()).payload(1300)));
    from_network(error);
    const Lines lines = captured();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0], line("external-in", frame(TestGateway::external_mac, router_mac(), error)));
    EXPECT_TRUE(lines[1].starts_with("internal-out ")) << lines[1];
    site->take_reasons();
    site->take_sent(Side::internal);
}

TEST_F(Captures, a_dropped_packet_is_seen_as_it_came_with_the_reason) {
    start_captured();
    const Octets inner = to_bob(udp6()).hop_limit(0).payload(20);
    from_host(inner);
    EXPECT_EQ(captured(),
              (Lines{line("internal-in", host_sends(inner)),
                     line("dropped", host_sends(inner),
                          "internal hop_limit_zero: A host's packet has hop limit 0.")}));
}

TEST_F(Captures, one_point_alone_can_be_asked_for) {
    CaptureOrder order;
    order.points[static_cast<std::size_t>(dataplane::CapturePoint::external_out)] = true;
    start_captured(order);
    const Octets inner = to_bob(udp6()).payload(20);
    from_host(inner);
    from_host(to_bob(udp6()).hop_limit(0).payload(20));
    EXPECT_EQ(captured(), (Lines{line("external-out", outside_frame(tunnel(out(), inner)))}));
}

TEST_F(Captures, one_streams_packets_alone_are_seen_at_all_points) {
    config = many_streams(2);
    start_captured({.points = everywhere, .stream = first_life_of(1)});
    for (std::size_t i = 0; i < 2; ++i) {
        from_host(to_bob(udp6(), i).payload(20));
        from_network(tunnel(in(i), to_alice(udp6(), i).payload(20)));
        from_host(to_bob(udp6(), i).hop_limit(0).payload(20));
        site->settle();
    }
    const auto lines = captured();
    EXPECT_EQ(lines.size(), 6U);
    const Octets inner = to_bob(udp6(), 1).payload(20);
    const Octets answer = to_alice(udp6(), 1).payload(20);
    for (const std::string& wanted : {line("internal-in", host_sends(inner)),
                                      line("external-out", outside_frame(tunnel(out(1), inner))),
                                      line("internal-out", host_frame(answer))}) {
        EXPECT_EQ(std::count(lines.begin(), lines.end(), wanted), 1) << wanted;
    }
    site->take_sent(Side::internal);
    site->take_sent(Side::external);
}

TEST_F(Captures, a_filter_expression_chooses_by_the_frame_at_its_point) {
    start_captured({.points = everywhere, .filter = "tcp"});
    from_host(to_bob(udp6()).payload(20));
    const Octets inner = to_bob(tcp6()).payload(20);
    from_host(inner);
    EXPECT_EQ(captured(), (Lines{line("internal-in", host_sends(inner))}));
    site->take_sent(Side::external);
}

TEST_F(Captures, what_the_gateway_itself_sends_is_seen_leaving) {
    start_captured();
    site->gateway().control().prepare_again(0); // announces its addresses
    pass_seconds(1);
    site->settle();
    const auto sent = site->take_groundwork(Side::external);
    ASSERT_FALSE(sent.empty());
    const auto lines = captured();
    for (const Octets& each : sent) {
        EXPECT_NE(std::find(lines.begin(), lines.end(), line("external-out", each)), lines.end());
    }
}

TEST_F(Captures, what_finds_no_room_is_counted_and_said_in_the_file) {
    start_captured({.points = everywhere, .queue_bytes = 1}); // no frame fits
    from_host(to_bob(udp6()).payload(20));
    site->settle();
    const auto stopped = capturer->stop();
    ASSERT_TRUE(stopped);
    EXPECT_EQ(stopped->packets, 0U);
    EXPECT_EQ(stopped->lost, 2U);
    constexpr std::uint32_t statistics = 5;
    std::size_t with_loss = 0;
    for (const PcapngBlock& block : pcapng_blocks(file_octets(path))) {
        if (block.type == statistics) {
            with_loss += pcapng_options(block.body, 12)[5][0] == 1 ? 1 : 0;
        }
    }
    EXPECT_EQ(with_loss, 2U); // internal-in, external-out
    site->take_sent(Side::external);
}

TEST_F(Captures, the_file_is_its_owners_alone_and_is_not_overwritten_unasked) {
    start_captured();
    const auto again = capture();
    ASSERT_FALSE(again);
    EXPECT_NE(again.error().message.find("capture stop"), std::string::npos);
    ASSERT_TRUE(capturer->stop());
    EXPECT_FALSE(capturer->stop());
    struct stat found {};
    ASSERT_EQ(stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U);
    const auto refused = capture();
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find(path + " exists"), std::string::npos);
    EXPECT_TRUE(capture({.overwrite = true, .points = everywhere}));
}

TEST_F(Captures, an_impossible_file_or_filter_is_named) {
    start();
    Capturer one(site->gateway().inspector());
    const auto nowhere = one.start({.file = "/nowhere/x.pcapng", .points = everywhere});
    ASSERT_FALSE(nowhere);
    EXPECT_NE(nowhere.error().message.find("/nowhere/x.pcapng"), std::string::npos);
    const auto relative = one.start({.file = "x.pcapng", .points = everywhere});
    ASSERT_FALSE(relative);
    EXPECT_NE(relative.error().message.find("whole path"), std::string::npos);
    const auto nonsense = one.start({.file = path, .points = everywhere, .filter = "nonsense"});
    ASSERT_FALSE(nonsense);
    EXPECT_NE(nonsense.error().message.find("'nonsense'"), std::string::npos);
    EXPECT_FALSE(std::ifstream(path)) << "a file was made all the same";
}

// Two thousand packets while the file is written.
TEST_F(Captures, nothing_is_missing_from_a_long_capture) {
    start_captured({.points = everywhere, .queue_bytes = 32U << 20U});
    constexpr std::uint64_t count = 2000;
    for (std::uint64_t i = 0; i < count; ++i) {
        from_host(to_bob(udp6()).payload(1000));
    }
    EXPECT_EQ(captured().size(), 2 * count);
    site->take_sent(Side::external);
}

} // namespace
} // namespace mt6d::test
