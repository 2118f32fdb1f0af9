// SPDX-License-Identifier: BSD-3-Clause
// A command's grammar, and what is said of a line that fits none.
#include "control/shell/choices.hpp"
#include "control/shell/explain.hpp"
#include "control/shell/grammar.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace mt6d::shell {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> forms(std::string_view grammar) {
    std::vector<std::string> texts;
    for (const Form& form : forms_of(grammar)) {
        std::string text;
        for (const Token& token : form) {
            text += (text.empty() ? "" : " ") + token.name;
        }
        texts.push_back(text);
    }
    return texts;
}

TEST(Grammar, of_keywords_alone_has_one_form) {
    EXPECT_THAT(forms("show port info"), ElementsAre("show port info"));
}

TEST(Grammar, has_a_form_without_and_one_with_what_stands_in_brackets) {
    EXPECT_THAT(forms("show streams [STREAM]"), ElementsAre("show streams", "show streams STREAM"));
    EXPECT_THAT(forms("watch [SECONDS] COMMAND"),
                ElementsAre("watch COMMAND", "watch SECONDS COMMAND"));
}

TEST(Grammar, has_a_form_for_each_combination_of_brackets) {
    EXPECT_THAT(forms("add COUNT [port PORT] [stream STREAM]"),
                ElementsAre("add COUNT", "add COUNT port PORT", "add COUNT stream STREAM",
                            "add COUNT port PORT stream STREAM"));
}

TEST(Grammar, knows_kinds_by_their_names) {
    const Form form = forms_of("set stats-period SECONDS").front();
    EXPECT_EQ(form[2].kind, TokenKind::number);
    EXPECT_EQ(form[2].most, 86400U);
    EXPECT_EQ(forms_of("rekey STREAM").front()[1].kind, TokenKind::stream);
}

TEST(Grammar, dies_of_a_kind_that_there_is_not) {
    EXPECT_DEATH(forms_of("show WHATEVER"), "");
}

TEST(Tokens, take_what_is_of_their_kind_and_nothing_else) {
    const auto token = [](const char* name) { return forms_of(name).front().front(); };
    EXPECT_TRUE(fits(token("SECONDS"), "0"));
    EXPECT_TRUE(fits(token("SECONDS"), "86400"));
    for (const char* const word : {"", "-1", "01", "86401", "1s", "99999999999999999999"}) {
        EXPECT_FALSE(fits(token("SECONDS"), word)) << word;
    }
    EXPECT_TRUE(fits(token("PORT"), "internal"));
    EXPECT_FALSE(fits(token("PORT"), "inside"));
    EXPECT_TRUE(fits(token("LEVEL"), "warning"));
    EXPECT_TRUE(fits(token("REASON"), "cipher_tag"));
    EXPECT_FALSE(fits(token("REASON"), "cipher"));
    EXPECT_TRUE(fits(token("COMMAND"), "show streams"));
    EXPECT_FALSE(fits(token("COMMAND"), "5 show")) << "a number before it is another token's";
}

std::string wrong(std::string_view line) {
    std::vector<Form> all;
    for (const char* const grammar :
         {"show streams [STREAM]", "show port info [PORT]", "quit", "set stats-period SECONDS"}) {
        for (Form& form : forms_of(grammar)) {
            all.push_back(std::move(form));
        }
    }
    return what_is_wrong(line, all).message;
}

TEST(AWrongLine, is_told_the_word_what_was_expected_and_what_is_near) {
    EXPECT_EQ(wrong("shwo"),
              "'shwo' is not understood: expected quit, set, show; did you mean 'show'?");
    EXPECT_EQ(wrong("show prot info"),
              "show: 'prot' is not understood: expected port, streams; did you mean 'port'?");
    EXPECT_EQ(wrong("set stats-period soon"),
              "set stats-period: 'soon' is not understood: expected SECONDS (a number of seconds, "
              "0 to 86400)");
}

TEST(AWrongLine, that_ends_too_soon_is_told_what_may_follow) {
    EXPECT_EQ(wrong("show"), "show: more is expected: port, streams");
    EXPECT_EQ(wrong("show # streams"), "show: more is expected: port, streams");
}

TEST(AWrongLine, that_goes_on_too_long_is_told_so) {
    EXPECT_EQ(wrong("quit now"), "quit: 'now' is too much: the command ends before it");
}

TEST(AWrongLine, is_shown_without_what_a_terminal_would_act_on) {
    EXPECT_THAT(wrong("\x1b[2Jshow"), HasSubstr("'\\x1b[2Jshow'"));
    EXPECT_THAT(wrong(std::string(500, 'x')), HasSubstr("x…'"));
}

} // namespace
} // namespace mt6d::shell
