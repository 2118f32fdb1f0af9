// SPDX-License-Identifier: BSD-3-Clause
// What a line of the log looks like, and how many of a kind there are.
#include "control/log_limiter.hpp"
#include "control/log_line.hpp"
#include "control/state/descriptor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

namespace mt6d::log {
namespace {

constexpr std::int64_t moment = 1'769'860'800'123'456'789; // 2026-01-31 12:00:00 UTC

Line line_of(const Origin& origin, std::string_view text) {
    return {.level = Level::warning, .origin = origin, .text = text};
}

TEST(LogLine, names_area_and_stream) {
    EXPECT_EQ(plain(line_of("port", "link down")), "port: link down");
    EXPECT_EQ(plain(line_of({"keys", "alice-bob"}, "epoch 4")), "keys: stream alice-bob: epoch 4");
}

TEST(LogLine, is_one_line_whatever_it_says) {
    EXPECT_EQ(plain(line_of("eal", "one\ntwo\r\x1b[31m")), "eal: one two  [31m");
    EXPECT_EQ(json(line_of("eal", "one\ntwo"), moment).find('\n'), std::string::npos);
}

TEST(LogLine, says_what_was_left_out_before_it_and_will_be_after_it) {
    Line line = line_of("port", "link down");
    line.left_out = 7;
    line.last = true;
    EXPECT_EQ(plain(line), "port: link down (7 like this were left out before) (more like this are "
                           "left out until they come less often)");
    const auto object = nlohmann::json::parse(json(line, moment));
    EXPECT_EQ(object["left_out_before"], 7);
    EXPECT_EQ(object["leaving_out_more"], true);
}

TEST(LogLine, is_an_object_for_programs) {
    EXPECT_EQ(json(line_of({"keys", "alice-bob"}, "epoch \"4\""), moment),
              R"({"time":"2026-01-31T12:00:00.123456Z","level":"warning","area":"keys",)"
              R"("stream":"alice-bob","message":"epoch \"4\""})");
    EXPECT_EQ(json(line_of("port", "up"), moment),
              R"({"time":"2026-01-31T12:00:00.123456Z","level":"warning","area":"port",)"
              R"("message":"up"})");
}

TEST(LogLine, is_an_object_even_if_a_driver_says_what_is_no_text) {
    EXPECT_TRUE(nlohmann::json::accept(json(line_of("eal", "\xff\xfe"), moment)));
}

TEST(LogLine, has_its_priority_first_for_the_journal) {
    Line line = line_of("port", "link down");
    EXPECT_EQ(for_journal(line), "<4>port: link down");
    line.level = Level::error;
    EXPECT_EQ(for_journal(line), "<3>port: link down");
    line.level = Level::debug;
    EXPECT_EQ(for_journal(line), "<7>port: link down");
}

TEST(TheJournal, is_known_by_device_and_inode) {
    const Descriptor descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    struct stat file {};
    ASSERT_EQ(::fstat(descriptor.get(), &file), 0);
    const std::string named = fmt::format("{}:{}", file.st_dev, file.st_ino);
    EXPECT_TRUE(is_journal(descriptor.get(), named.c_str()));
    EXPECT_FALSE(is_journal(descriptor.get(), "1:2"));
    EXPECT_FALSE(is_journal(descriptor.get(), nullptr));
}

constexpr std::int64_t start = 1000 * nanoseconds_per_second;

TEST(LogLimit, lets_a_burst_pass_and_says_which_line_is_the_last) {
    LineLimiter limiter;
    for (std::int64_t i = 1; i <= LineLimiter::burst; ++i) {
        const auto verdict = limiter.ask(5, start);
        EXPECT_TRUE(verdict.passes) << i;
        EXPECT_EQ(verdict.last, i == LineLimiter::burst) << i;
    }
    EXPECT_FALSE(limiter.ask(5, start).passes);
}

TEST(LogLimit, counts_what_it_leaves_out_for_the_next_line_that_passes) {
    LineLimiter limiter;
    for (std::int64_t i = 0; i < LineLimiter::burst + 3; ++i) {
        limiter.ask(5, start);
    }
    const auto verdict = limiter.ask(5, start + LineLimiter::interval_ns);
    EXPECT_TRUE(verdict.passes);
    EXPECT_EQ(verdict.left_out, 3U);
    EXPECT_TRUE(verdict.last);
    EXPECT_EQ(limiter.ask(5, start + 10 * LineLimiter::interval_ns).left_out, 0U);
}

TEST(LogLimit, is_of_each_kind_by_itself) {
    LineLimiter limiter;
    while (limiter.ask(5, start).passes) {
    }
    EXPECT_TRUE(limiter.ask(6, start).passes);
}

TEST(LogLimit, lets_one_line_a_second_pass_in_the_long_run) {
    LineLimiter limiter;
    std::int64_t passed = 0;
    constexpr std::int64_t seconds = 600;
    for (std::int64_t i = 0; i < 100 * seconds; ++i) {
        passed += limiter.ask(5, start + i * nanoseconds_per_second / 100).passes ? 1 : 0;
    }
    EXPECT_LE(passed, seconds + LineLimiter::burst);
    EXPECT_GE(passed, seconds);
}

} // namespace
} // namespace mt6d::log
