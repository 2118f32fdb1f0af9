// SPDX-License-Identifier: BSD-3-Clause
// `set log LEVEL AREA` offers the areas that the gateway speaks of, and no others.
#include "control/log_levels.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace mt6d {
namespace {

std::set<std::string> areas_of_the_code() {
    const std::regex call(
        R"re(log::(?:debug|info|warning|error|write)\(\s*(?:[^",]+,\s*)?\{?"([a-z]+)")re");
    std::set<std::string> found;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(MT6D_SOURCE_ROOT "/control")) {
        if (entry.path().extension() == ".cpp") {
            std::ifstream input(entry.path());
            const std::string code{std::istreambuf_iterator<char>(input), {}};
            for (std::sregex_iterator at(code.begin(), code.end(), call), end; at != end; ++at) {
                found.insert((*at)[1]);
            }
        }
    }
    found.insert("log"); // control/log.cpp is in the namespace itself
    return found;
}

TEST(AreasOfTheLog, are_those_of_the_code) {
    EXPECT_EQ(areas_of_the_code(), std::set<std::string>(log::areas.begin(), log::areas.end()));
}

} // namespace
} // namespace mt6d
