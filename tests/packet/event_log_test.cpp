// SPDX-License-Identifier: BSD-3-Clause
// The event log: what is recorded stands in the file, or is said to be missing.
#include "control/events/event_log.hpp"
#include "support/becomes_true.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace mt6d::events {
namespace {

class EventLog : public testing::Test {
protected:
    void open() {
        auto file = EventFile::open(path);
        ASSERT_TRUE(file) << file.error().message;
        session = std::make_unique<Session>(*std::move(file), Start{"site-a", 1});
    }
    [[nodiscard]] static std::vector<nlohmann::json> lines(const std::string& file) {
        std::ifstream input(file);
        std::vector<nlohmann::json> found;
        for (std::string line; std::getline(input, line);) {
            found.push_back(nlohmann::json::parse(line));
        }
        return found;
    }

    test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/site.events";
    std::unique_ptr<Session> session;
};

TEST_F(EventLog, BeginsWithAStartAndEndsWithAnEnd) {
    open();
    record(Rotation{.salt = 7, .rotation = 10, .streams = 1});
    session.reset();
    const auto written = lines(path);
    ASSERT_EQ(written.size(), 3U);
    EXPECT_EQ(written[0]["event"], "start");
    EXPECT_EQ(written[0]["name"], "site-a");
    EXPECT_EQ(written[1]["salt"], 7);
    EXPECT_EQ(written[2]["event"], "end");
}

TEST_F(EventLog, SaysHowManyEventsItHadNoRoomFor) {
    open();
    // Faster than any disk: what the queue does not take is counted, and nothing waits.
    constexpr std::uint64_t recorded = 40 * Session::queued_events;
    for (std::uint64_t i = 0; i < recorded; ++i) {
        record(Rotation{.salt = static_cast<Salt>(i), .rotation = 1, .streams = 1});
    }
    session.reset();
    std::uint64_t rotations = 0;
    std::uint64_t lost = 0;
    for (const auto& line : lines(path)) {
        rotations += line["event"] == "rotation" ? 1 : 0;
        lost += line["event"] == "lost" ? line["count"].get<std::uint64_t>() : 0;
    }
    EXPECT_GT(lost, 0U);
    // The end may have found no room either.
    EXPECT_GE(rotations + lost, recorded);
    EXPECT_LE(rotations + lost, recorded + 1);
}

TEST_F(EventLog, IsNotFilledByStrangers) {
    open();
    constexpr std::size_t caused = 1000;
    for (std::size_t i = 0; i < caused; ++i) {
        record(Alarm{AlarmKind::neighbor_failed, "2001:db8::1"});
        record(Alarm{AlarmKind::router_used, "fe80::1"});
        record(Alarm{AlarmKind::router_none});
    }
    EXPECT_GT(lost(), caused);
    session.reset();
    EXPECT_LT(lines(path).size(), caused / 2);
}

TEST_F(EventLog, SaysHowManyEventsAFullDiskTook) {
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const auto on_signal = std::signal(SIGXFSZ, SIG_IGN);
    open();
    ASSERT_TRUE(becomes_true([&] { return !lines(path).empty(); }));
    const rlimit full{.rlim_cur = std::filesystem::file_size(path) + 10,
                      .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &full);
    record(Rotation{.salt = 7, .rotation = 10, .streams = 1});
    EXPECT_TRUE(becomes_true([] { return lost() == 1; }));
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, on_signal);
    session.reset();
    const auto written = lines(path);
    ASSERT_EQ(written.size(), 3U);
    EXPECT_EQ(written[0]["event"], "start");
    const std::size_t lost_at = written[1]["event"] == "lost" ? 1 : 2; // or with the end
    EXPECT_EQ(written[lost_at]["event"], "lost");
    EXPECT_EQ(written[lost_at]["count"], 1);
}

TEST_F(EventLog, GoesOnInANewFileOnceItIsReopened) {
    open();
    record(Rotation{.salt = 7, .rotation = 10, .streams = 1});
    session.reset();
    open();
    std::filesystem::rename(path, path + ".old");
    EXPECT_TRUE(reopen());
    session.reset();
    EXPECT_EQ(lines(path).back()["event"], "end");
    EXPECT_EQ(lines(path + ".old")[1]["salt"], 7);
}

TEST_F(EventLog, IsNotThereUntilItIsOpened) {
    record(End{});
    EXPECT_EQ(lost(), 0U);
    const auto done = reopen();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message,
              "there is no event log: name a file as `events` in the configuration");
}

} // namespace
} // namespace mt6d::events
