// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/overrides.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace mt6d::config {

namespace {

std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> parts;
    for (;;) {
        const auto dot = path.find('.');
        parts.emplace_back(path.substr(0, dot));
        if (dot == std::string_view::npos) {
            return parts;
        }
        path.remove_prefix(dot + 1);
    }
}

Value* item_at(Value& list, std::string_view index) {
    std::size_t i = 0;
    const auto parsed = std::from_chars(index.data(), index.data() + index.size(), i);
    const bool good = parsed.ec == std::errc{} && parsed.ptr == index.data() + index.size();
    return good && i < list.items.size() ? &list.items[i] : nullptr;
}

// The value that `key` names within `parent`, made if need be; null if that cannot be.
Value* descend(Value& parent, const std::string& key, Position at, Diagnostics& diagnostics) {
    if (parent.kind == Value::Kind::sequence) {
        Value* const item = item_at(parent, key);
        if (item == nullptr) {
            diagnostics.error(at, fmt::format("{} is no item of this list: write its number, 0 "
                                              "to {}",
                                              quoted(key),
                                              parent.items.empty() ? 0 : parent.items.size() - 1));
        }
        return item;
    }
    if (parent.kind == Value::Kind::scalar) {
        diagnostics.error(at, fmt::format("{} lies within a single value, not a section: shorten "
                                          "the key",
                                          quoted(key)));
        return nullptr;
    }
    if (parent.kind == Value::Kind::null) {
        parent.kind = Value::Kind::mapping;
        parent.at = at;
    }
    if (Entry* const entry = parent.find(key)) {
        return &entry->value;
    }
    parent.entries.push_back({key, at, Value{}});
    parent.entries.back().value.at = at;
    return &parent.entries.back().value;
}

void apply(Value& root, const std::string& key, const std::string& text, Position at,
           Diagnostics& diagnostics) {
    const auto path = split(key);
    if (std::find(path.begin(), path.end(), "") != path.end()) {
        diagnostics.error(at, "an empty part in the key: write it like internal.device");
        return;
    }
    auto value = parse_yaml_value(text, at, diagnostics);
    if (!value) {
        return;
    }
    if (value->kind == Value::Kind::mapping) {
        diagnostics.error(at, "the value is a section: set its keys one by one");
        return;
    }
    Value* target = &root;
    for (const std::string& part : path) {
        target = descend(*target, part, at, diagnostics);
        if (target == nullptr) {
            return;
        }
    }
    *target = *std::move(value);
    target->at = at;
}

} // namespace

void apply_overrides(Value& root, const std::vector<std::string>& overrides,
                     Diagnostics& diagnostics) {
    for (const std::string& override_option : overrides) {
        const auto equals = override_option.find('=');
        const std::string key = override_option.substr(0, equals);
        const Position at = diagnostics.add_override(key);
        if (equals == std::string::npos || key.empty()) {
            diagnostics.error(at, "not of the form KEY=VALUE: write it like "
                                  "--set defaults.rotation=2s");
            continue;
        }
        apply(root, key, override_option.substr(equals + 1), at, diagnostics);
    }
}

} // namespace mt6d::config
