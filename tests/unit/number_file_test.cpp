// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/number_cell.hpp"
#include "control/state/number_file.hpp"
#include "tests/unit/state_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace mt6d {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Cell = NumberFile::Cell;
using Stored = NumberFile::Stored;

std::vector<NumberRecord> records_of(const NumberFile::Opened& opened) {
    std::vector<NumberRecord> records;
    for (const Stored& stored : opened.records) {
        records.push_back(stored.record);
    }
    return records;
}

// `old_bytes` as a write of copy `which` of cell 0 would leave it if only its bytes from `first`
// to `last` came to the disk.
FileBytes torn(const FileBytes& old_bytes, const FileBytes& new_bytes, unsigned which,
               std::size_t first, std::size_t last) {
    FileBytes bytes = old_bytes;
    const auto offset = static_cast<std::ptrdiff_t>(NumberLayout::offset(0, which));
    std::copy(new_bytes.begin() + offset + static_cast<std::ptrdiff_t>(first),
              new_bytes.begin() + offset + static_cast<std::ptrdiff_t>(last),
              bytes.begin() + offset + static_cast<std::ptrdiff_t>(first));
    return bytes;
}

FileBytes with_whole_copy(const FileBytes& old_bytes, const FileBytes& new_bytes, unsigned which) {
    return torn(old_bytes, new_bytes, which, 0, NumberLayout::copy);
}

class NumberFileTest : public testing::Test {
protected:
    [[nodiscard]] std::string path() const { return directory.path() + "/numbers"; }
    [[nodiscard]] FileBytes bytes() const { return read_bytes(path()); }
    // The bytes after each record was written to cell 0 in turn.
    std::vector<FileBytes> history(const std::vector<NumberRecord>& records) const {
        const auto opened = open_numbers(directory.path());
        const Cell cell = opened.file->allocate();
        std::vector<FileBytes> all;
        for (const NumberRecord& record : records) {
            const Stored stored{cell, record};
            EXPECT_TRUE(opened.file->write({&stored, 1}));
            all.push_back(bytes());
        }
        return all;
    }
    // Names in the directory that begin so.
    [[nodiscard]] std::vector<std::string> names(const std::string& prefix) const {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
            if (entry.path().filename().string().starts_with(prefix)) {
                found.push_back(entry.path().filename());
            }
        }
        return found;
    }

    TemporaryDirectory directory;
};

TEST_F(NumberFileTest, gives_back_what_was_written) {
    const std::vector written{record_of(1), record_of(0xffffffff, 7), NumberRecord{}};
    {
        const auto opened = open_numbers(directory.path());
        EXPECT_TRUE(opened.is_new);
        EXPECT_THAT(opened.records, IsEmpty());
        std::vector<Stored> stored;
        for (const NumberRecord& record : written) {
            stored.push_back({opened.file->allocate(), record});
        }
        ASSERT_TRUE(opened.file->write(stored));
    }
    const auto opened = open_numbers(directory.path());
    EXPECT_FALSE(opened.is_new);
    EXPECT_THAT(opened.warnings, IsEmpty());
    EXPECT_EQ(records_of(opened), written);
}

TEST_F(NumberFileTest, keeps_the_last_of_many_writes_of_a_cell) {
    for (std::uint32_t age = 0; age < 10; ++age) {
        auto opened = open_numbers(directory.path());
        const Cell cell = age == 0 ? opened.file->allocate() : opened.records.at(0).cell;
        for (std::uint32_t more = 0; more < 3; ++more) {
            const Stored stored{cell, record_of(1, 10 * age + more)};
            ASSERT_TRUE(opened.file->write({&stored, 1}));
        }
    }
    EXPECT_THAT(records_of(open_numbers(directory.path())), ElementsAre(record_of(1, 92)));
}

TEST_F(NumberFileTest, writes_the_later_of_two_records_for_a_cell) {
    const auto opened = open_numbers(directory.path());
    const Cell cell = opened.file->allocate();
    const std::vector<Stored> both{{cell, record_of(1, 1)}, {cell, record_of(1, 2)}};
    ASSERT_TRUE(opened.file->write(both));
    EXPECT_THAT(records_of(open_copy(bytes())), ElementsAre(record_of(1, 2)));
}

TEST_F(NumberFileTest, has_a_record_or_none_wherever_its_first_write_is_cut) {
    open_numbers(directory.path());
    const FileBytes empty = bytes();
    const FileBytes after = history({record_of(1)}).front();
    FileBytes before = empty;
    before.resize(after.size());
    for (std::size_t cut = 0; cut <= NumberLayout::copy; ++cut) {
        const auto opened = open_copy(torn(before, after, 0, 0, cut));
        EXPECT_THAT(opened.records, SizeIs(cut == NumberLayout::copy ? 1 : 0)) << cut;
        EXPECT_THAT(opened.warnings, IsEmpty()) << cut;

        const auto grown = static_cast<std::ptrdiff_t>(NumberLayout::offset(0, 0) + cut);
        const auto cut_off = open_copy(FileBytes(after.begin(), after.begin() + grown));
        EXPECT_THAT(cut_off.records, SizeIs(cut == NumberLayout::copy ? 1 : 0)) << cut;
        EXPECT_THAT(cut_off.warnings, IsEmpty()) << cut;
    }
}

// Both ways round, for a disk may write the end of it first.
TEST_F(NumberFileTest, has_the_old_record_or_the_new_one_wherever_a_write_is_cut) {
    const auto files = history({record_of(1, 1), record_of(1, 2)});
    const FileBytes written = with_whole_copy(files[0], files[1], 1);
    // Some bytes are the same in both: what is cut there is whole.
    const auto expected = [&written](const FileBytes& bytes) {
        return record_of(1, bytes == written ? 2 : 1);
    };
    EXPECT_NE(written, files[0]);
    for (std::size_t cut = 0; cut <= NumberLayout::copy; ++cut) {
        const FileBytes front_bytes = torn(files[0], files[1], 1, 0, cut);
        const auto front = open_copy(front_bytes);
        EXPECT_THAT(records_of(front), ElementsAre(record_of(1, cut == NumberLayout::copy ? 2 : 1)))
            << cut;
        EXPECT_THAT(front.warnings, IsEmpty());
        const FileBytes back_bytes = torn(files[0], files[1], 1, cut, NumberLayout::copy);
        const auto back = open_copy(back_bytes);
        EXPECT_THAT(records_of(back), ElementsAre(expected(back_bytes))) << cut;
        EXPECT_THAT(back.warnings, IsEmpty());
    }
}

TEST_F(NumberFileTest, has_the_new_record_wherever_the_making_of_its_second_copy_is_cut) {
    const auto files = history({record_of(1, 1), record_of(1, 2)});
    const FileBytes reported = with_whole_copy(files[0], files[1], 1);
    for (std::size_t cut = 0; cut <= NumberLayout::copy; ++cut) {
        const auto opened = open_copy(torn(reported, files[1], 0, 0, cut));
        EXPECT_THAT(records_of(opened), ElementsAre(record_of(1, 2))) << cut;
        EXPECT_THAT(opened.warnings, IsEmpty());
    }
}

TEST_F(NumberFileTest, loses_no_number_to_any_copy_that_goes_bad_later) {
    const FileBytes good = history({record_of(1, 1), record_of(1, 2), record_of(1, 3)}).back();
    for (const unsigned which : {0U, 1U}) {
        for (std::size_t at = 0; at < NumberLayout::copy; ++at) {
            FileBytes bad = good;
            bad[NumberLayout::offset(0, which) + at] ^= 0x10U;
            EXPECT_THAT(records_of(open_copy(bad)), ElementsAre(record_of(1, 3))) << at;
        }
    }
}

// The disk is full right behind where the bad copy begins.
TEST_F(NumberFileTest, spares_the_good_copy_when_it_makes_the_bad_one_good) {
    const FileBytes good = history({record_of(1, 1), record_of(1, 2)}).back();
    for (const unsigned which : {0U, 1U}) {
        const auto of = [](const FileBytes& file, unsigned copy) {
            const auto first =
                file.begin() + static_cast<std::ptrdiff_t>(NumberLayout::offset(0, copy));
            return FileBytes(first, first + NumberLayout::copy);
        };
        FileBytes bad = good;
        bad[NumberLayout::offset(0, which)] ^= 1U;
        write_bytes(path(), bad);
        {
            const FileSizeLimit limit(NumberLayout::offset(0, which) + 100);
            EXPECT_FALSE(try_open_numbers(directory.path()));
        }
        EXPECT_NE(of(bytes(), which), of(bad, which));
        EXPECT_EQ(of(bytes(), 1 - which), of(good, 1 - which));
        EXPECT_THAT(records_of(open_numbers(directory.path())), ElementsAre(record_of(1, 2)));
    }
}

TEST_F(NumberFileTest, makes_a_bad_copy_good_when_it_is_opened) {
    const FileBytes good = history({record_of(1, 1), record_of(1, 2)}).back();
    for (const unsigned which : {0U, 1U}) {
        FileBytes bad = good;
        bad[NumberLayout::offset(0, which)] ^= 1U;
        write_bytes(path(), bad);
        open_numbers(directory.path());
        FileBytes other_bad = bytes();
        other_bad[NumberLayout::offset(0, 1 - which)] ^= 1U;
        EXPECT_THAT(records_of(open_copy(other_bad)), ElementsAre(record_of(1, 2)));
    }
}

TEST_F(NumberFileTest, leaves_out_a_damaged_record_and_puts_the_file_aside_once) {
    std::vector<Stored> stored;
    {
        const auto opened = open_numbers(directory.path());
        for (std::uint32_t key = 0; key < 40; ++key) {
            stored.push_back({opened.file->allocate(), record_of(key)});
        }
        ASSERT_TRUE(opened.file->write(stored));
    }
    FileBytes damaged = bytes();
    damaged[NumberLayout::offset(20, 0) + 30] ^= 1U;
    damaged[NumberLayout::offset(20, 1) + 60] ^= 1U;
    write_bytes(path(), damaged);
    {
        const auto opened = open_numbers(directory.path());
        EXPECT_THAT(opened.records, SizeIs(39));
        EXPECT_FALSE(opened.is_new);
        const auto aside = names("numbers.damaged-");
        ASSERT_THAT(aside, SizeIs(1));
        EXPECT_EQ(read_bytes(directory.path() + "/" + aside[0]), damaged);
        ASSERT_THAT(opened.warnings, SizeIs(1));
        EXPECT_THAT(opened.warnings[0], testing::HasSubstr(directory.path() + "/" + aside[0]));
        EXPECT_EQ(opened.file->allocate(), 20U) << "is free for others";
    }
    const auto again = open_numbers(directory.path());
    EXPECT_THAT(again.records, SizeIs(39));
    EXPECT_THAT(again.warnings, IsEmpty());
    EXPECT_THAT(names("numbers.damaged-"), SizeIs(1));
}

TEST_F(NumberFileTest, takes_no_record_from_another_cells_place) {
    const FileBytes good = history({record_of(1, 1)}).front();
    FileBytes copied = good;
    copied.resize(NumberLayout::block + NumberLayout::group);
    for (const unsigned which : {0U, 1U}) {
        const auto* from = &good[NumberLayout::offset(0, which)];
        std::copy_n(from, NumberLayout::copy, &copied[NumberLayout::offset(1, which)]);
    }
    const auto opened = open_copy(copied);
    EXPECT_THAT(opened.records, SizeIs(1));
    EXPECT_THAT(opened.warnings, SizeIs(1));
}

TEST_F(NumberFileTest, moves_aside_what_is_not_its_own) {
    const FileBytes own = history({record_of(1)}).front();
    FileBytes version = own;
    version[11] = 2;
    FileBytes damaged = own;
    damaged[15] ^= 1U;
    const std::vector<std::pair<FileBytes, std::string>> cases{
        {FileBytes(10000, 'x'), "is not a file of packet numbers"},
        {{}, "is not a file of packet numbers"},
        {version, "is of version 2"},
        {damaged, "has a damaged header"},
        {FileBytes(own.begin(), own.begin() + 200), "has a damaged header"},
    };
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const FileBytes& content = cases[i].first;
        write_bytes(path(), content);
        const auto opened = open_numbers(directory.path());
        EXPECT_TRUE(opened.is_new);
        EXPECT_THAT(opened.records, IsEmpty());
        ASSERT_THAT(opened.warnings, SizeIs(1));
        EXPECT_THAT(opened.warnings[0], testing::HasSubstr(cases[i].second));
        const auto aside = names("numbers.foreign-");
        ASSERT_THAT(aside, SizeIs(i + 1));
        EXPECT_TRUE(std::any_of(aside.begin(), aside.end(), [&](const std::string& name) {
            return read_bytes(directory.path() + "/" + name) == content;
        }));
        const Stored stored{opened.file->allocate(), record_of(2)};
        EXPECT_TRUE(opened.file->write({&stored, 1}));
        EXPECT_THAT(records_of(open_copy(bytes())), ElementsAre(record_of(2)));
    }
}

TEST_F(NumberFileTest, forgets_a_released_record_and_uses_its_cell_again) {
    const auto opened = open_numbers(directory.path());
    NumberFile& file = *opened.file;
    const Cell first = file.allocate();
    const Cell second = file.allocate();
    ASSERT_NE(first, second);
    const std::vector<Stored> stored{{first, record_of(1)}, {second, record_of(2)}};
    ASSERT_TRUE(file.write(stored));

    file.release(first);
    EXPECT_NE(file.allocate(), first) << "is not free before it is forgotten";
    ASSERT_TRUE(file.write({}));
    EXPECT_THAT(records_of(open_copy(bytes())), ElementsAre(record_of(2)));

    ASSERT_EQ(file.allocate(), first);
    const Stored reused{first, record_of(3)};
    ASSERT_TRUE(file.write({&reused, 1}));
    EXPECT_THAT(records_of(open_copy(bytes())), ElementsAre(record_of(3), record_of(2)));
}

TEST_F(NumberFileTest, has_a_record_or_none_wherever_its_release_is_cut) {
    const FileBytes before = history({record_of(1)}).front();
    const FileBytes after(before.size());
    for (std::size_t cut = 0; cut <= NumberLayout::copy; ++cut) {
        const auto opened = open_copy(torn(before, after, 0, 0, cut));
        EXPECT_THAT(records_of(opened), ElementsAre(record_of(1))) << cut;
        const FileBytes half = with_whole_copy(before, after, 0);
        const FileBytes rest_bytes = torn(half, after, 1, 0, cut);
        const auto rest = open_copy(rest_bytes);
        EXPECT_THAT(rest.records, SizeIs(rest_bytes == half ? 1 : 0)) << cut;
        EXPECT_THAT(rest.warnings, IsEmpty()) << cut;
    }
}

TEST_F(NumberFileTest, writes_no_record_of_a_cell_released_before) {
    const auto opened = open_numbers(directory.path());
    const std::vector<Stored> stored{{opened.file->allocate(), record_of(1)},
                                     {opened.file->allocate(), record_of(2)}};
    opened.file->release(stored[0].cell);
    ASSERT_TRUE(opened.file->write(stored));
    EXPECT_THAT(records_of(open_copy(bytes())), ElementsAre(record_of(2)));
}

TEST_F(NumberFileTest, merges_records_of_one_key) {
    NumberRecord first = record_of(1, 5);
    NumberRecord second = record_of(1, 5);
    second.sent_before += 100;
    first.received_before += 100;
    first.used[3] = 900;
    second.used[4] = 800;
    {
        const auto opened = open_numbers(directory.path());
        const std::vector<Stored> stored{{opened.file->allocate(), first},
                                         {opened.file->allocate(), record_of(2)},
                                         {opened.file->allocate(), second}};
        ASSERT_TRUE(opened.file->write(stored));
    }
    NumberRecord merged = first;
    merged.sent_before = second.sent_before;
    merged.used[4] = 800;
    {
        const auto opened = open_numbers(directory.path());
        EXPECT_THAT(opened.warnings, SizeIs(1));
        EXPECT_THAT(records_of(opened), ElementsAre(merged, record_of(2)));
    }
    const auto again = open_numbers(directory.path());
    EXPECT_THAT(again.warnings, IsEmpty());
    EXPECT_THAT(records_of(again), ElementsAre(merged, record_of(2)));
}

TEST_F(NumberFileTest, keeps_a_hundred_thousand_records) {
    constexpr std::uint32_t count = 100000;
    std::vector<Stored> stored;
    {
        const auto opened = open_numbers(directory.path());
        for (std::uint32_t key = 0; key < count; ++key) {
            stored.push_back({opened.file->allocate(), record_of(key)});
        }
        ASSERT_TRUE(opened.file->write(stored));
        // As a second of traffic would: here and there.
        std::vector<Stored> some;
        for (std::uint32_t key = 0; key < count; key += 7) {
            stored[key].record = record_of(key, 1);
            some.push_back(stored[key]);
        }
        ASSERT_TRUE(opened.file->write(some));
    }
    const auto opened = open_numbers(directory.path());
    ASSERT_EQ(opened.records.size(), stored.size());
    for (std::uint32_t key = 0; key < count; ++key) {
        ASSERT_EQ(opened.records[key].cell, stored[key].cell);
        ASSERT_EQ(opened.records[key].record, stored[key].record) << key;
    }
}

TEST_F(NumberFileTest, says_why_it_cannot_write_and_writes_all_later) {
    const auto opened = open_numbers(directory.path());
    std::vector<Stored> stored;
    for (std::uint32_t key = 0; key < 100; ++key) {
        stored.push_back({opened.file->allocate(), record_of(key)});
    }
    {
        const FileSizeLimit limit(NumberLayout::offset(50, 0) + 100);
        const auto written = opened.file->write(stored);
        ASSERT_FALSE(written);
        EXPECT_THAT(written.error().message, testing::StartsWith(path() + ": cannot be written: "));
    }
    ASSERT_TRUE(opened.file->write(stored));
    EXPECT_THAT(records_of(open_copy(bytes())), SizeIs(100));
}

// Copy A lies below the limit, copy B is cut by it.
TEST_F(NumberFileTest, spares_the_good_copy_when_a_write_has_failed) {
    const auto opened = open_numbers(directory.path());
    const Cell cell = opened.file->allocate();
    const Stored known{cell, record_of(1, 1)};
    ASSERT_TRUE(opened.file->write({&known, 1}));
    for (std::uint32_t attempt = 0; attempt < 3; ++attempt) {
        const FileSizeLimit limit(NumberLayout::offset(cell, 1) + 50 + 50 * attempt);
        const Stored failing{cell, record_of(1, 2 + attempt)};
        EXPECT_FALSE(opened.file->write({&failing, 1}));
    }
    EXPECT_THAT(records_of(open_copy(bytes())), ElementsAre(known.record));
    const Stored last{cell, record_of(1, 9)};
    ASSERT_TRUE(opened.file->write({&last, 1}));
    EXPECT_THAT(records_of(open_copy(bytes())), ElementsAre(last.record));
}

TEST_F(NumberFileTest, forgets_after_a_failed_write_what_was_released_before_it) {
    const auto opened = open_numbers(directory.path());
    const Stored stored{opened.file->allocate(), record_of(1)};
    ASSERT_TRUE(opened.file->write({&stored, 1}));
    opened.file->release(stored.cell);
    {
        const FileSizeLimit limit(NumberLayout::offset(0, 0));
        EXPECT_FALSE(opened.file->write({}));
    }
    EXPECT_NE(opened.file->allocate(), stored.cell);
    ASSERT_TRUE(opened.file->write({}));
    EXPECT_THAT(open_copy(bytes()).records, IsEmpty());
}

TEST_F(NumberFileTest, cannot_be_made_on_a_full_disk_but_later) {
    {
        const FileSizeLimit limit(100);
        const auto opened = try_open_numbers(directory.path());
        ASSERT_FALSE(opened);
        EXPECT_THAT(opened.error().message, testing::HasSubstr("cannot be written"));
    }
    EXPECT_TRUE(open_numbers(directory.path()).is_new);
}

} // namespace
} // namespace mt6d
