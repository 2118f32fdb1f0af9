// SPDX-License-Identifier: BSD-3-Clause
// The original MT6D's files, through the importer's public functions. Whole sites, and the program
// around them: tests/import.
#include "tests/support/temporary_directory.hpp"
#include "tools/mt6dctl/import/importer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::importer {
namespace {

using test::TemporaryDirectory;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view hex_key = "00112233445566778899aabbccddeeff";

std::vector<std::string> words_of(std::string_view text, std::size_t most) {
    Problems problems;
    std::vector<std::string> result;
    for (const Line& line : split_lines(text, "file", problems)) {
        for (const Word& word : split_words(line, most)) {
            result.push_back(word.text);
        }
    }
    EXPECT_TRUE(problems.empty());
    return result;
}

class ImportTest : public testing::Test {
protected:
    void write(const std::string& name, std::string_view text) const {
        std::ofstream(directory.path() + "/" + name) << text;
    }
    void write_site() const {
        write("mt6d.ini", "internal_nic = eth1\nexternal_nic = eth2\n");
        write("users", "alice 2001:db8:1::a\nbob 2001:db8:2::b\n");
        write("ethers", "alice 02:00:00:00:00:0a\nbob 02:00:00:00:00:0b\n");
        write("profiles", "alice bob " + std::string(hex_key) + "\n");
    }

    TemporaryDirectory directory;
};

TEST(ImportWords, are_parted_by_separators_and_the_last_has_the_rest) {
    EXPECT_THAT(words_of("a = b,c", 3), ElementsAre("a", "b", "c"));
    EXPECT_THAT(words_of("a = b,c", 2), ElementsAre("a", "b,c"));
    EXPECT_THAT(words_of("alice: 2001:db8::", 3), ElementsAre("alice", "2001:db8::"));
}

TEST(ImportWords, in_quotes_hold_separators_and_comment_signs) {
    EXPECT_THAT(words_of("a 'b # c' d", 3), ElementsAre("a", "b # c", "d"));
    EXPECT_THAT(words_of("a \"b c", 3), ElementsAre("a", "\"b c"));
}

TEST(ImportWords, a_comment_begins_a_line_or_follows_a_blank) {
    EXPECT_THAT(words_of("# all\n; of it\n\n  \t\n", 3), IsEmpty());
    EXPECT_THAT(words_of("a b#c ;d", 3), ElementsAre("a", "b#c"));
}

TEST(ImportWords, each_has_its_place) {
    Problems problems;
    const auto lines = split_lines("\n  a,\tb", "file", problems);
    ASSERT_EQ(lines.size(), 1U);
    const auto words = split_words(lines[0], 2);
    ASSERT_EQ(words.size(), 2U);
    EXPECT_EQ(words[0].at.text(), "file:2:3");
    EXPECT_EQ(words[1].at.text(), "file:2:6");
}

TEST_F(ImportTest, a_site_becomes_yaml_without_its_key_and_a_stream_with_it) {
    write_site();
    const Imported imported = import_site(directory.path(), {});
    EXPECT_THAT(imported.errors, IsEmpty());
    EXPECT_THAT(imported.yaml, HasSubstr("key_file: \"alice-bob.key\""));
    EXPECT_THAT(imported.yaml, Not(HasSubstr(std::string(hex_key))));
    ASSERT_EQ(imported.streams.size(), 1U);
    EXPECT_EQ(std::string_view(imported.streams[0].key.hex()), hex_key);
}

TEST_F(ImportTest, a_key_of_an_odd_number_of_digits_is_characters) {
    write_site();
    write("profiles", "alice bob " + std::string(hex_key.substr(1)) + "\n");
    const Imported imported = import_site(directory.path(), {});
    ASSERT_EQ(imported.streams.size(), 1U);
    EXPECT_EQ(imported.streams[0].key.bytes().size(), hex_key.size() - 1);
    EXPECT_EQ(imported.notes.size(), 1U);
}

TEST_F(ImportTest, a_key_is_never_shown) {
    write_site();
    for (const char* const line :
         {"alice 0123456789abcde\n", "0123456789abcde\n", "alice bob 0123456789abcde\n",
          "0123456789abcde bob alice\n", "alice 0123456789abcde bob\n"}) {
        write("profiles", line);
        const Imported imported = import_site(directory.path(), {});
        ASSERT_FALSE(imported.errors.empty()) << line;
        for (const config::Diagnostic& error : imported.errors) {
            EXPECT_THAT(error.text(), Not(HasSubstr("0123456")));
        }
    }
}

} // namespace
} // namespace mt6d::importer
