// SPDX-License-Identifier: BSD-3-Clause
// What is wrong with a configuration, and where. All problems are collected, then told in one go.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::config {

struct Diagnostic {
    std::string where; // "file:line:column", "file" (it could not be read), or "--set KEY"
    std::string message;

    [[nodiscard]] std::string text() const { return where + ": " + message; }
};

enum class Origin : std::uint8_t { file, streams_file, override_option };
inline constexpr std::size_t origin_count = 3;

// Lines and columns count from 1; line 0 means the file as a whole. For an override, `line` is its
// number on the command line and `column` is unused.
struct Position {
    Origin origin = Origin::file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;

    friend constexpr auto operator<=>(const Position&, const Position&) = default;
};

template <class T>
struct Located {
    T value;
    Position at;
};

class Diagnostics {
public:
    // More than this many messages about one file help nobody: the rest is counted.
    static constexpr std::size_t most_printed = 50;

    explicit Diagnostics(std::string file) { files_[0] = std::move(file); }

    void set_streams_file(std::string file) { files_[1] = std::move(file); }
    // Returns the position of everything that the override `key` sets.
    Position add_override(std::string key);

    void error(Position at, std::string message) { add(errors_, at, std::move(message)); }
    void warning(Position at, std::string message) { add(warnings_, at, std::move(message)); }
    // For what may hold in many places: said at the first of them.
    void warn_once(Position at, std::string_view message);

    [[nodiscard]] bool failed() const { return !errors_.entries.empty(); }
    [[nodiscard]] std::string where(Position at) const;
    // Sorted by position.
    [[nodiscard]] std::vector<Diagnostic> errors() const { return sorted(errors_); }
    [[nodiscard]] std::vector<Diagnostic> warnings() const { return sorted(warnings_); }

private:
    struct List {
        std::vector<Located<std::string>> entries;
        std::array<std::size_t, origin_count> counts{};
    };

    static void add(List& list, Position at, std::string message);
    [[nodiscard]] std::vector<Diagnostic> sorted(const List& list) const;

    std::array<std::string, 2> files_; // indexed by Origin
    std::vector<std::string> overrides_;
    List errors_;
    List warnings_;
};

// The user's text as a message may show it: quoted, short, without control characters, and without
// anything that could be a key in the wrong place.
std::string quoted(std::string_view text);

} // namespace mt6d::config
