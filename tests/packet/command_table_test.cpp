// SPDX-License-Identifier: BSD-3-Clause
// The command table through librte_cmdline: matching and completion; and that the real one is
// documented.
#include "control/shell/choices.hpp"
#include "control/shell/command_table.hpp"
#include "control/shell/line_editor.hpp"
#include "control/shell/parser.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace mt6d::shell {
namespace {

Result<Reply> nothing(const Arguments&, Environment&) {
    return Reply{};
}

constexpr std::array table{
    Command{"show streams [STREAM]", "Streams.", nothing},
    Command{"show port info [PORT]", "Ports.", nothing},
    Command{"set stats-period SECONDS", "Statistics.", nothing},
    Command{"watch [SECONDS] COMMAND", "Again and again.", nothing},
};

class TheParser : public testing::Test {
protected:
    static std::vector<std::string> names(std::string_view prefix, std::size_t most) {
        std::vector<std::string> found;
        for (int i = 0; i < 1000 && found.size() < most; ++i) {
            std::string name = "stream-" + std::to_string(i);
            if (name.starts_with(prefix)) {
                found.push_back(std::move(name));
            }
        }
        return found;
    }
    // What the line is after these keys.
    std::string typed(std::string_view keys) {
        std::string screen;
        LineEditor editor(parser, "> ", screen);
        editor.prompt();
        for (const char key : keys) {
            editor.feed(key);
        }
        EXPECT_EQ(editor.feed('\r'), LineEditor::Event::line);
        shown = screen;
        return editor.line();
    }

    Parser parser{table, names};
    std::string shown; // by typed()
};

TEST_F(TheParser, TakesNamesUpToALengthAndSaysWhichOneIsLonger) {
    EXPECT_TRUE(parser.parse("show streams " + std::string(longest_word, 'y')));
    const auto longer = parser.parse("show streams " + std::string(longest_word + 1, 'y'));
    ASSERT_FALSE(longer);
    EXPECT_TRUE(longer.error().message.starts_with("show streams: '" + std::string(40, 'y')
                                                   + "…' is not understood: expected STREAM"))
        << longer.error().message;
}

TEST_F(TheParser, finds_the_command_and_gives_it_what_stands_in_its_places) {
    const auto parsed = parser.parse("  show   streams stream-7  # a comment");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->command, &table[0]);
    EXPECT_EQ(parsed->arguments.text("STREAM"), "stream-7");
    const auto without = parser.parse("show streams");
    ASSERT_TRUE(without);
    EXPECT_FALSE(without->arguments.has("STREAM"));
    EXPECT_EQ(parser.parse("set stats-period 12")->arguments.number("SECONDS"), 12U);
}

TEST_F(TheParser, gives_a_command_the_rest_of_the_line) {
    const auto every = parser.parse("watch show port info internal");
    ASSERT_TRUE(every);
    EXPECT_EQ(every->arguments.text("COMMAND"), "show port info internal");
    const auto slowly = parser.parse("watch 5 show streams");
    ASSERT_TRUE(slowly);
    EXPECT_EQ(slowly->arguments.number("SECONDS"), 5U);
    EXPECT_EQ(slowly->arguments.text("COMMAND"), "show streams");
}

TEST_F(TheParser, finds_nothing_in_a_blank_line_or_a_comment) {
    for (const char* const line : {"", "   ", "# show streams"}) {
        const auto parsed = parser.parse(line);
        ASSERT_TRUE(parsed) << line;
        EXPECT_EQ(parsed->command, nullptr);
    }
}

TEST_F(TheParser, refuses_what_is_too_long_or_no_text) {
    EXPECT_FALSE(parser.parse(std::string(Parser::longest_line + 1, 'x')));
    EXPECT_FALSE(parser.parse("show streams " + std::string(1000, 'y')));
    EXPECT_FALSE(parser.parse(std::string_view("show\0streams", 12)));
}

TEST_F(TheParser, says_what_is_wrong) {
    const auto wrong = parser.parse("show strems");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().message, "show: 'strems' is not understood: expected port, streams; "
                                     "did you mean 'streams'?");
}

TEST_F(TheParser, completes_each_word_as_far_as_it_is_certain) {
    EXPECT_EQ(typed("sh\t"), "show ");
    EXPECT_EQ(typed("show str\t"), "show streams ");
    EXPECT_EQ(typed("show port info ex\t"), "show port info external ");
    EXPECT_EQ(typed("show streams stream-12\t\t"), "show streams stream-12");
    EXPECT_EQ(typed("show streams stream-99\t"), "show streams stream-99");
    EXPECT_EQ(typed("show streams stream-999\t"), "show streams stream-999 ");
}

TEST_F(TheParser, lists_so_many_streams_at_the_most) {
    typed("show streams \t");
    std::size_t listed = 0;
    for (auto at = shown.find("stream-"); at != shown.npos; at = shown.find("stream-", at + 1)) {
        ++listed;
    }
    EXPECT_GE(listed, 10U);
    EXPECT_LE(listed, Parser::most_names + 2); // and the line itself, with what they share
}

// --- the real table ---------------------------------------------------------------------------

TEST(TheCommandTable, has_a_sentence_of_help_for_each_command_and_each_once) {
    std::set<std::string_view> grammars;
    for (const Command& command : commands()) {
        EXPECT_TRUE(command.help.ends_with('.')) << command.grammar;
        EXPECT_NE(command.run, nullptr) << command.grammar;
        EXPECT_TRUE(grammars.insert(command.grammar).second) << command.grammar;
    }
    EXPECT_GE(grammars.size(), 30U);
}

TEST(TheCommandTable, is_understood_as_it_is_declared) {
    const Parser parser(commands(), [](auto, auto) { return std::vector<std::string>(); });
    for (const Command& command : commands()) {
        const Form shortest = forms_of(command.grammar).front();
        std::string line;
        for (const Token& token : shortest) {
            const auto all = choices_of(token);
            line += (all.empty() ? std::string(token.kind == TokenKind::number ? "1" : "word")
                                 : all.front())
                    + " ";
        }
        const auto parsed = parser.parse(line);
        ASSERT_TRUE(parsed) << parsed.error().message;
        EXPECT_EQ(parsed->command->grammar, command.grammar);
    }
}

// MT6D_SOURCE_ROOT comes from the build.
TEST(TheOperatingPage, names_each_command_with_its_help) {
    std::ifstream input(MT6D_SOURCE_ROOT "/docs/operating.md");
    const std::string page{std::istreambuf_iterator<char>(input), {}};
    for (const Command& command : commands()) {
        const std::string grammar(command.grammar);
        const auto at = page.find("\n" + grammar + " ");
        ASSERT_NE(at, page.npos) << grammar;
        const std::string line = page.substr(at + 1, page.find('\n', at + 1) - at - 1);
        EXPECT_TRUE(line.ends_with(command.help)) << line;
    }
}

} // namespace
} // namespace mt6d::shell
