// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/stream_options.hpp"

#include "control/config/scalars.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mt6d::config {

namespace {

template <class T, class Target>
Result<> store(Result<T> parsed, Target& target) {
    if (!parsed) {
        return std::move(parsed).error();
    }
    target = static_cast<typename Target::value_type>(*parsed);
    return {};
}

template <class T>
Result<> store_located(const Result<T>& parsed, Position at, std::optional<Located<T>>& target) {
    if (!parsed) {
        return parsed.error();
    }
    target = Located<T>{*parsed, at};
    return {};
}

struct Option {
    std::string_view name;
    Quotes quotes;
    Result<> (*set)(StreamOptionsDraft&, std::string_view, Position);
};

using Draft = StreamOptionsDraft;
using Text = std::string_view;

constexpr std::array options{
    Option{"rotation", Quotes::allowed,
           [](Draft& d, Text t, Position at) {
               return store_located(parse_rotation(t), at, d.rotation);
           }},
    Option{"lifetime", Quotes::allowed,
           [](Draft& d, Text t, Position at) {
               return store_located(parse_seconds(t), at, d.lifetime);
           }},
    Option{"hash", Quotes::allowed,
           [](Draft& d, Text t, Position) { return store(parse_hash(t), d.hash); }},
    Option{
        "cipher", Quotes::allowed,
        [](Draft& d, Text t, Position at) { return store_located(parse_cipher(t), at, d.cipher); }},
    Option{"flow_labels", Quotes::refused,
           [](Draft& d, Text t, Position) { return store(parse_boolean(t), d.flow_labels); }},
    Option{
        "accept_zero_checksum", Quotes::refused,
        [](Draft& d, Text t, Position) { return store(parse_boolean(t), d.accept_zero_checksum); }},
    Option{"lower_mss", Quotes::refused,
           [](Draft& d, Text t, Position) { return store(parse_boolean(t), d.lower_mss); }},
    Option{"copy_dscp", Quotes::refused,
           [](Draft& d, Text t, Position) { return store(parse_boolean(t), d.copy_dscp); }},
    // The key states of docs/protocol.md, section 9, take the three ports that follow.
    Option{
        "base_port", Quotes::refused,
        [](Draft& d, Text t, Position) { return store(parse_number(t, 1, 65532), d.base_port); }},
    Option{"rekey.method", Quotes::allowed,
           [](Draft& d, Text t, Position) { return store(parse_key_method(t), d.rekey_method); }},
    Option{"rekey.interval", Quotes::allowed,
           [](Draft& d, Text t, Position at) {
               return store_located(parse_seconds(t), at, d.rekey_interval);
           }},
    Option{"rekey.window", Quotes::allowed,
           [](Draft& d, Text t, Position at) {
               return store_located(parse_seconds(t), at, d.rekey_window);
           }},
};
// A section of their own: in a file of streams, and on the command line, the name is as above.
constexpr std::string_view rekey_section = "rekey";
constexpr std::string_view rekey_prefix = "rekey.";

constexpr auto option_names = [] {
    std::array<std::string_view, options.size()> names{};
    std::transform(options.begin(), options.end(), names.begin(),
                   [](const Option& option) { return option.name; });
    return names;
}();

constexpr std::uint32_t default_lifetime_rotations = 3;

constexpr std::string_view legacy_cipher =
    "aes-256-cbc is a legacy cipher: packets are not authenticated, so that who is on the path can "
    "change what a host receives and repeat it; write aes-256-gcm unless the peer has nothing "
    "better";

std::string lifetime_problem(std::uint32_t lifetime, std::uint32_t rotation) {
    if (lifetime % rotation == 0 && lifetime / rotation >= 2
        && lifetime / rotation <= max_live_routes) {
        return "";
    }
    const std::string fact = lifetime % rotation != 0 ? "is no multiple of"
                             : lifetime / rotation >= 2
                                 ? fmt::format("is more than {} times", max_live_routes)
                                 : "is less than twice";
    const std::uint32_t rounded = lifetime / rotation + (lifetime % rotation != 0 ? 1 : 0);
    const std::uint32_t times = std::clamp(rounded, 2U, max_live_routes);
    return fmt::format("lifetime {}s {} the rotation time {}s: write lifetime: {}s, or another "
                       "multiple of {}s from {}s",
                       lifetime, fact, rotation, times * rotation, rotation, 2 * rotation);
}

void read_options(Section& section, std::string_view prefix, StreamOptionsDraft& draft) {
    for (const Option& option : options) {
        if (prefix.empty() ? option.name.starts_with(rekey_prefix)
                           : !option.name.starts_with(prefix)) {
            continue;
        }
        const std::string_view key = option.name.substr(prefix.size());
        const auto text = section.text(key, option.quotes);
        if (!text) {
            continue;
        }
        if (const auto set = option.set(draft, text->value, text->at); !set) {
            section.diagnostics().error(text->at, section.path(key) + ": " + set.error().message);
        }
    }
}

constexpr std::uint32_t shortest_rekey_interval = 10;

// The interval has to be longer than what a change takes.
Rekey resolve_rekey(const StreamOptionsDraft& draft, const StreamOptionsDraft& defaults,
                    std::uint32_t lifetime, Diagnostics& diagnostics) {
    Rekey result;
    result.method = draft.rekey_method.value_or(defaults.rekey_method.value_or(result.method));
    const auto& interval = draft.rekey_interval ? draft.rekey_interval : defaults.rekey_interval;
    const auto& window = draft.rekey_window ? draft.rekey_window : defaults.rekey_window;
    const std::uint32_t shortest = std::max(shortest_rekey_interval, lifetime);
    result.interval = interval ? interval->value : std::max(result.interval, shortest);
    result.window = window ? window->value : std::min(result.window, result.interval / 2);
    if ((draft.rekey_interval || draft.lifetime || draft.rotation) && interval
        && result.interval < shortest) {
        diagnostics.error(interval->at,
                          fmt::format("rekey.interval {}s is too short: a change of keys takes "
                                      "a lifetime of routes: write {}s or more",
                                      result.interval, shortest));
    }
    if ((draft.rekey_window || draft.rekey_interval) && window
        && result.window > result.interval / 2) {
        diagnostics.error(window->at, fmt::format("rekey.window {}s is more than half of the "
                                                  "interval: write at most {}s",
                                                  result.window, result.interval / 2));
    }
    return result;
}

} // namespace

std::span<const std::string_view> stream_option_names() {
    return option_names;
}

Result<> set_stream_option(StreamOptionsDraft& draft, std::string_view name, std::string_view text,
                           Position at) {
    const auto option = std::find_if(options.begin(), options.end(),
                                     [name](const Option& o) { return o.name == name; });
    return option->set(draft, text, at);
}

StreamOptionsDraft read_stream_options(Section& section) {
    StreamOptionsDraft draft;
    read_options(section, "", draft);
    if (const Value* const rekey = section.find(rekey_section)) {
        Section inner(*rekey, section.path(rekey_section), section.diagnostics());
        read_options(inner, rekey_prefix, draft);
    }
    return draft;
}

StreamOptions resolve(const StreamOptionsDraft& draft, const StreamOptionsDraft& defaults,
                      Diagnostics& diagnostics) {
    StreamOptions result;
    const auto& rotation = draft.rotation ? draft.rotation : defaults.rotation;
    const auto& lifetime = draft.lifetime ? draft.lifetime : defaults.lifetime;
    result.rotation = rotation ? rotation->value : result.rotation;
    result.lifetime = lifetime ? lifetime->value : default_lifetime_rotations * result.rotation;
    if (draft.rotation || draft.lifetime) {
        const std::string problem = lifetime_problem(result.lifetime, result.rotation);
        if (!problem.empty()) {
            // Where this stream speaks; a lifetime of `defaults` may fit all other streams.
            diagnostics.error(draft.lifetime ? draft.lifetime->at : draft.rotation->at, problem);
        }
    }
    const StreamOptions built_in;
    result.hash = draft.hash.value_or(defaults.hash.value_or(built_in.hash));
    const auto& cipher = draft.cipher ? draft.cipher : defaults.cipher;
    result.cipher = cipher ? cipher->value : built_in.cipher;
    if (draft.cipher && result.cipher == Cipher::aes_256_cbc) {
        diagnostics.warn_once(draft.cipher->at, legacy_cipher);
    }
    result.flow_labels =
        draft.flow_labels.value_or(defaults.flow_labels.value_or(built_in.flow_labels));
    result.accept_zero_checksum = draft.accept_zero_checksum.value_or(
        defaults.accept_zero_checksum.value_or(built_in.accept_zero_checksum));
    result.lower_mss = draft.lower_mss.value_or(defaults.lower_mss.value_or(built_in.lower_mss));
    result.copy_dscp = draft.copy_dscp.value_or(defaults.copy_dscp.value_or(built_in.copy_dscp));
    result.rekey = resolve_rekey(draft, defaults, result.lifetime, diagnostics);
    result.base_port = draft.base_port.value_or(defaults.base_port.value_or(built_in.base_port));
    return result;
}

} // namespace mt6d::config
