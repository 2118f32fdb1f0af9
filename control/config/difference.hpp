// SPDX-License-Identifier: BSD-3-Clause
// How a configuration differs from the one in force, and what each difference takes. Pure.
#pragma once

#include "control/config/config.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::config {

struct Difference {
    // A key beside streams.
    struct Setting {
        std::string_view key;
        std::string before;
        std::string after;
    };
    // A stream whose options differ; its two hosts are what makes it the same stream.
    struct Changed {
        std::size_t before; // among those in force
        std::size_t after;  // among those of the new configuration
        std::vector<std::string_view> options;
    };
    std::vector<Setting> need_restart;
    std::vector<Setting> settings; // take effect at once
    std::vector<std::size_t> added;
    std::vector<Changed> anew;    // removed and added
    std::vector<Changed> altered; // goes on: keys, counters, epoch
    std::vector<std::size_t> removed;
    std::size_t unchanged = 0;

    [[nodiscard]] bool empty() const {
        return need_restart.empty() && settings.empty() && added.empty() && anew.empty()
               && altered.empty() && removed.empty();
    }
};

Difference difference(const Config& running, std::span<const StreamPtr> streams,
                      const Config& next);

// Keys as the file has them.
std::vector<std::string_view> keys_that_need_a_restart();
std::vector<std::string_view> keys_that_take_effect_at_once();
std::vector<std::string_view> stream_options_that_alter();
std::vector<std::string_view> stream_options_that_begin_anew();

} // namespace mt6d::config
