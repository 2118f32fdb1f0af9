// SPDX-License-Identifier: BSD-3-Clause
// How the shell writes facts for people.
#include "control/shell/config_json.hpp"
#include "control/shell/text.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace mt6d::shell {
namespace {

TEST(ATable, is_as_wide_as_its_cells_and_aligns_numbers_to_the_right) {
    Table table({{"port"}, {"packets", Table::Align::right}});
    table.add({"internal", "5"});
    table.add({"x", "1234567"});
    EXPECT_EQ(table.text(), "port      packets\n"
                            "internal        5\n"
                            "x         1234567\n");
}

TEST(Bytes, have_a_unit_of_powers_of_1000) {
    EXPECT_EQ(bytes_text(0), "0 B");
    EXPECT_EQ(bytes_text(999), "999 B");
    EXPECT_EQ(bytes_text(1000), "1.00 kB");
    EXPECT_EQ(bytes_text(3'400'000'000), "3.40 GB");
    EXPECT_EQ(bytes_text(UINT64_MAX), "18.45 EB");
}

TEST(Durations, begin_with_their_largest_unit) {
    EXPECT_EQ(duration_text(0), "0 s");
    EXPECT_EQ(duration_text(59), "59 s");
    EXPECT_EQ(duration_text(3600), "1 h 0 min 0 s");
    EXPECT_EQ(duration_text(93784), "1 d 2 h 3 min 4 s");
}

TEST(AnOutline, indents_what_is_inside_and_marks_items) {
    const nlohmann::ordered_json facts{{"name", "a"},
                                       {"none", nullptr},
                                       {"list", {1, 2}},
                                       {"empty", nlohmann::ordered_json::array()},
                                       {"inner", {{"x", true}}},
                                       {"items", {{{"n", 1}, {"m", 2}}, {{"n", 3}}}}};
    EXPECT_EQ(outline(facts), "name: a\n"
                              "none: none\n"
                              "list: 1, 2\n"
                              "empty: none\n"
                              "inner:\n"
                              "  x: true\n"
                              "items:\n"
                              "  - n: 1\n"
                              "    m: 2\n"
                              "  - n: 3\n");
}

TEST(TheConfigurationShown, says_of_a_key_only_that_it_is_set) {
    config::Stream stream;
    stream.name = "alice-bob";
    stream.key = *config::SessionKey::from_hex("000102030405060708090a0b0c0d0e0f");
    const std::vector streams{std::make_shared<const config::Stream>(stream)};
    const auto shown = config_json({}, streams);
    EXPECT_EQ(shown.dump().find("0001020304"), std::string::npos);
    EXPECT_EQ(shown["streams"][0]["key"], "set");
}

TEST(TheConfigurationShown, counts_streams_beyond_those_that_it_lists) {
    const std::vector streams(most_streams_shown + 1, std::make_shared<const config::Stream>());
    const auto shown = config_json({}, streams);
    EXPECT_EQ(shown["stream_count"], most_streams_shown + 1);
    EXPECT_EQ(shown["streams"].size(), most_streams_shown);
}

} // namespace
} // namespace mt6d::shell
