// SPDX-License-Identifier: BSD-3-Clause
// The event log's lines and its file.
#include "control/events/event_file.hpp"
#include "control/events/event_line.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace mt6d::events {
namespace {

constexpr std::int64_t moment = 1'769'860'800'000'042'000; // 2026-01-31 12:00:00 UTC
const std::string time = R"({"time":"2026-01-31T12:00:00.000042Z",)";

TEST(EventLine, says_what_happened) {
    EXPECT_EQ(line({moment, Rotation{.salt = 884930400, .rotation = 2, .streams = 3}}),
              time + R"("event":"rotation","salt":884930400,"rotation_seconds":2,"streams":3})"
                  + "\n");
    EXPECT_EQ(line({moment, Rekey{.stream = "alice-bob",
                                  .epoch = 4,
                                  .kind = KeyMethod::x25519,
                                  .began_here = true,
                                  .recovery = false}}),
              time + R"("event":"rekey","stream":"alice-bob","epoch":4,"kind":"x25519",)"
                  + R"("began":"here","recovery":false})" + "\n");
    EXPECT_EQ(line({moment, End{}}), time + R"("event":"end"})" + "\n");
    EXPECT_EQ(lost_line(12, moment), time + R"("event":"lost","count":12})" + "\n");
}

TEST(EventLine, of_an_alarm_names_what_it_is_about) {
    EXPECT_EQ(line({moment, Alarm{AlarmKind::link_down, "external"}}),
              time + R"("event":"alarm","alarm":"link_down","port":"external"})" + "\n");
    EXPECT_EQ(line({moment, Alarm{AlarmKind::clock_step, {}, -2.5}}),
              time + R"("event":"alarm","alarm":"clock_step","seconds":-2.5})" + "\n");
}

class TheEventFile : public testing::Test {
protected:
    [[nodiscard]] std::string path(const std::string& name = "site.events") const {
        return directory.path() + "/" + name;
    }
    [[nodiscard]] static std::string text(const std::string& file) {
        std::ifstream input(file);
        return {std::istreambuf_iterator<char>(input), {}};
    }
    static void append(const std::string& file, const std::string& lines) {
        auto opened = EventFile::open(file);
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_TRUE(opened->write(lines));
    }
    test::TemporaryDirectory directory;
};

TEST_F(TheEventFile, is_appended_to) {
    append(path(), "one\n");
    append(path(), "two\n");
    EXPECT_EQ(text(path()), "one\ntwo\n");
}

TEST_F(TheEventFile, is_for_its_user_and_group_whatever_the_umask) {
    const mode_t before = ::umask(0077);
    append(path(), "");
    ::umask(before);
    struct stat found {};
    ASSERT_EQ(::stat(path().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777U, 0640U);
}

TEST_F(TheEventFile, is_made_anew_once_it_was_moved_away) {
    append(path(), "one\n");
    std::filesystem::rename(path(), path("old"));
    append(path(), "two\n");
    EXPECT_EQ(text(path("old")), "one\n");
    EXPECT_EQ(text(path()), "two\n");
}

TEST_F(TheEventFile, has_to_have_a_directory) {
    const auto opened = EventFile::open(path("none/site.events"));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().message,
              "events: " + path("none/site.events")
                  + ": cannot be opened: No such file or directory: make its directory, or name "
                    "another file as `events`");
}

TEST_F(TheEventFile, is_a_file_and_nothing_that_only_looks_like_one) {
    std::filesystem::create_symlink("/dev/null", path("link"));
    const auto link = EventFile::open(path("link"));
    ASSERT_FALSE(link);
    EXPECT_THAT(link.error().message, testing::HasSubstr("instead of a symbolic link"));
    const auto device = EventFile::open("/dev/null");
    ASSERT_FALSE(device);
    EXPECT_EQ(device.error().message, "events: /dev/null is no regular file: name another one");
}

// While one lives, no file grows beyond so many bytes.
class FileLimit {
public:
    explicit FileLimit(rlim_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, on_signal_);
    }
    FileLimit(const FileLimit&) = delete;
    FileLimit& operator=(const FileLimit&) = delete;

private:
    rlimit before_{};
    sighandler_t on_signal_ = std::signal(SIGXFSZ, SIG_IGN);
};

TEST_F(TheEventFile, says_what_to_do_when_it_cannot_grow_and_keeps_no_half_lines) {
    auto opened = EventFile::open(path());
    ASSERT_TRUE(opened);
    EXPECT_TRUE(opened->write("one\n"));
    {
        const FileLimit in_the_second_line(10);
        const auto written = opened->write("two\nthree\n");
        ASSERT_FALSE(written);
        EXPECT_THAT(written.error().message, testing::StartsWith("events: " + path()));
    }
    EXPECT_TRUE(opened->write("four\n"));
    EXPECT_EQ(text(path()), "one\nfour\n");
}

} // namespace
} // namespace mt6d::events
