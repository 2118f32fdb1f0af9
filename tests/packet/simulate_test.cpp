// SPDX-License-Identifier: BSD-3-Clause
// A simulation says what the gateway then does, to the byte, and changes nothing.
#include "control/inspect/simulator.hpp"
#include "drop_reason_rows.hpp"

#include <stdexcept>

namespace mt6d::test {
namespace {

using dataplane::Stage;
using dataplane::Verdict;

class Simulations : public DropReasons {
protected:
    Simulated simulate(Side side, const Octets& frame) {
        Simulator simulator(site->gateway().inspector());
        auto simulated = simulator.run(side, frame);
        return simulated ? *std::move(simulated)
                         : throw std::runtime_error(simulated.error().message);
    }
    // The one frame that would leave by that port.
    Octets departure(const Simulated& simulated, Side side) {
        EXPECT_EQ(simulated.departures.size(), 1U);
        if (simulated.departures.empty()) {
            return {};
        }
        EXPECT_EQ(simulated.departures[0].side, side);
        return simulated.departures[0].frame;
    }
    void expect_untouched() {
        expect({}, {}, {});
        const Statistics now = site->statistics();
        EXPECT_EQ(now.ports[0].rx_packets + now.ports[1].rx_packets, 0U);
        EXPECT_EQ(site->gateway().streams().counters(0).encapsulated_packets.value(), 0U);
        EXPECT_EQ(site->gateway().streams().counters(0).dropped_packets.value(), 0U);
    }
};

class SimulatedCipher : public Simulations, public testing::WithParamInterface<Cipher> {
protected:
    SimulatedCipher() { use_cipher(GetParam()); }
    [[nodiscard]] Octets from_peer(std::uint64_t number) const {
        const Octets inner = to_alice(udp6()).payload(20);
        return network_sends(GetParam() == Cipher::none ? tunnel(in(), inner)
                                                        : sealed_tunnel(in(), number, inner));
    }
};

INSTANTIATE_TEST_SUITE_P(Each, SimulatedCipher,
                         testing::Values(Cipher::none, Cipher::aes_256_cbc, Cipher::aes_256_gcm),
                         [](const auto& parameter) {
                             return parameter.param == Cipher::none          ? "None"
                                    : parameter.param == Cipher::aes_256_cbc ? "Cbc"
                                                                             : "Gcm";
                         });

TEST_F(Simulations, a_hosts_packet_leaves_as_the_same_bytes_that_were_foretold) {
    use_cipher(Cipher::none);
    start();
    const Octets frame = host_sends(to_bob(udp6()).payload(20));
    const Octets foretold = departure(simulate(Side::internal, frame), Side::external);
    expect_untouched();
    site->receive(Side::internal, frame);
    expect_sent(Side::external, {foretold});
}

// A number that were sealed with here, and then by the stream, would break the cipher.
TEST_P(SimulatedCipher, a_hosts_packet_is_foretold_in_the_clear_with_the_number_still_to_be_used) {
    start();
    const Octets inner = to_bob(udp6()).payload(20);
    const Octets foretold = departure(simulate(Side::internal, host_sends(inner)), Side::external);
    EXPECT_NE(hex(foretold).find(hex(clear_of(inner))), std::string::npos);
    expect_untouched();
    EXPECT_EQ(hex(departure(simulate(Side::internal, host_sends(inner)), Side::external)),
              hex(foretold))
        << "a number was used up";
    from_host(inner);
    site->settle();
    const auto sent = site->take_sent(Side::external);
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].size(), foretold.size());
    if (GetParam() != Cipher::none) {
        EXPECT_EQ(number_of(slice(sent[0], 14)), number_of(slice(foretold, 14)));
        EXPECT_EQ(hex(sent[0]).find(hex(clear_of(inner))), std::string::npos);
    }
}

TEST_P(SimulatedCipher, a_tunnel_packet_is_accepted_as_often_as_it_is_simulated) {
    start();
    for (int i = 0; i < 3; ++i) {
        const Simulated simulated = simulate(Side::external, from_peer(77));
        EXPECT_EQ(simulated.record.verdict, Verdict::sent);
        EXPECT_EQ(hex(departure(simulated, Side::internal)),
                  hex(host_frame(to_alice(udp6()).payload(20))));
    }
    expect_untouched();
    site->receive(Side::external, from_peer(77));
    expect_delivered(to_alice(udp6()).payload(20));
}

TEST_F(Simulations, what_was_accepted_before_is_foretold_to_be_a_repeat) {
    use_cipher(Cipher::aes_256_gcm);
    start();
    const Octets frame = network_sends(sealed_tunnel(in(), 77, ordinary()));
    site->receive(Side::external, frame);
    expect_delivered(ordinary());
    const Simulated simulated = simulate(Side::external, frame);
    EXPECT_EQ(simulated.record.reason, Reason::replayed);
    EXPECT_TRUE(simulated.departures.empty());
    EXPECT_EQ(site->take_reasons(), ReasonCounts{});
}

TEST_F(Simulations, a_forged_tunnel_packet_is_found_out) {
    use_cipher(Cipher::aes_256_gcm);
    start();
    Octets forged = sealed_tunnel(in(), 77, ordinary());
    forged.back() ^= 1U;
    mend_checksum(forged);
    EXPECT_EQ(simulate(Side::external, network_sends(forged)).record.reason, Reason::cipher_tag);
    expect_untouched();
}

TEST_F(Simulations, a_packet_too_big_from_the_path_lowers_no_mtu) {
    start();
    const Octets sent = tunnel(out(), to_bob(udp6()).payload(1400));
    Octets body;
    append(body, 1300, 4);
    const Octets error = icmp6(2)
                             .from(address("2001:db8:f::1"))
                             .to(out().source)
                             .payload(body + slice(sent, 0, 1232));
    const Simulated simulated = simulate(Side::external, network_sends(error));
    EXPECT_EQ(simulated.record.reason, Reason::error_translated);
    EXPECT_EQ(simulated.departures.size(), 1U);
    EXPECT_EQ(site->gateway().streams().context(0).path_mtu.value(), 1500U);
    expect_untouched();
}

// What it quotes is sealed: opened, it would be an oracle.
TEST_P(SimulatedCipher, an_error_that_quotes_a_sealed_packet_is_foretold_by_its_headers_alone) {
    start();
    from_host(to_bob(udp6()).payload(1380));
    site->settle();
    const auto sent = site->take_sent(Side::external);
    ASSERT_EQ(sent.size(), 1U);
    Octets body;
    append(body, 1300, 4);
    const Octets error = icmp6(2)
                             .from(address("2001:db8:f::1"))
                             .to(out().source)
                             .payload(body + slice(sent[0], 14, 1232));
    const Octets foretold =
        departure(simulate(Side::external, network_sends(error)), Side::internal);
    constexpr std::size_t headers = 14 + 40 + 8;
    if (GetParam() == Cipher::none) {
        EXPECT_GT(foretold.size(), headers + 200);
    } else {
        EXPECT_EQ(foretold.size(), headers);
    }
}

TEST_F(Simulations, a_packet_that_would_wait_takes_nobodys_place) {
    config.external.neighbors.clear();
    start();
    site->await_sent(Side::external, 1); // the gateway asks for its router
    site->settle();
    site->take_sent(Side::external);
    for (int i = 0; i < 5; ++i) {
        const Simulated simulated =
            simulate(Side::internal, host_sends(to_bob(udp6()).payload(20)));
        EXPECT_EQ(simulated.record.verdict, Verdict::waiting);
        EXPECT_TRUE(simulated.departures.empty());
    }
    expect_untouched();
}

TEST_F(Simulations, a_solicitation_is_answered_by_simulation_alone) {
    start();
    const Octets asked = host_sends(Packet(ask(bob().address)).hop_limit(255));
    const Simulated simulated = simulate(Side::internal, asked);
    EXPECT_EQ(simulated.record.reason, Reason::discovery_answered);
    const Octets answer = departure(simulated, Side::internal);
    expect_untouched();
    site->receive(Side::internal, asked);
    expect({answer}, {}, {{"internal discovery_answered", 1}});
}

TEST_F(Simulations, a_disabled_stream_and_stopped_forwarding_are_seen) {
    start();
    const Octets frame = host_sends(to_bob(udp6()).payload(20));
    site->gateway().streams().context(0).disabled = true;
    EXPECT_EQ(simulate(Side::internal, frame).record.reason, Reason::stream_disabled);
    site->gateway().control().stop_forwarding();
    EXPECT_EQ(simulate(Side::internal, frame).record.reason, Reason::forwarding_stopped);
    expect_untouched();
}

TEST_F(Simulations, the_streams_owner_is_asked_and_the_stream_has_its_own_name) {
    config = many_streams(2); // owners 0, 1
    shape.workers = 2;
    start();
    for (std::uint16_t i = 0; i < 2; ++i) {
        const Octets inner = to_bob(udp6(), i).payload(20);
        const Simulated simulated = simulate(Side::internal, host_sends(inner));
        EXPECT_EQ(simulated.record.worker, i);
        EXPECT_EQ(simulated.record.stream.value().id, i);
        EXPECT_EQ(hex(departure(simulated, Side::external)),
                  hex(outside_frame(tunnel(out(i), inner))));
    }
    expect_untouched();
}

TEST_F(Simulations, a_frame_larger_than_a_packet_buffer_is_an_error) {
    start();
    Simulator simulator(site->gateway().inspector());
    const auto simulated = simulator.run(Side::internal, Octets(4000));
    ASSERT_FALSE(simulated);
    EXPECT_NE(simulated.error().message.find("4000 bytes"), std::string::npos);
}

// As the row's test, without the packet.
class SimulatedFrame : public Simulations, public testing::WithParamInterface<std::size_t> {};

TEST_P(SimulatedFrame, would_be_dropped_for_the_reason_and_counts_nowhere) {
    start();
    const Row& row = drop_reason_rows()[GetParam()];
    const Simulated simulated = simulate(row.side, row.frame(*this));
    EXPECT_EQ(simulated.record.reason, row.reason);
    EXPECT_TRUE(simulated.departures.empty());
    expect_untouched();
}

INSTANTIATE_TEST_SUITE_P(DropReasons, SimulatedFrame,
                         testing::Range<std::size_t>(0, drop_reason_rows().size()),
                         [](const auto& parameter) {
                             const Row& row = drop_reason_rows()[parameter.param];
                             return std::string(text(row.reason).symbol) + "_" + row.what;
                         });

} // namespace
} // namespace mt6d::test
