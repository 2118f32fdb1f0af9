// SPDX-License-Identifier: BSD-3-Clause
// What the documentation points to is there: files, headings, and the tests of docs/compliance.md.
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d {
namespace {

namespace fs = std::filesystem;

const fs::path root = MT6D_SOURCE_ROOT; // comes from the build

std::string content(const fs::path& file) {
    std::ifstream input(file);
    if (!input) {
        throw std::runtime_error("cannot read " + file.string());
    }
    return {std::istreambuf_iterator<char>(input), {}};
}

std::vector<fs::path> pages() {
    std::vector<fs::path> found{root / "README.md"};
    for (const auto& entry : fs::directory_iterator(root / "docs")) {
        if (entry.path().extension() == ".md") {
            found.push_back(entry.path());
        }
    }
    return found;
}

// The first group of every match.
std::vector<std::string> matches(const std::string& text, const char* pattern) {
    const std::regex expression(pattern);
    std::vector<std::string> found;
    for (auto at = std::sregex_iterator(text.begin(), text.end(), expression);
         at != std::sregex_iterator(); ++at) {
        found.push_back((*at)[1]);
    }
    return found;
}

// What a browser's "#..." of a heading is: lower case, spaces to hyphens, no punctuation.
std::set<std::string> anchors(const std::string& page) {
    std::set<std::string> found;
    for (const std::string& heading : matches("\n" + page, "\n#+ ([^\n]*)")) {
        std::string anchor;
        for (const char c : heading) {
            if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-') {
                anchor += static_cast<char>(std::tolower(c));
            } else if (c == ' ') {
                anchor += '-';
            }
        }
        found.insert(anchor);
    }
    return found;
}

// All test files of one kind in one text.
std::string sources(std::initializer_list<const char*> folders, std::string_view extension) {
    std::string text;
    for (const char* folder : folders) {
        for (const auto& entry : fs::directory_iterator(root / "tests" / folder)) {
            if (entry.path().extension() == extension) {
                text += content(entry.path());
            }
        }
    }
    return text;
}

TEST(Documentation, links_lead_to_files_and_headings_that_exist) {
    for (const fs::path& page : pages()) {
        for (const std::string& link : matches(content(page), R"(\]\(([^)\s]+)\))")) {
            if (link.find("://") != link.npos) {
                continue;
            }
            const auto hash = link.find('#');
            const std::string file = link.substr(0, hash);
            const fs::path target = file.empty() ? page : page.parent_path() / file;
            EXPECT_TRUE(fs::exists(target)) << page << " links to " << link;
            if (hash != link.npos && fs::exists(target)) {
                EXPECT_TRUE(anchors(content(target)).contains(link.substr(hash + 1)))
                    << page << " links to " << link;
            }
        }
    }
}

TEST(Documentation, names_files_that_exist) {
    for (const fs::path& page : pages()) {
        for (const std::string& file : matches(
                 content(page),
                 R"(`((?:include|dataplane|control|conf|tools|tests|docs)/[A-Za-z0-9_./-]*)`)")) {
            EXPECT_TRUE(fs::exists(root / file)) << page << " names " << file;
        }
    }
}

TEST(CompliancePage, names_tests_that_exist) {
    const std::string page = content(root / "docs" / "compliance.md");
    // A long definition stands on two lines.
    const std::string code =
        std::regex_replace(sources({"unit", "packet"}, ".cpp"), std::regex(R"(,\s+)"), ".");
    const auto defined = matches(code, R"(\nTEST(?:_F|_P)?\((\w+\.\w+)\))");
    const std::set<std::string> tests(defined.begin(), defined.end());
    const auto cited = matches(page, R"(`([A-Z]\w+\.\w+)`)");
    EXPECT_GT(cited.size(), 50U);
    for (const std::string& name : cited) {
        EXPECT_TRUE(tests.contains(name)) << name;
    }
    const auto functions = matches(sources({"lab", "unit"}, ".py"), R"(\ndef (test_\w+)\()");
    const std::set<std::string> python(functions.begin(), functions.end());
    for (const std::string& name : matches(page, R"(`(test_\w+)`)")) {
        EXPECT_TRUE(python.contains(name)) << name;
    }
}

// A rule without a test is not shown; one that asks nothing of a gateway says why.
TEST(CompliancePage, names_a_test_for_every_rule_that_applies) {
    for (const std::string& row :
         matches(content(root / "docs" / "compliance.md"), R"(\n(\| [^\n]*))")) {
        if (row.starts_with("| rule |") || row.starts_with("| property |")) {
            continue;
        }
        const std::string shown = row.substr(row.find(" | ") + 3);
        EXPECT_TRUE(shown.find('`') != shown.npos || shown.starts_with("Does not apply: ")) << row;
    }
}

} // namespace
} // namespace mt6d
