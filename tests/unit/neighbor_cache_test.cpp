// SPDX-License-Identifier: BSD-3-Clause
// Each state of a neighbour against each message (RFC 4861, section 7.2.5 and appendix C).
#include "tests/unit/neighbor_bench.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mt6d {
namespace {

using test::mac_a;
using test::mac_b;
using test::NeighborBench;
using test::Start;

// Outcomes. A is the MAC the entry had, if it had one, B another.
constexpr const char* keep = "as before";
constexpr const char* reachable_a = "reachable A";
constexpr const char* reachable_b = "reachable B";
constexpr const char* stale_a = "stale A";
constexpr const char* stale_b = "stale B";

using Outcomes = std::array<const char*, std::size(test::all_starts)>;

// Brings an entry into each state, applies the event, compares, and sees to it that the dataplane
// was told. `apply` returns what the cache did.
template <class Event>
void expect_outcomes(const char* what, const Outcomes& outcomes, Event apply) {
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        SCOPED_TRACE(std::string(what) + ", in state " + test::name_of(test::all_starts[i]));
        NeighborBench bench;
        bench.begin(test::all_starts[i]);
        const std::string before = bench.neighbor();
        const auto deadline = bench.cache.next_deadline();
        const std::string done = apply(bench);
        if (outcomes[i] == keep) {
            EXPECT_EQ(bench.neighbor(), before);
            EXPECT_EQ(done, "") << "nothing to tell";
        } else {
            EXPECT_EQ(bench.neighbor(), outcomes[i]);
        }
        if (bench.neighbor() == before && before != reachable_a) {
            EXPECT_EQ(bench.cache.next_deadline(), deadline) << "its timer goes on";
        }
        bench.expect_dataplane_knows();
    }
}

TEST(NeighborCache, advertisements_against_states) {
    struct Row {
        const char* what;
        bool solicited, override;
        std::optional<MacAddress> mac;
        Outcomes outcomes;
    };
    // clang-format off
    const Row rows[] = {
        //                              incomplete   lent         reachable    stale        delay        probe        failed       permanent
        {"no option",            false, false, std::nullopt,
                                       {keep,        keep,        keep,        keep,        keep,        keep,        keep,        keep}},
        {"no option, O",         false, true,  std::nullopt,
                                       {keep,        keep,        keep,        keep,        keep,        keep,        keep,        keep}},
        {"no option, S",         true,  false, std::nullopt,
                                       {keep,        keep,        reachable_a, reachable_a, reachable_a, reachable_a, keep,        keep}},
        {"no option, S and O",   true,  true,  std::nullopt,
                                       {keep,        keep,        reachable_a, reachable_a, reachable_a, reachable_a, keep,        keep}},
        {"same MAC",             false, false, mac_a,
                                       {stale_a,     stale_a,     keep,        keep,        keep,        keep,        stale_a,     keep}},
        {"same MAC, O",          false, true,  mac_a,
                                       {stale_a,     stale_a,     keep,        keep,        keep,        keep,        stale_a,     keep}},
        {"same MAC, S",          true,  false, mac_a,
                                       {reachable_a, reachable_a, reachable_a, reachable_a, reachable_a, reachable_a, reachable_a, keep}},
        {"same MAC, S and O",    true,  true,  mac_a,
                                       {reachable_a, reachable_a, reachable_a, reachable_a, reachable_a, reachable_a, reachable_a, keep}},
        {"another MAC",          false, false, mac_b,
                                       {stale_b,     stale_b,     stale_a,     keep,        keep,        keep,        stale_b,     keep}},
        {"another MAC, O",       false, true,  mac_b,
                                       {stale_b,     stale_b,     stale_b,     stale_b,     stale_b,     stale_b,     stale_b,     keep}},
        {"another MAC, S",       true,  false, mac_b,
                                       {reachable_b, reachable_b, stale_a,     keep,        keep,        keep,        reachable_b, keep}},
        {"another MAC, S and O", true,  true,  mac_b,
                                       {reachable_b, reachable_b, reachable_b, reachable_b, reachable_b, reachable_b, reachable_b, keep}},
    };
    // clang-format on
    for (const Row& row : rows) {
        expect_outcomes(row.what, row.outcomes, [&](NeighborBench& bench) {
            return bench.advertise({bench.target, row.mac, false, row.solicited, row.override});
        });
    }
}

TEST(NeighborCache, solicitations_and_use_against_states) {
    // clang-format off
    //                   incomplete lent     reachable stale      delay    probe    failed   permanent
    expect_outcomes("a solicitation from the same MAC",
                        {stale_a,   stale_a, keep,     keep,      keep,    keep,    stale_a, keep},
                    [](NeighborBench& bench) { return bench.solicitation(mac_a); });
    expect_outcomes("a solicitation from another MAC",
                        {stale_b,   stale_b, stale_b,  stale_b,   stale_b, stale_b, stale_b, keep},
                    [](NeighborBench& bench) { return bench.solicitation(mac_b); });
    expect_outcomes("a packet sent",
                        {keep,      keep,    keep,     "delay A", keep,    keep,    keep,    keep},
                    [](NeighborBench& bench) { return bench.use(); });
    expect_outcomes("another route over it",
                        {keep,      keep,    keep,     keep,      keep,    keep,    keep,    keep},
                    [](NeighborBench& bench) { return bench.resolve(); });
    expect_outcomes("another route over it, that lends a MAC",
                {"incomplete B",    keep,    keep,     keep,      keep,    keep, "incomplete B", keep},
                    [](NeighborBench& bench) { return bench.resolve(mac_b); });
    // clang-format on
}

// RFC 4861, 6.3.4: STALE where the MAC is news, and then on its way to being probed.
TEST(NeighborCache, router_advertisements_against_states) {
    // clang-format off
    //                   incomplete lent       reachable  stale      delay      probe      failed     permanent
    expect_outcomes("without a MAC",
                        {keep,      keep,      keep,      keep,      keep,      keep,      keep,      keep},
                    [](NeighborBench& bench) { return bench.router_advertisement({}); });
    expect_outcomes("with the same MAC",
                        {"delay A", "delay A", keep,      keep,      keep,      keep,      "delay A", keep},
                    [](NeighborBench& bench) { return bench.router_advertisement(mac_a); });
    expect_outcomes("with another MAC",
                        {"delay B", "delay B", "delay B", "delay B", "delay B", "probe B", "delay B", keep},
                    [](NeighborBench& bench) { return bench.router_advertisement(mac_b); });
    // clang-format on
}

TEST(NeighborCache, a_router_advertisement_makes_a_router) {
    NeighborBench bench;
    bench.begin(Start::reachable);
    EXPECT_FALSE(bench.cache.find(bench.target)->is_router);
    bench.router_advertisement({});
    EXPECT_TRUE(bench.cache.find(bench.target)->is_router);
}

TEST(NeighborCache, impossible_macs_change_nothing) {
    const Outcomes nothing{keep, keep, keep, keep, keep, keep, keep, keep};
    for (const MacAddress& mac : {MacAddress{}, MacAddress{{0x33, 0x33, 0, 0, 0, 1}}}) {
        expect_outcomes("an advertisement", nothing, [&](NeighborBench& bench) {
            return bench.advertise({bench.target, mac, true, true, true});
        });
        expect_outcomes("a solicitation", nothing,
                        [&](NeighborBench& bench) { return bench.solicitation(mac); });
        expect_outcomes("a router's advertisement", nothing,
                        [&](NeighborBench& bench) { return bench.router_advertisement(mac); });
    }
}

TEST(NeighborCache, messages_create_no_entry) {
    NeighborBench bench;
    EXPECT_EQ(bench.advertise({bench.target, mac_a, true, true, true}), "");
    EXPECT_EQ(bench.solicitation(mac_a), "");
    EXPECT_EQ(bench.router_advertisement(mac_a), "");
    EXPECT_EQ(bench.cache.size(), 0U);
    EXPECT_EQ(bench.neighbor(), "none");
    EXPECT_EQ(bench.cache.next_deadline(), std::nullopt);
}

TEST(NeighborCache, the_router_flag_follows_advertisements_that_are_accepted) {
    struct Row {
        const char* what;
        Start start;
        Advertisement advertisement;
        bool is_router;
    };
    const Ipv6Address target = test::address_of(1);
    const Row rows[] = {
        {"first answer", Start::incomplete, {target, mac_a, true, true, true}, true},
        {"without option", Start::incomplete, {target, std::nullopt, true, true, true}, true},
        {"unsolicited", Start::stale, {target, mac_a, true, false, false}, true},
        {"refused: another MAC, no O", Start::stale, {target, mac_b, true, true, false}, false},
        {"of a configured one", Start::permanent, {target, mac_a, true, true, true}, false},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.what);
        NeighborBench bench;
        bench.begin(row.start);
        bench.advertise(row.advertisement);
        EXPECT_EQ(bench.cache.find(target)->is_router, row.is_router);
        Advertisement withdrawn{target, mac_a, false, true, true};
        bench.advertise(withdrawn);
        EXPECT_FALSE(bench.cache.find(target)->is_router);
    }
}

TEST(NeighborCache, tells_the_dataplane_of_what_matters_to_it) {
    NeighborBench bench;
    const Ipv6Address& target = bench.target;
    EXPECT_EQ(bench.resolve(), "waiting, multicast");
    EXPECT_EQ(bench.advertise({target, mac_a, false, true, true}), "usable A");
    EXPECT_EQ(bench.advertise({target, mac_a, false, true, true}), "") << "no news";
    EXPECT_EQ(bench.advertise({target, mac_b, false, true, true}), "usable B");
    EXPECT_EQ(bench.advertise({target, mac_a, false, false, true}), "unconfirmed A");
    EXPECT_EQ(bench.use(), "usable A") << "one report is enough";
    EXPECT_EQ(bench.use(), "");
}

TEST(NeighborCache, a_lent_mac_is_sent_to_while_the_neighbour_is_solicited) {
    NeighborBench bench;
    EXPECT_EQ(bench.resolve(mac_a), "unconfirmed A, multicast");
    EXPECT_EQ(bench.advertise({bench.target, mac_b, false, true, false}), "usable B")
        << "an answer replaces it even without O";
}

TEST(NeighborCache, a_configured_neighbour_is_usable_at_once_and_never_solicited) {
    NeighborBench bench;
    bench.begin(Start::permanent);
    EXPECT_EQ(bench.resolve(mac_b), "") << "and lent nothing";
    EXPECT_EQ(bench.run_until(3600 * test::second).size(), 0U);
    EXPECT_EQ(bench.neighbor(), "permanent A");
    bench.expect_dataplane_knows();
    NeighborActions actions;
    EXPECT_FALSE(bench.cache.add_permanent(bench.target, mac_b, actions)) << "twice";
}

} // namespace
} // namespace mt6d
