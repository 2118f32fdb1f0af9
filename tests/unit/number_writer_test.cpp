// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/clock_sync.hpp"
#include "control/state/number_writer.hpp"
#include "tests/unit/state_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/timex.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mt6d {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

using Cell = NumberFile::Cell;

class NumberWriterTest : public testing::Test {
protected:
    // What a kill at this moment would leave.
    [[nodiscard]] std::map<Cell, NumberRecord> on_disk() const {
        std::map<Cell, NumberRecord> found;
        for (const auto& stored : open_copy(read_bytes(directory.path() + "/numbers")).records) {
            found.emplace(stored.cell, stored.record);
        }
        return found;
    }
    std::vector<Cell> taken() {
        writer->take_written(records);
        std::vector<Cell> cells;
        for (const NumberFile::Stored& stored : records) {
            cells.push_back(stored.cell);
        }
        return cells;
    }
    // Until so many have come to the disk.
    std::vector<Cell> await_written(std::size_t count) {
        std::vector<Cell> cells;
        EXPECT_TRUE(becomes_true([&] {
            const auto more = taken();
            cells.insert(cells.end(), more.begin(), more.end());
            return cells.size() >= count;
        }));
        return cells;
    }

    std::vector<NumberFile::Stored> records; // that were taken last
    TemporaryDirectory directory;
    NumberFile::Opened opened = open_numbers(directory.path());
    NumberFile& file = *opened.file;
    std::optional<NumberWriter> writer{file};
};

TEST_F(NumberWriterTest, writes_what_is_submitted_and_says_so_once) {
    const Cell first = file.allocate();
    const Cell second = file.allocate();
    writer->submit({first, record_of(1)});
    writer->submit({second, record_of(2)});
    EXPECT_THAT(await_written(2), UnorderedElementsAre(first, second));
    EXPECT_EQ(on_disk(),
              (std::map<Cell, NumberRecord>{{first, record_of(1)}, {second, record_of(2)}}));
    ASSERT_TRUE(writer->flush());
    EXPECT_THAT(taken(), IsEmpty());
}

TEST_F(NumberWriterTest, flushes_all_that_was_submitted) {
    for (std::uint32_t round = 0; round < 20; ++round) {
        std::map<Cell, NumberRecord> last;
        for (std::uint32_t key = 0; key < 50; ++key) {
            const Cell cell = round == 0 ? file.allocate() : key;
            for (std::uint32_t age = 0; age < 3; ++age) {
                writer->submit({cell, record_of(key, 3 * round + age)});
            }
            last[cell] = record_of(key, 3 * round + 2);
        }
        ASSERT_TRUE(writer->flush());
        EXPECT_EQ(on_disk(), last);
        EXPECT_THAT(taken(), SizeIs(testing::Ge(50)));
    }
    EXPECT_TRUE(writer->flush()) << "of nothing";
}

// Control raises limits by what it is told: it must never be told of a record still on its way, and
// must be told of some however often there is a newer one.
TEST_F(NumberWriterTest, tells_of_records_that_are_on_the_disk_however_many_follow) {
    const Cell cell = file.allocate();
    std::uint32_t age = 0;
    std::uint32_t told = 0;
    EXPECT_TRUE(becomes_true([&] {
        writer->submit({cell, record_of(1, ++age)});
        taken();
        for (const NumberFile::Stored& stored : records) {
            ++told;
            EXPECT_EQ(stored.cell, cell);
            const NumberRecord now = on_disk().at(cell);
            EXPECT_GE(now.sent_before, stored.record.sent_before);
            EXPECT_LE(stored.record.sent_before, record_of(1, age).sent_before);
        }
        return told >= 20;
    }));
    ASSERT_TRUE(writer->flush());
    taken();
    if (!records.empty()) {
        EXPECT_EQ(records.back().record, record_of(1, age));
    }
    EXPECT_EQ(on_disk().at(cell), record_of(1, age));
}

TEST_F(NumberWriterTest, writes_all_that_was_submitted_before_its_end) {
    std::map<Cell, NumberRecord> last;
    for (std::uint32_t key = 0; key < 1000; ++key) {
        const Cell cell = file.allocate();
        writer->submit({cell, record_of(key)});
        last[cell] = record_of(key);
    }
    writer.reset();
    EXPECT_EQ(on_disk(), last);
}

TEST_F(NumberWriterTest, keeps_what_it_cannot_write_and_tries_again) {
    const Cell first = file.allocate();
    const Cell second = file.allocate();
    {
        const FileSizeLimit limit(NumberLayout::offset(0, 0));
        writer->submit({first, record_of(1, 1)});
        writer->submit({second, record_of(2)});
        const auto flushed = writer->flush();
        ASSERT_FALSE(flushed);
        EXPECT_THAT(flushed.error().message, HasSubstr("cannot be written"));
        EXPECT_EQ(writer->take_error(), flushed.error().message);
        EXPECT_FALSE(writer->flush());
        EXPECT_EQ(writer->take_error(), std::nullopt) << "the same again is no news";
        writer->submit({first, record_of(1, 2)});
        EXPECT_FALSE(writer->flush());
        EXPECT_THAT(taken(), IsEmpty());
        EXPECT_THAT(on_disk(), IsEmpty());
    }
    EXPECT_THAT(await_written(2), UnorderedElementsAre(first, second)) << "by itself";
    EXPECT_EQ(on_disk(),
              (std::map<Cell, NumberRecord>{{first, record_of(1, 2)}, {second, record_of(2)}}));
    EXPECT_TRUE(writer->flush());
}

TEST_F(NumberWriterTest, tells_of_an_error_again_after_a_success) {
    const Cell cell = file.allocate();
    for (std::uint32_t age = 0; age < 3; ++age) {
        {
            const FileSizeLimit limit(NumberLayout::offset(0, 0));
            writer->submit({cell, record_of(1, age)});
            EXPECT_FALSE(writer->flush());
        }
        EXPECT_NE(writer->take_error(), std::nullopt);
        EXPECT_TRUE(writer->flush());
        EXPECT_EQ(writer->take_error(), std::nullopt);
    }
}

TEST_F(NumberWriterTest, ends_though_the_disk_is_full) {
    const FileSizeLimit limit(NumberLayout::offset(0, 0));
    writer->submit({file.allocate(), record_of(1)});
    writer.reset();
    EXPECT_THAT(on_disk(), IsEmpty());
}

TEST_F(NumberWriterTest, leaves_signals_to_other_threads) {
    std::vector<std::string> blocked;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::string name;
        std::getline(std::ifstream(task.path() / "comm"), name);
        std::ifstream status(task.path() / "status");
        for (std::string line; name == "mt6d-numbers" && std::getline(status, line);) {
            if (line.starts_with("SigBlk:")) {
                blocked.push_back(line.substr(line.find_last_of('\t') + 1));
            }
        }
    }
    ASSERT_THAT(blocked, SizeIs(1));
    // SIGKILL and SIGSTOP cannot be blocked, and the two that the C library uses may not be.
    constexpr std::uint64_t of_the_library = 3ULL << 31U;
    const std::uint64_t open = ~std::stoull(blocked[0], nullptr, 16) & ~of_the_library;
    EXPECT_EQ(open, 1ULL << (SIGKILL - 1) | 1ULL << (SIGSTOP - 1));
}

TEST(ClockSync, is_what_the_kernel_was_told) {
    ntptimeval now{};
    EXPECT_EQ(clock_is_synchronised(), ::ntp_gettime(&now) != TIME_ERROR);
}

} // namespace
} // namespace mt6d
