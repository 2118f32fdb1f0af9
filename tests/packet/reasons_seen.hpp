// SPDX-License-Identifier: BSD-3-Clause
// Which reasons the gateways under test gave. A run of all tests fails if one is missing.
#pragma once

#include <mt6d/reason.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <string>

namespace mt6d::test {

inline std::set<Reason>& reasons_seen() {
    static std::set<Reason> seen;
    return seen;
}

class EachReasonSeen : public testing::Environment {
public:
    void TearDown() override {
        if (GTEST_FLAG_GET(filter) != "*" || std::getenv("GTEST_TOTAL_SHARDS") != nullptr) {
            return;
        }
        std::string missing;
        for (std::size_t i = 0; i < reason_count; ++i) {
            if (!reasons_seen().contains(static_cast<Reason>(i))) {
                missing += " " + std::string(reason_texts[i].symbol);
            }
        }
        EXPECT_EQ(missing, "") << "reasons that no test provoked";
    }
};

} // namespace mt6d::test
