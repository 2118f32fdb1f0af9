// SPDX-License-Identifier: BSD-3-Clause
// YAML as a plain tree of positions and uninterpreted text. It is built from yaml-cpp's events and
// not from its nodes, which drop repeated keys in silence, guess types and expand aliases.
#pragma once

#include "control/config/diagnostics.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::config {

struct Entry;

struct Value {
    enum class Kind {
        null,
        scalar,
        sequence,
        mapping,
        refused // a problem that has been reported: say no more about it
    };

    Kind kind = Kind::null;
    bool quoted = false; // a scalar in quotes is text, never a number
    Position at;
    std::string text;           // of a scalar
    std::vector<Value> items;   // of a sequence
    std::vector<Entry> entries; // of a mapping

    [[nodiscard]] const Entry* find(std::string_view key) const;
    [[nodiscard]] Entry* find(std::string_view key);
};

struct Entry {
    std::string key;
    Position at; // of the key
    Value value;
};

// The root of the only document in `text`. Syntax errors, repeated keys, aliases, anchors, tags
// and further documents are reported; without a tree to go on with, returns nothing.
std::optional<Value> parse_yaml(std::string_view text, Diagnostics& diagnostics);

// The same for the value of an override, all of it located at `at`.
std::optional<Value> parse_yaml_value(const std::string& text, Position at,
                                      Diagnostics& diagnostics);

} // namespace mt6d::config
