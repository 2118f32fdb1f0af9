// SPDX-License-Identifier: BSD-3-Clause
// A list of routers on the bench; routers go by their number.
#pragma once

#include "control/router_list.hpp"
#include "tests/unit/router_support.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace mt6d::test {

class Routers : public testing::Test {
protected:
    void begin(RouterListSettings settings = {}) {
        list.emplace(std::move(settings), [] { return 0x80000000U; });
        list->advance(now);
    }
    void hear(const RouterInformation& information) { list->on_advertisement(information, now); }
    void reachable(std::uint8_t number) { list->set_reachable(router(number), true, now); }
    void unreachable(std::uint8_t number) { list->set_reachable(router(number), false, now); }
    // The last byte of the one in use; 0: none.
    [[nodiscard]] int used() const {
        return list->default_router() ? list->default_router()->bytes[15] : 0;
    }
    [[nodiscard]] std::vector<int> known() const {
        std::vector<int> all;
        for (const Router& known : list->routers()) {
            all.push_back(known.address.bytes[15]);
        }
        return all;
    }

    static constexpr std::uint8_t numbers[] = {1, 2, 3};
    std::optional<RouterList> list;
    std::int64_t now = 0;
};

} // namespace mt6d::test
