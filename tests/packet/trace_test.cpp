// SPDX-License-Identifier: BSD-3-Clause
// What a trace tells of packets: one of each kind of verdict, and each reason to drop one.
#include "control/inspect/tracer.hpp"
#include "drop_reason_rows.hpp"
#include "tests/support/becomes_true.hpp"

#include <algorithm>

namespace mt6d::test {
namespace {

using dataplane::Stage;
using dataplane::TraceRecord;
using dataplane::Verdict;

std::vector<std::string> way_of(const TraceRecord& record) {
    std::vector<std::string> stages;
    for (std::size_t i = 0; i < record.step_count; ++i) {
        stages.emplace_back(text(record.steps[i].stage).symbol);
    }
    return stages;
}

std::uint64_t value_at(const TraceRecord& record, Stage stage) {
    const auto end = record.steps.begin() + static_cast<std::ptrdiff_t>(record.step_count);
    const auto found =
        std::find_if(record.steps.begin(), end, [&](const auto& s) { return s.stage == stage; });
    EXPECT_NE(found, end) << "no stage " << text(stage).symbol;
    return found == end ? 0 : found->value;
}

class Traces : public DropReasons {
protected:
    void TearDown() override {
        tracer.reset();
        DropReasons::TearDown();
    }
    void start_traced(const TraceOrder& order = {.packets = 100}) {
        start();
        trace(order);
    }
    void trace(const TraceOrder& order) {
        if (!tracer) {
            tracer.emplace(site->gateway().inspector());
        }
        tracer->start(order);
    }
    // Waits for them.
    std::vector<TraceRecord> records(std::size_t count = 1, std::uint64_t inside = 0) {
        site->settle(inside);
        EXPECT_TRUE(becomes_true([&] { return tracer->records().size() >= count; }));
        EXPECT_EQ(tracer->records().size(), count);
        auto found = tracer->records();
        found.resize(count);
        return found;
    }
    using Way = std::vector<std::string>;

    std::optional<Tracer> tracer;
};

TEST_F(Traces, a_hosts_packet_is_followed_into_the_tunnel) {
    start_traced();
    const Octets inner = to_bob(udp6()).payload(20);
    from_host(inner);
    const TraceRecord record = records()[0];
    EXPECT_EQ(way_of(record),
              (Way{"received", "classified_packet", "found", "encapsulated", "sent"}));
    EXPECT_EQ(record.verdict, Verdict::sent);
    EXPECT_EQ(record.stream.value().id, 0U);
    EXPECT_EQ(record.salt, salt());
    EXPECT_EQ(record.true_pair.source, alice().address);
    EXPECT_EQ(record.true_pair.destination, bob().address);
    EXPECT_EQ(record.hashed_pair.source, out().source);
    EXPECT_EQ(record.hashed_pair.destination, out().destination);
    EXPECT_EQ(value_at(record, Stage::received), 14 + inner.size());
    EXPECT_EQ(value_at(record, Stage::encapsulated), inner.size());
    EXPECT_EQ(value_at(record, Stage::sent), 14 + inner.size() + 16);
    expect_tunnelled(inner);
}

TEST_F(Traces, a_tunnel_packet_is_followed_to_its_host) {
    start_traced();
    const Octets inner = to_alice(udp6()).payload(20);
    from_network(tunnel(in(), inner));
    const TraceRecord record = records()[0];
    EXPECT_EQ(way_of(record),
              (Way{"received", "classified_packet", "found", "decapsulated", "sent"}));
    EXPECT_EQ(record.true_pair.source, bob().address);
    EXPECT_EQ(record.true_pair.destination, alice().address);
    EXPECT_EQ(record.hashed_pair.source, in().source);
    EXPECT_EQ(record.hashed_pair.destination, in().destination);
    expect_delivered(inner);
}

TEST_F(Traces, sealing_and_opening_name_the_numbers) {
    use_cipher(Cipher::aes_256_gcm);
    start_traced();
    from_host(to_bob(udp6()).payload(20));
    TraceRecord record = records()[0];
    const auto sent = site->take_sent(Side::external);
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(value_at(record, Stage::sealed), number_of(slice(sent[0], 14)));
    from_network(sealed_tunnel(in(), 77, to_alice(udp6()).payload(20)));
    record = records(2)[1];
    EXPECT_EQ(value_at(record, Stage::opened), 77U);
    EXPECT_EQ(way_of(record),
              (Way{"received", "classified_packet", "found", "opened", "decapsulated", "sent"}));
}

TEST_F(Traces, a_forged_tunnel_packet_is_dropped_and_was_not_opened) {
    use_cipher(Cipher::aes_256_gcm);
    start_traced();
    Octets forged = sealed_tunnel(in(), 77, to_alice(udp6()).payload(20));
    forged.back() ^= 1U;
    mend_checksum(forged);
    from_network(forged);
    const TraceRecord record = records()[0];
    EXPECT_EQ(way_of(record), (Way{"received", "classified_packet", "found", "ended"}));
    EXPECT_EQ(record.verdict, Verdict::dropped);
    EXPECT_EQ(record.reason, Reason::cipher_tag);
}

TEST_F(Traces, a_packet_that_waits_for_its_next_hop_says_so) {
    config.external.neighbors.clear();
    start_traced();
    from_host(to_bob(udp6()).payload(20));
    EXPECT_EQ(records(1, 1)[0].verdict, Verdict::waiting);
    EXPECT_EQ(way_of(records(1, 1)[0]).back(), "waiting_for_neighbor");
}

TEST_F(Traces, fragments_of_a_tunnel_packet_wait_and_the_last_one_completes_it) {
    start_traced();
    const Octets whole = tunnel(in(), to_alice(udp6()).payload(200));
    const auto part = [&](std::uint16_t from, std::size_t count, bool more) {
        return packet_of(protocol::fragment)
            .from(in().source)
            .to(in().destination)
            .payload(Octets{protocol::udp} + slice(fragment_header(from, more), 1)
                     + slice(whole, 40 + from, count));
    };
    from_network(part(0, 104, true));
    EXPECT_EQ(records(1, 1)[0].verdict, Verdict::waiting);
    from_network(part(104, SIZE_MAX, false));
    const TraceRecord last = records(2)[1];
    EXPECT_EQ(value_at(last, Stage::reassembled), 2U);
    EXPECT_EQ(way_of(last).back(), "sent");
    EXPECT_EQ(last.verdict, Verdict::sent);
}

TEST_F(Traces, a_packet_that_is_told_to_be_smaller_was_answered) {
    start_traced();
    from_host(to_bob(udp6()).payload(1450));
    const TraceRecord record = records()[0];
    EXPECT_EQ(record.reason, Reason::packet_too_big);
    EXPECT_EQ(value_at(record, Stage::answered), 1U);
    site->take_sent(Side::internal);
}

TEST_F(Traces, an_error_of_the_path_is_of_the_stream_whose_packet_it_quotes) {
    for (const Cipher cipher : {Cipher::none, Cipher::aes_256_gcm}) {
        use_cipher(cipher);
        start();
        trace({.packets = 10, .stream = first_life_of(0)});
        const Octets inner = to_bob(udp6()).payload(1300);
        from_network(to_alice(udp6()).payload(20)); // nobody's: not traced
        from_network(too_big(1300, cipher == Cipher::none ? tunnel(out(), inner)
                                                          : sealed_tunnel(out(), 5, inner)));
        const TraceRecord record = records()[0];
        EXPECT_EQ(way_of(record),
                  (Way{"received", "classified_packet", "quotes", "answered", "sent", "ended"}));
        EXPECT_EQ(record.reason, Reason::error_translated);
        EXPECT_EQ(record.true_pair.source, bob().address);
        EXPECT_EQ(record.true_pair.destination, alice().address);
        EXPECT_EQ(record.hashed_pair.source, in().source);
        EXPECT_EQ(record.hashed_pair.destination, in().destination);
        site->take_reasons();
        site->take_sent(Side::internal);
        tracer.reset();
        site.reset();
    }
}

TEST_F(Traces, what_the_external_mtu_does_not_carry_leaves_in_two_fragments) {
    shape.mtu = {1500, 1280};
    start_traced();
    from_host(to_bob(udp6()).payload(1230));
    EXPECT_EQ(value_at(records()[0], Stage::fragmented), 2U);
    EXPECT_EQ(site->take_sent(Side::external).size(), 2U);
}

TEST_F(Traces, a_solicitation_is_consumed_by_its_answer) {
    start_traced();
    from_host(solicitation(alice().address, bob().address.solicited_node_group(), bob().address,
                           link_layer_option(1, alice().mac))
                  .hop_limit(255));
    const TraceRecord record = records()[0];
    EXPECT_EQ(way_of(record),
              (Way{"received", "classified_discovery", "answered", "sent", "ended"}));
    EXPECT_EQ(record.verdict, Verdict::consumed);
    EXPECT_EQ(record.reason, Reason::discovery_answered);
    site->take_sent(Side::internal);
}

TEST_F(Traces, only_the_next_packets_that_fit_are_told_of) {
    config = many_streams(2);
    start_traced({.packets = 2, .side = Side::internal, .stream = first_life_of(1)});
    for (int i = 0; i < 3; ++i) {
        from_host(to_bob(udp6(), 0).payload(20));
        from_host(to_bob(udp6(), 1).payload(20));
        from_network(tunnel(in(1), to_alice(udp6(), 1).payload(20)));
    }
    for (const TraceRecord& record : records(2)) {
        EXPECT_EQ(record.stream.value().id, 1U);
        EXPECT_EQ(record.side, Side::internal);
    }
    EXPECT_EQ(tracer->left(), 0U);
    site->take_sent(Side::external);
    site->take_sent(Side::internal);
}

TEST_F(Traces, only_packets_that_end_for_the_reason_are_told_of) {
    start_traced({.packets = 1, .reason = Reason::hop_limit_zero});
    from_host(to_bob(udp6()).payload(20));
    from_host(to_bob(udp6()).hop_limit(0).payload(20));
    EXPECT_EQ(records()[0].reason, Reason::hop_limit_zero);
    site->take_sent(Side::external);
}

TEST_F(Traces, a_burst_of_traced_and_other_packets_keeps_its_order) {
    config = many_streams(2);
    start_traced({.packets = 100, .stream = first_life_of(1)});
    std::vector<Octets> burst;
    std::vector<Octets> sent;
    for (std::uint8_t i = 0; i < 40; ++i) {
        const Octets inner = to_bob(udp6(), i % 3 == 0 ? 1 : 0).payload(Octets(10, i));
        burst.push_back(frame(TestGateway::internal_mac, alice().mac, inner));
        sent.push_back(outside_frame(tunnel(out(i % 3 == 0 ? 1 : 0), inner)));
    }
    site->receive_burst(Side::internal, burst);
    expect_sent(Side::external, sent);
    records(14);
}

TEST_F(Traces, what_is_handed_over_is_told_of_once_by_its_owner) {
    config = many_streams(2); // owners 0, 1
    shape.workers = 2;
    start_traced();
    from_host(to_bob(udp6(), 0).payload(20)); // one queue, of worker 0
    from_host(to_bob(udp6(), 1).payload(20));
    std::vector<std::string> first_stages;
    for (const TraceRecord& record : records(2)) {
        EXPECT_EQ(record.worker, record.stream.value().id);
        first_stages.emplace_back(text(record.steps[0].stage).symbol);
    }
    std::sort(first_stages.begin(), first_stages.end());
    EXPECT_EQ(first_stages, (Way{"received", "relayed"}));
    site->take_sent(Side::external);
}

TEST_F(Traces, cleared_it_forgets_and_started_again_it_begins_anew) {
    start_traced({.packets = 1});
    from_host(to_bob(udp6()).payload(20));
    records(1);
    tracer->clear();
    EXPECT_TRUE(tracer->records().empty());
    from_host(to_bob(udp6()).payload(20));
    site->settle();
    EXPECT_TRUE(tracer->records().empty());
    trace({.packets = 1});
    from_host(to_bob(udp6()).payload(20));
    records(1);
    site->take_sent(Side::external);
}

// As the row's test without a trace, and the trace names its reason.
class TracedFrame : public Traces, public testing::WithParamInterface<std::size_t> {};

TEST_P(TracedFrame, is_dropped_all_the_same_and_says_why) {
    start_traced();
    const Row& row = drop_reason_rows()[GetParam()];
    site->receive(row.side, row.frame(*this));
    const TraceRecord record = records()[0];
    EXPECT_EQ(record.reason, row.reason);
    EXPECT_EQ(record.side, row.side);
    EXPECT_EQ(way_of(record).back(), "ended");
    expect_dropped(row.side, row.reason);
}

INSTANTIATE_TEST_SUITE_P(DropReasons, TracedFrame,
                         testing::Range<std::size_t>(0, drop_reason_rows().size()),
                         [](const auto& parameter) {
                             const Row& row = drop_reason_rows()[parameter.param];
                             return std::string(text(row.reason).symbol) + "_" + row.what;
                         });

} // namespace
} // namespace mt6d::test
