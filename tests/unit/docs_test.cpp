// SPDX-License-Identifier: BSD-3-Clause
// docs/counters.md says of each drop reason what include/mt6d/reason.hpp says, and of no other; so
// does docs/troubleshooting.md of refused messages of key exchange.
#include "control/exchange/key_refusal.hpp"

#include <mt6d/reason.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mt6d {
namespace {

using Lines = std::vector<std::string>;

// MT6D_SOURCE_ROOT comes from the build: the folder.
Lines page(const std::string& name) {
    const std::string path = MT6D_SOURCE_ROOT "/docs/" + name;
    std::ifstream input(path);
    Lines lines;
    for (std::string line; std::getline(input, line);) {
        lines.push_back(line);
    }
    if (lines.empty()) {
        throw std::runtime_error("cannot read " + path);
    }
    return lines;
}

std::string trim(std::string_view text) {
    const auto first = text.find_first_not_of(' ');
    return first == text.npos
               ? ""
               : std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

// "| a | b |": a and b.
std::vector<std::string> cells(const std::string& row) {
    std::vector<std::string> found;
    std::istringstream rest(row.substr(1));
    for (std::string cell; std::getline(rest, cell, '|');) {
        found.push_back(trim(cell));
    }
    return found;
}

// The lines from one heading to the next of its level or above it.
Lines section(const Lines& lines, const std::string& heading) {
    const auto begin = std::find(lines.begin(), lines.end(), heading);
    if (begin == lines.end()) {
        throw std::runtime_error("docs/ has no " + heading);
    }
    const std::string level = heading.substr(0, heading.find(' ') + 1);
    const auto end = std::find_if(begin + 1, lines.end(), [&](const std::string& line) {
        return line.starts_with(level) || line.starts_with(level.substr(1));
    });
    return {begin + 1, end};
}

// Each "`symbol` · kind · sentence", as the page and the header have them.
std::string entry(const std::string& symbol, const std::string& kind, const std::string& sentence) {
    return symbol + " · " + kind + " · " + sentence;
}

std::vector<std::string> documented_reasons() {
    std::vector<std::string> found;
    for (const std::string& line : section(page("counters.md"), "## Reasons")) {
        if (line.starts_with("| `")) {
            const auto row = cells(line);
            found.push_back(row.size() < 4 ? line : entry(row[0], row[1], row[2]));
        }
    }
    return found;
}

std::vector<std::string> reasons_of_the_code() {
    std::vector<std::string> found;
    for (const ReasonText& reason : reason_texts) {
        found.push_back(entry("`" + std::string(reason.symbol) + "`",
                              reason.kind == ReasonKind::drop ? "drop" : "consumed",
                              std::string(reason.sentence)));
    }
    return found;
}

// What one has and the other has not, a line each.
std::string missing_from(const std::vector<std::string>& wanted,
                         const std::vector<std::string>& there) {
    std::string missing;
    for (const std::string& line : wanted) {
        if (std::find(there.begin(), there.end(), line) == there.end()) {
            missing += line + "\n";
        }
    }
    return missing;
}

// Words of letters and underscores in the drawing.
std::multiset<std::string> drawn_words() {
    const auto drawing = section(page("counters.md"), "## On the packet's way");
    std::multiset<std::string> words;
    bool inside = false;
    for (const std::string& line : drawing) {
        if (line.starts_with("```")) {
            inside = !inside;
            continue;
        }
        std::string word;
        for (const char c : inside ? line + " " : "") {
            const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
            if (letter) {
                word += c;
            } else if (!word.empty()) {
                words.insert(std::exchange(word, {}));
            }
        }
    }
    return words;
}

TEST(CountersPage, has_every_reason_with_its_kind_and_sentence) {
    EXPECT_EQ(missing_from(reasons_of_the_code(), documented_reasons()), "");
}

TEST(CountersPage, has_no_reason_that_the_code_has_not) {
    EXPECT_EQ(missing_from(documented_reasons(), reasons_of_the_code()), "");
}

TEST(CountersPage, has_each_reason_once) {
    const auto documented = documented_reasons();
    const std::set<std::string> distinct(documented.begin(), documented.end());
    EXPECT_EQ(documented.size(), distinct.size());
}

TEST(CountersPage, draws_every_reason) {
    const auto words = drawn_words();
    for (const ReasonText& reason : reason_texts) {
        EXPECT_TRUE(words.contains(std::string(reason.symbol))) << reason.symbol;
    }
}

TEST(CountersPage, draws_no_reason_that_the_code_has_not) {
    for (const std::string& word : drawn_words()) {
        const bool known =
            std::any_of(reason_texts.begin(), reason_texts.end(),
                        [&](const ReasonText& reason) { return reason.symbol == word; });
        EXPECT_TRUE(known || word.find('_') == word.npos) << word;
    }
}

TEST(TroubleshootingPage, has_every_reason_to_refuse_a_key_message_and_no_other) {
    std::vector<std::string> documented;
    for (const std::string& line :
         section(page("troubleshooting.md"), "### Keys are not replaced")) {
        if (line.starts_with("| `") && !line.starts_with("| `refused`")) {
            const auto row = cells(line);
            documented.push_back(row.size() < 3 ? line : entry(row[0], "refused", row[1]));
        }
    }
    std::vector<std::string> of_the_code;
    for (const KeyRefusalText& refusal : key_refusal_texts) {
        of_the_code.push_back(entry("`" + std::string(refusal.symbol) + "`", "refused",
                                    std::string(refusal.sentence)));
    }
    EXPECT_EQ(documented, of_the_code);
}

} // namespace
} // namespace mt6d
