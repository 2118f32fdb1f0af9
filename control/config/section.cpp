// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/section.hpp"

#include "control/config/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mt6d::config {

Section::Section(const Value& value, std::string name, Diagnostics& diagnostics)
    : value_(value), name_(std::move(name)), diagnostics_(diagnostics) {
    if (value.kind == Value::Kind::scalar || value.kind == Value::Kind::sequence) {
        diagnostics_.error(
            value.at, fmt::format("{} must be a section of 'key: value' lines, and is a {}",
                                  name_.empty() ? "the file" : name_,
                                  value.kind == Value::Kind::scalar ? "single value" : "list"));
    }
}

Section::~Section() {
    for (const Entry& entry : value_.entries) {
        if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) {
            continue;
        }
        std::string help = suggestion(entry.key, known_);
        if (help.empty()) {
            help = fmt::format("; the keys here are {}", fmt::join(known_, ", "));
        }
        diagnostics_.error(entry.at, fmt::format("unknown key {}{}{}", quoted(entry.key),
                                                 name_.empty() ? "" : " in " + name_, help));
    }
}

std::string Section::path(std::string_view key) const {
    return name_.empty() ? std::string(key) : name_ + "." + std::string(key);
}

void Section::note_known(std::string_view key) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
        known_.push_back(key);
    }
}

const Value* Section::find(std::string_view key) {
    const bool asked_before = std::find(known_.begin(), known_.end(), key) != known_.end();
    note_known(key);
    const Entry* const entry = value_.find(key);
    if (entry == nullptr || entry->value.kind == Value::Kind::refused) {
        return nullptr;
    }
    if (entry->value.kind == Value::Kind::null) {
        if (!asked_before) {
            diagnostics_.error(
                entry->value.at,
                fmt::format("{} has no value: write one, or remove the key", path(key)));
        }
        return nullptr;
    }
    return &entry->value;
}

const Value* Section::require(std::string_view key, std::string_view example) {
    if (value_.find(key) == nullptr
        && (value_.kind == Value::Kind::mapping || value_.kind == Value::Kind::null)) {
        diagnostics_.error(value_.at,
                           fmt::format("{}key '{}' is missing: write {}: {}",
                                       name_.empty() ? "" : name_ + ": ", key, key, example));
    }
    return find(key);
}

std::optional<Located<std::string>> Section::text(std::string_view key, Quotes quotes) {
    const Value* const value = find(key);
    return value == nullptr ? std::nullopt : scalar_text(*value, path(key), quotes, diagnostics_);
}

const std::vector<Value>& Section::list(std::string_view key, std::string_view example) {
    static const std::vector<Value> none;
    const Value* const value = find(key);
    if (value == nullptr) {
        return none;
    }
    if (value->kind != Value::Kind::sequence) {
        diagnostics_.error(value->at,
                           fmt::format("{} must be a list: write {}: {}", path(key), key, example));
        return none;
    }
    return value->items;
}

std::optional<Located<std::string>> scalar_text(const Value& value, std::string_view what,
                                                Quotes quotes, Diagnostics& diagnostics) {
    switch (value.kind) {
    case Value::Kind::scalar:
        if (value.quoted && quotes == Quotes::refused) {
            diagnostics.error(value.at,
                              fmt::format("{} is text because of its quotes: remove them", what));
            return std::nullopt;
        }
        return Located<std::string>{value.text, value.at};
    case Value::Kind::refused:
        return std::nullopt;
    case Value::Kind::null:
        diagnostics.error(value.at, fmt::format("{} has no value: write one", what));
        return std::nullopt;
    case Value::Kind::sequence:
    case Value::Kind::mapping:
        break;
    }
    diagnostics.error(value.at,
                      fmt::format("{} must be a single value, and is a {}", what,
                                  value.kind == Value::Kind::sequence ? "list" : "section"));
    return std::nullopt;
}

} // namespace mt6d::config
