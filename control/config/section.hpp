// SPDX-License-Identifier: BSD-3-Clause
// A cursor over one mapping of the YAML tree. Every key that is asked for is known; what remains
// when the reader is done is reported as unknown, so readers and key lists cannot drift apart.
#pragma once

#include "control/config/diagnostics.hpp"
#include "control/config/yaml_tree.hpp"

#include <mt6d/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace mt6d::config {

// May the value stand in quotes? Then it is text and no number, duration or truth value.
enum class Quotes { allowed, refused };

class Section {
public:
    // `name` is the section as messages call it: "external", or "" for the whole file.
    Section(const Value& value, std::string name, Diagnostics& diagnostics);
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;
    ~Section(); // reports unknown keys

    [[nodiscard]] Position at() const { return value_.at; }
    [[nodiscard]] Diagnostics& diagnostics() const { return diagnostics_; }
    // `key` as messages call it: "external.mtu".
    [[nodiscard]] std::string path(std::string_view key) const;

    [[nodiscard]] bool has(std::string_view key) const { return value_.find(key) != nullptr; }
    // The value of `key`; nothing if it is absent, or wrong and reported.
    const Value* find(std::string_view key);
    // The same; reports an absent key, with `example` as what to write.
    const Value* require(std::string_view key, std::string_view example);

    std::optional<Located<std::string>> text(std::string_view key, Quotes quotes = Quotes::allowed);
    // The items of a list; an absent list has none. `example` is a list that would be right.
    const std::vector<Value>& list(std::string_view key, std::string_view example);

    // parse(text) -> Result<T>; its error is reported at the value. A plain number or truth value
    // in quotes is a mistake; one with a unit, or a word, is not.
    template <class Parse>
    using ParsedBy = std::remove_cvref_t<decltype(*std::declval<Parse>()(std::string_view{}))>;
    template <class Parse>
    auto scalar(std::string_view key, Parse parse, Quotes quotes = quotes_for<ParsedBy<Parse>>()) {
        return parsed<ParsedBy<Parse>>(text(key, quotes), key, parse);
    }
    template <class Parse>
    auto required_scalar(std::string_view key, std::string_view example, Parse parse) {
        require(key, example);
        return scalar(key, parse);
    }
    // Stores the value of `key` in `target`, if there is one.
    template <class T, class Parse>
    void read(std::string_view key, T& target, Parse parse,
              Quotes quotes = quotes_for<ParsedBy<Parse>>()) {
        if (auto value = scalar(key, parse, quotes)) {
            target = std::move(value->value);
        }
    }

private:
    template <class T>
    static constexpr Quotes quotes_for() {
        return std::is_arithmetic_v<T> ? Quotes::refused : Quotes::allowed;
    }
    template <class T, class Parse>
    std::optional<Located<T>> parsed(const std::optional<Located<std::string>>& text,
                                     std::string_view key, Parse parse) {
        if (!text) {
            return std::nullopt;
        }
        auto result = parse(std::string_view(text->value));
        if (!result) {
            diagnostics_.error(text->at, path(key) + ": " + result.error().message);
            return std::nullopt;
        }
        return Located<T>{*std::move(result), text->at};
    }
    void note_known(std::string_view key);

    const Value& value_;
    std::string name_;
    Diagnostics& diagnostics_;
    std::vector<std::string_view> known_;
};

// The text of a scalar; reports anything else. `what` names the value in the message.
std::optional<Located<std::string>> scalar_text(const Value& value, std::string_view what,
                                                Quotes quotes, Diagnostics& diagnostics);

} // namespace mt6d::config
