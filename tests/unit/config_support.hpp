// SPDX-License-Identifier: BSD-3-Clause
// A good configuration, and changes to it.
#pragma once

#include "control/config/loader.hpp"
#include "tests/unit/memory_files.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace mt6d::config {

// The numbers of its lines stand in the messages that the tests expect.
inline constexpr std::string_view good_yaml = R"(internal:
  device: net_tap0
external:
  device: net_null0
  on_link: [2001:db8:1::/64]
  default_router: fe80::1
hosts:
  - name: alice
    address: 2001:db8:1::a
    mac: 02:00:00:00:00:0a
  - name: bob
    address: 2001:db8:2::b
    mac: 02:00:00:00:00:0b
streams:
  - local: alice
    remote: bob
    key_file: ab.key
)";

inline constexpr std::string_view good_key =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

inline void add_good_files(MemoryFiles& files) {
    files.texts["etc/ab.key"] = std::string(good_key) + "\n";
}

// `text` with its only `from` replaced by `to`.
inline std::string changed(std::string text, std::string_view from, std::string_view to) {
    const auto found = text.find(from);
    EXPECT_NE(found, std::string::npos) << from;
    EXPECT_EQ(text.find(from, found + 1), std::string::npos) << from << " stands there twice";
    return found == std::string::npos ? text : text.replace(found, from.size(), to);
}

inline std::vector<std::string> texts(const std::vector<Diagnostic>& diagnostics) {
    std::vector<std::string> result;
    for (const Diagnostic& diagnostic : diagnostics) {
        result.push_back(diagnostic.text());
    }
    return result;
}

inline std::vector<std::string> errors_of(const std::string& yaml,
                                          const std::vector<std::string>& overrides = {}) {
    MemoryFiles files;
    add_good_files(files);
    const Loaded loaded = load_text(yaml, "etc/c.yaml", overrides, files);
    EXPECT_EQ(loaded.config.has_value(), loaded.errors.empty());
    return texts(loaded.errors);
}

} // namespace mt6d::config
