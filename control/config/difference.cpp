// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <unordered_map>
#include <utility>

namespace mt6d::config {

namespace {

// --- settings ---------------------------------------------------------------------------------

enum class Takes { restart, nothing };

struct SettingKey {
    std::string_view key;
    Takes takes;
    std::string (*text)(const Config&);
};

template <class Choice>
std::string one_of(Choice choice, std::initializer_list<const char*> names) {
    return names.begin()[static_cast<std::size_t>(choice)];
}

std::string text_or(const std::string& text, const char* none = "none") {
    return text.empty() ? none : text;
}

template <class Value>
std::string number_or(const std::optional<Value>& value, const char* none) {
    return value ? std::to_string(*value) : none;
}

std::string cores(const std::vector<Core>& cores) {
    std::vector<std::string> texts;
    for (const Core& core : cores) {
        texts.push_back(number_or(core, "any"));
    }
    return fmt::format("[{}]", fmt::join(texts, ", "));
}

std::string prefixes(const std::vector<Ipv6Prefix>& prefixes) {
    std::vector<std::string> texts;
    for (const Ipv6Prefix& prefix : prefixes) {
        texts.push_back(prefix.text());
    }
    return fmt::format("[{}]", fmt::join(texts, ", "));
}

std::string neighbors(const std::vector<StaticNeighbor>& neighbors) {
    std::vector<std::string> texts;
    for (const StaticNeighbor& neighbor : neighbors) {
        texts.push_back(neighbor.address.text() + " " + neighbor.mac.text());
    }
    return fmt::format("[{}]", fmt::join(texts, ", "));
}

std::string mac_of(const Port& port) {
    return port.mac ? port.mac->text() : "the port's";
}

constexpr auto restart = Takes::restart;
constexpr std::array setting_keys{
    SettingKey{"name", restart, [](const Config& c) { return c.name; }},
    SettingKey{"mode", restart,
               [](const Config& c) {
                   return one_of(c.mode, {"gateway", "host"});
               }},
    SettingKey{"idle", restart,
               [](const Config& c) {
                   return one_of(c.idle, {"poll", "sleep", "interrupt"});
               }},
    SettingKey{"control_core", restart,
               [](const Config& c) { return number_or(c.control_core, "any"); }},
    SettingKey{"workers", restart, [](const Config& c) { return cores(c.workers); }},
    SettingKey{"memory", restart,
               [](const Config& c) { return std::to_string(c.memory_mib) + "M"; }},
    SettingKey{"hugepages", restart,
               [](const Config& c) { return std::string(c.hugepages ? "auto" : "off"); }},
    SettingKey{"crypto", restart,
               [](const Config& c) {
                   return one_of(c.crypto, {"auto", "multi-buffer", "cryptodev", "openssl"});
               }},
    SettingKey{"crypto_device", restart, [](const Config& c) { return text_or(c.crypto_device); }},
    SettingKey{"state_dir", restart, [](const Config& c) { return c.state_dir; }},
    SettingKey{"streams_at_most", restart,
               [](const Config& c) { return number_or(c.streams_at_most, "as at the start"); }},
    SettingKey{"control.socket", restart,
               [](const Config& c) { return text_or(c.control.socket); }},
    SettingKey{"control.group", restart,
               [](const Config& c) { return text_or(c.control.group, "the process's"); }},
    SettingKey{"log.format", restart,
               [](const Config& c) {
                   return one_of(c.log.format, {"text", "json"});
               }},
    SettingKey{"log.level", Takes::nothing,
               [](const Config& c) { return std::string(log::name(c.log.level)); }},
    SettingKey{"metrics.prometheus", restart,
               [](const Config& c) { return text_or(c.metrics.prometheus); }},
    SettingKey{"metrics.streams", restart,
               [](const Config& c) { return std::to_string(c.metrics.streams); }},
    SettingKey{"events", restart, [](const Config& c) { return text_or(c.events); }},
    SettingKey{"unprotected", restart,
               [](const Config& c) {
                   return one_of(c.unprotected, {"proxy", "drop"});
               }},
    SettingKey{"other_frames", restart,
               [](const Config& c) {
                   return one_of(c.other_frames, {"drop", "forward"});
               }},
    SettingKey{"internal.device", restart, [](const Config& c) { return c.internal.device; }},
    SettingKey{"internal.mac", restart, [](const Config& c) { return mac_of(c.internal); }},
    SettingKey{"internal.mtu", restart,
               [](const Config& c) { return number_or(c.internal.mtu, "the port's"); }},
    SettingKey{"external.device", restart, [](const Config& c) { return c.external.device; }},
    SettingKey{"external.mac", restart, [](const Config& c) { return mac_of(c.external); }},
    SettingKey{"external.mtu", restart,
               [](const Config& c) { return number_or(c.external.mtu, "the port's"); }},
    SettingKey{"external.on_link", restart,
               [](const Config& c) { return prefixes(c.external.on_link); }},
    SettingKey{"external.default_router", restart,
               [](const Config& c) {
                   return c.external.default_router ? c.external.default_router->text() : "none";
               }},
    SettingKey{"external.router_advertisements", restart,
               [](const Config& c) {
                   return one_of(c.external.router_advertisements, {"learn", "ignore"});
               }},
    SettingKey{"external.routed", restart,
               [](const Config& c) { return prefixes(c.external.routed); }},
    SettingKey{"external.neighbors", restart,
               [](const Config& c) { return neighbors(c.external.neighbors); }},
};

// --- streams ----------------------------------------------------------------------------------

enum class Stays { begins_anew, goes_on };

struct StreamOption {
    std::string_view name;
    Stays stays;
    bool (*same)(const Stream&, const Stream&);
};

template <auto member>
bool same_option(const Stream& a, const Stream& b) {
    return a.options.*member == b.options.*member;
}
template <auto member>
bool same_rekey(const Stream& a, const Stream& b) {
    return a.options.rekey.*member == b.options.rekey.*member;
}

constexpr auto anew = Stays::begins_anew;
constexpr std::array stream_options{
    StreamOption{"key", anew, [](const Stream& a, const Stream& b) { return a.key == b.key; }},
    StreamOption{"local.mac", anew,
                 [](const Stream& a, const Stream& b) { return a.local.mac == b.local.mac; }},
    StreamOption{"remote.mac", anew,
                 [](const Stream& a, const Stream& b) { return a.remote.mac == b.remote.mac; }},
    StreamOption{"local.hashed_prefix", anew,
                 [](const Stream& a, const Stream& b) {
                     return a.local.hashed_prefix == b.local.hashed_prefix;
                 }},
    StreamOption{"remote.hashed_prefix", anew,
                 [](const Stream& a, const Stream& b) {
                     return a.remote.hashed_prefix == b.remote.hashed_prefix;
                 }},
    StreamOption{"rotation", anew, same_option<&StreamOptions::rotation>},
    StreamOption{"lifetime", anew, same_option<&StreamOptions::lifetime>},
    StreamOption{"hash", anew, same_option<&StreamOptions::hash>},
    StreamOption{"cipher", anew, same_option<&StreamOptions::cipher>},
    StreamOption{"base_port", anew, same_option<&StreamOptions::base_port>},
    StreamOption{"rekey.method", anew, same_rekey<&Rekey::method>},
    StreamOption{"rekey.interval", anew, same_rekey<&Rekey::interval>},
    StreamOption{"rekey.window", anew, same_rekey<&Rekey::window>},
    StreamOption{"flow_labels", Stays::goes_on, same_option<&StreamOptions::flow_labels>},
    StreamOption{"accept_zero_checksum", Stays::goes_on,
                 same_option<&StreamOptions::accept_zero_checksum>},
    StreamOption{"lower_mss", Stays::goes_on, same_option<&StreamOptions::lower_mss>},
    StreamOption{"copy_dscp", Stays::goes_on, same_option<&StreamOptions::copy_dscp>},
    StreamOption{"name", Stays::goes_on,
                 [](const Stream& a, const Stream& b) {
                     return a.name == b.name && a.local.name == b.local.name
                            && a.remote.name == b.remote.name;
                 }},
};

struct Pair {
    Ipv6Address local;
    Ipv6Address remote;
    friend bool operator==(const Pair&, const Pair&) = default;
};
struct HashPair {
    std::size_t operator()(const Pair& pair) const {
        const std::hash<Ipv6Address> hash;
        return hash(pair.local) * 31 + hash(pair.remote);
    }
};
Pair pair_of(const Stream& stream) {
    return {stream.local.address, stream.remote.address};
}

void compare(const Stream& before, const Stream& after, Difference::Changed changed,
             Difference& difference) {
    bool begins_anew = false;
    for (const StreamOption& option : stream_options) {
        if (!option.same(before, after)) {
            changed.options.push_back(option.name);
            begins_anew |= option.stays == Stays::begins_anew;
        }
    }
    if (changed.options.empty()) {
        ++difference.unchanged;
    } else {
        (begins_anew ? difference.anew : difference.altered).push_back(std::move(changed));
    }
}

template <class Table, class Kind>
std::vector<std::string_view> names_of(const Table& table, Kind Table::value_type::*member,
                                       Kind kind, std::string_view Table::value_type::*name) {
    std::vector<std::string_view> names;
    for (const auto& row : table) {
        if (row.*member == kind) {
            names.push_back(row.*name);
        }
    }
    return names;
}

} // namespace

Difference difference(const Config& running, std::span<const StreamPtr> streams,
                      const Config& next) {
    Difference difference;
    for (const SettingKey& setting : setting_keys) {
        std::string before = setting.text(running);
        std::string after = setting.text(next);
        if (before != after) {
            (setting.takes == restart ? difference.need_restart : difference.settings)
                .push_back({setting.key, std::move(before), std::move(after)});
        }
    }
    std::unordered_map<Pair, std::size_t, HashPair> known;
    for (std::size_t i = 0; i < streams.size(); ++i) {
        known.emplace(pair_of(*streams[i]), i);
    }
    for (std::size_t i = 0; i < next.streams.size(); ++i) {
        const auto found = known.find(pair_of(next.streams[i]));
        if (found == known.end()) {
            difference.added.push_back(i);
            continue;
        }
        compare(*streams[found->second], next.streams[i], {found->second, i, {}}, difference);
        known.erase(found);
    }
    for (const auto& [pair, at] : known) {
        difference.removed.push_back(at);
    }
    std::sort(difference.removed.begin(), difference.removed.end());
    return difference;
}

std::vector<std::string_view> keys_that_need_a_restart() {
    return names_of(setting_keys, &SettingKey::takes, Takes::restart, &SettingKey::key);
}
std::vector<std::string_view> keys_that_take_effect_at_once() {
    return names_of(setting_keys, &SettingKey::takes, Takes::nothing, &SettingKey::key);
}
std::vector<std::string_view> stream_options_that_alter() {
    return names_of(stream_options, &StreamOption::stays, Stays::goes_on, &StreamOption::name);
}
std::vector<std::string_view> stream_options_that_begin_anew() {
    return names_of(stream_options, &StreamOption::stays, Stays::begins_anew, &StreamOption::name);
}

} // namespace mt6d::config
