// SPDX-License-Identifier: BSD-3-Clause
// A gateway whose streams come and go: it starts with the first of `config.streams`.
#pragma once

#include "gateway_fixture.hpp"

#include <memory>
#include <utility>

namespace mt6d::test {

class StreamChangesTest : public GatewayTest {
protected:
    // With the first `count` streams; the others are known to the test alone.
    void start_with(std::size_t count) {
        const std::vector<config::Stream> all = config.streams;
        config.streams.resize(count);
        start();
        config.streams = all;
    }
    [[nodiscard]] config::StreamPtr configured(std::size_t i) const {
        return std::make_shared<const config::Stream>(config.streams.at(i));
    }
    [[nodiscard]] StreamId id(std::size_t i) {
        return site->gateway().directory()->find(config.streams.at(i).name)->id;
    }
    [[nodiscard]] StreamChange adding(std::size_t first, std::size_t count = 1) const {
        StreamChange change;
        for (std::size_t i = first; i < first + count; ++i) {
            change.added.push_back(configured(i));
        }
        return change;
    }
    [[nodiscard]] StreamChange removing(std::size_t first, std::size_t count = 1) {
        StreamChange change;
        for (std::size_t i = first; i < first + count; ++i) {
            change.removed.push_back(id(i));
        }
        return change;
    }
    // By what the test's configuration says of it now.
    [[nodiscard]] StreamChange replacing(std::size_t i) {
        StreamChange change;
        change.replaced.push_back({id(i), configured(i)});
        return change;
    }
    void change(StreamChange change) {
        const auto changed = site->change_streams(std::move(change));
        ASSERT_TRUE(changed) << changed.error().message;
        site->settle();
    }
    void expect_refused(StreamChange change, const std::string& why) {
        const auto changed = site->change_streams(std::move(change));
        ASSERT_FALSE(changed);
        EXPECT_NE(changed.error().message.find(why), std::string::npos) << changed.error().message;
    }
    // Both ways, in the clear.
    void expect_passes(std::size_t i) {
        const Octets inner = to_bob(udp6(), i).payload(20);
        from_host(inner);
        expect_sent(Side::external, {outside_frame(tunnel(out(i), inner))});
        const Octets back = to_alice(udp6(), i).payload(21);
        from_network(tunnel(in(i), back));
        expect_delivered(back);
    }
    void expect_unknown(std::size_t i) {
        from_host(to_bob(udp6(), i).payload(20));
        expect_dropped(Side::internal, Reason::unprotected);
        from_network(tunnel(in(i), to_alice(udp6(), i).payload(20)));
        expect_dropped(Side::external, Reason::unprotected);
    }
    // Of each table, so that nothing stays of what went.
    [[nodiscard]] std::vector<std::uint64_t> entries() {
        std::vector<std::uint64_t> used;
        for (const TableUse& table : site->gateway().tables()) {
            used.push_back(table.used);
        }
        return used;
    }
    void tick_until_grace_is_over() {
        for (int i = 0; i < 4; ++i) {
            site->tick();
            site->settle();
        }
    }
};

} // namespace mt6d::test
