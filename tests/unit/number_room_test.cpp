// SPDX-License-Identifier: BSD-3-Clause
// Number files on disks that are full: a key that is new must not keep others from counting on.
#include "control/state/number_file.hpp"
#include "tests/unit/state_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

namespace mt6d {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

using Stored = NumberFile::Stored;

class NumberRoom : public testing::Test {
protected:
    // So many more records than there are, all new.
    std::vector<Stored> new_records(std::uint32_t count) {
        std::vector<Stored> records;
        for (std::uint32_t i = 0; i < count; ++i) {
            records.push_back({file.allocate(), record_of(made++)});
        }
        return records;
    }
    [[nodiscard]] std::uint64_t size() const { return std::filesystem::file_size(path); }

    TemporaryDirectory directory;
    const std::string path = directory.path() + "/numbers";
    NumberFile::Opened opened = open_numbers(directory.path());
    NumberFile& file = *opened.file;
    std::uint32_t made = 0;
};

TEST_F(NumberRoom, that_a_new_record_lacks_keeps_no_other_from_being_written) {
    std::vector<Stored> old = new_records(16); // a whole group
    ASSERT_EQ(file.write_some(old).written, 16U);
    {
        const FileSizeLimit limit(size());
        old[9].record = record_of(9, 7);
        std::vector<Stored> records = new_records(2);
        records.insert(records.begin() + 1, old[9]);
        const WriteProgress progress = file.write_some(records);
        EXPECT_EQ(progress.written, 1U);
        EXPECT_EQ(records[0].record, old[9].record) << "what is written stands first";
        ASSERT_TRUE(progress.error);
        EXPECT_THAT(progress.error->message, HasSubstr("cannot be written"));
        // Again and again.
        records[0].record = record_of(9, 8);
        EXPECT_EQ(file.write_some(records).written, 1U);
    }
    const auto found = open_copy(read_bytes(path)).records;
    ASSERT_THAT(found, SizeIs(16));
    EXPECT_EQ(found[9].record, record_of(9, 8));
}

TEST_F(NumberRoom, that_is_reserved_takes_new_records_though_the_disk_is_full) {
    std::vector<Stored> records = new_records(5);
    ASSERT_EQ(file.write_some(records).written, 5U);
    ASSERT_TRUE(file.reserve(40));
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_GE(static_cast<std::uint64_t>(status.st_blocks) * 512, size()) << "no holes";
    const FileSizeLimit limit(size());
    records = new_records(40);
    EXPECT_EQ(file.write_some(records).written, 40U);
    EXPECT_THAT(open_copy(read_bytes(path)).records, SizeIs(45));
}

TEST_F(NumberRoom, that_cannot_be_reserved_is_an_error_which_names_the_file) {
    const FileSizeLimit limit(size());
    const auto reserved = file.reserve(1000);
    ASSERT_FALSE(reserved);
    EXPECT_THAT(reserved.error().message, HasSubstr(path + ": cannot be written"));
}

TEST_F(NumberRoom, that_was_reserved_and_not_used_is_used_by_the_next_process) {
    ASSERT_TRUE(file.reserve(100));
    const std::uint64_t before = size();
    opened.file.reset();
    opened = open_numbers(directory.path());
    ASSERT_TRUE(opened.file->reserve(100));
    EXPECT_EQ(size(), before);
}

} // namespace
} // namespace mt6d
