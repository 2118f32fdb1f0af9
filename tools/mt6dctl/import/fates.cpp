// SPDX-License-Identifier: BSD-3-Clause
#include "tools/mt6dctl/import/fates.hpp"

#include "control/config/scalars.hpp"

#include <mt6d/salt.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace mt6d::importer {

namespace {

constexpr std::uint32_t longest_seconds = 366U * 24 * 3600;

struct Outcome {
    Fate fate;
    std::string key;
    std::string explanation;
};

Outcome unreadable(std::string key, const std::string& why) {
    return {Fate::decide, std::move(key), why};
}

// Seconds, with or without a unit.
std::optional<std::uint32_t> seconds_of(const std::string& text) {
    const bool bare = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
    const auto parsed = config::parse_seconds(bare ? text + "s" : text);
    return parsed ? std::optional(*parsed) : std::nullopt;
}

std::optional<bool> boolean_of(const std::string& text) {
    const std::string word = in_small_letters(text);
    constexpr std::array<std::string_view, 4> yes{"true", "yes", "on", "1"};
    constexpr std::array<std::string_view, 4> no{"false", "no", "off", "0"};
    if (std::ranges::find(yes, word) != yes.end()) {
        return true;
    }
    return std::ranges::find(no, word) != no.end() ? std::optional(false) : std::nullopt;
}

// The next that is one (docs/protocol.md, section 3).
std::uint32_t nearest_rotation(std::uint32_t seconds) {
    return (seconds + 9) / 10 * 10;
}

Outcome use_interface(const Setting& setting, std::string& target, const char* key) {
    const bool is_name = std::ranges::all_of(setting.value, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
               || c == '-' || c == '_' || c == '.';
    });
    if (setting.value.empty() || !is_name) {
        return unreadable(key, "it names no interface");
    }
    target = setting.value;
    return {Fate::taken_over, key,
            fmt::format("net_af_xdp on {}: flush its addresses, or bind the card to vfio-pci and "
                        "write its PCI address",
                        setting.value)};
}

Outcome use_rotation(const Setting& setting, SiteSettings& site) {
    const auto seconds = seconds_of(setting.value);
    if (!seconds || *seconds > longest_seconds / 2) {
        return unreadable("defaults.rotation", "it is no number of seconds");
    }
    if (is_rotation_time(*seconds)) {
        site.rotation = *seconds;
        return {Fate::taken_over, "defaults.rotation", fmt::format("{} s", *seconds)};
    }
    site.rotation = nearest_rotation(*seconds);
    return {Fate::decide, "defaults.rotation",
            fmt::format("{} s is no rotation time here (1 to 9, or a multiple of 10): {} s is "
                        "written, and the peer must have the same",
                        *seconds, *site.rotation)};
}

Outcome use_log_level(const Setting& setting, SiteSettings& site) {
    const std::string word = in_small_letters(setting.value);
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> levels{{
        {"debug", "debug"},
        {"info", "info"},
        {"warn", "warning"},
        {"warning", "warning"},
        {"error", "error"},
        {"critical", "error"},
        {"fatal", "error"},
    }};
    const auto* const found =
        std::ranges::find(levels, word, &std::pair<std::string_view, std::string_view>::first);
    if (found == levels.end()) {
        return unreadable("log.level", "it is none of debug, info, warning and error");
    }
    site.log_level = found->second;
    return {Fate::taken_over, "log.level", site.log_level};
}

Outcome use_hash(const Setting& setting, SiteSettings& site) {
    std::string word = in_small_letters(setting.value);
    std::erase_if(word, [](char c) { return c == '-' || c == '_'; });
    if (const auto hash = config::parse_hash(word)) {
        site.hash = *hash;
        return {Fate::taken_over, "defaults.hash", word};
    }
    site.hash = config::Hash::sha256;
    return {Fate::replaced, "defaults.hash", "sha256: this gateway has sha256, sha384 and sha512"};
}

Outcome use_encrypt(const Setting& setting, SiteSettings& site) {
    const auto value = boolean_of(setting.value);
    if (!value) {
        return unreadable("defaults.cipher", "it is neither true nor false");
    }
    site.is_encrypted = *value;
    return *value
               ? Outcome{Fate::replaced, "defaults.cipher", "aes-256-gcm, which authenticates too"}
               : Outcome{Fate::taken_over, "defaults.cipher",
                         "none: packets pass in the clear, as they did; aes-256-gcm is the "
                         "default for a reason"};
}

Outcome use_flow_label(const Setting& setting, SiteSettings& site) {
    const auto value = boolean_of(setting.value);
    if (!value) {
        return unreadable("defaults.flow_labels", "it is neither true nor false");
    }
    site.flow_labels = *value;
    return {Fate::taken_over, "defaults.flow_labels", *value ? "true" : "false"};
}

Outcome use_seconds(const Setting& setting, std::optional<std::uint32_t>& target, const char* key) {
    target = seconds_of(setting.value);
    return target ? Outcome{Fate::taken_over, key, fmt::format("{} s", *target)}
                  : unreadable(key, "it is no number of seconds");
}

// Why each of these has no successor.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> without_use{{
    {"bridging_nic", "the gateway forwards between its two ports itself; take the bridge down"},
    {"log_handlers", "the log goes to standard error, and so to the journal"},
    {"log_file", "the log goes to standard error, and so to the journal; events: PATH keeps a log "
                 "of rotations and alarms"},
    {"packets", "the gateway takes frames from its ports itself"},
    {"firewall", "the kernel sees none of the frames, so it needs no rules; what is not a "
                 "stream's is up to unprotected"},
    {"routes", "the kernel forwards nothing; routers are learned, or named as "
               "external.default_router"},
    {"urand", "random numbers are OpenSSL's"},
}};

struct Rule {
    std::string_view name;
    Outcome (*apply)(const Setting&, SiteSettings&);
};

constexpr std::array rules{
    Rule{"internal_nic",
         [](const Setting& setting, SiteSettings& site) {
             return use_interface(setting, site.internal_interface, "internal.device");
         }},
    Rule{"external_nic",
         [](const Setting& setting, SiteSettings& site) {
             return use_interface(setting, site.external_interface, "external.device");
         }},
    Rule{"rotation_time", use_rotation},
    Rule{"log_level", use_log_level},
    Rule{"crypt_type",
         [](const Setting&, SiteSettings&) {
             return Outcome{Fate::replaced, "defaults.cipher",
                            "aes-256-gcm, which authenticates too; both sites change together"};
         }},
    Rule{"hash_type", use_hash},
    Rule{"regen_interval",
         [](const Setting& setting, SiteSettings& site) {
             return use_seconds(setting, site.rekey_interval, "defaults.rekey.interval");
         }},
    Rule{"regen_window",
         [](const Setting& setting, SiteSettings& site) {
             return use_seconds(setting, site.rekey_window, "defaults.rekey.window");
         }},
    Rule{"flow_label", use_flow_label},
    Rule{"encrypt", use_encrypt},
};

Outcome outcome_of(const Setting& setting, const Original& original, SiteSettings& site) {
    if (const auto file = original.files.find(setting.name); file != original.files.end()) {
        return {Fate::replaced, "hosts, streams", file->second + " was read"};
    }
    for (const auto& [name, why] : without_use) {
        if (name == setting.name) {
            return {Fate::not_needed, "", std::string(why)};
        }
    }
    const auto* const rule = std::ranges::find(rules, setting.name, &Rule::name);
    return rule != rules.end()
               ? rule->apply(setting, site)
               : Outcome{Fate::decide, "", "it is not a setting of the original that is known"};
}

void amend(SettledSettings& settled, std::string_view name, Fate fate,
           const std::string& explanation) {
    for (SettingReport& report : settled.reports) {
        if (report.name == name) {
            report.fate = fate;
            report.explanation = explanation;
        }
    }
}

// The loader's bounds (docs/configuration.md, rekey).
void fit_rekey(SettledSettings& settled) {
    SiteSettings& site = settled.site;
    const std::uint32_t shortest = std::max<std::uint32_t>(10, 3 * site.rotation.value_or(10));
    if (site.rekey_interval && *site.rekey_interval < shortest) {
        amend(settled, "regen_interval", Fate::decide,
              fmt::format("{} s is shorter than a change of keys takes: {} s is written",
                          *site.rekey_interval, shortest));
        site.rekey_interval = shortest;
    }
    const std::uint32_t widest = site.rekey_interval.value_or(86400) / 2;
    if (site.rekey_window && *site.rekey_window > widest) {
        amend(settled, "regen_window", Fate::decide,
              fmt::format("{} s is more than half of the interval: {} s is written",
                          *site.rekey_window, widest));
        site.rekey_window = widest;
    }
}

} // namespace

std::string_view name_of(Fate fate) {
    switch (fate) {
    case Fate::taken_over:
        return "taken over";
    case Fate::replaced:
        return "replaced";
    case Fate::not_needed:
        return "not needed";
    case Fate::decide:
        break;
    }
    return "decide by hand";
}

SettledSettings settle(const Original& original, Problems& problems) {
    SettledSettings settled;
    for (const Setting& setting : original.settings) {
        Outcome outcome = outcome_of(setting, original, settled.site);
        settled.reports.push_back({setting.name, setting.at, outcome.fate, std::move(outcome.key),
                                   std::move(outcome.explanation)});
    }
    fit_rekey(settled);
    if (!settled.site.is_encrypted.value_or(true)) {
        amend(settled, "crypt_type", Fate::not_needed, "encrypt is off");
    }
    for (const auto& [name, value] :
         {std::pair("internal_nic", &settled.site.internal_interface),
          std::pair("external_nic", &settled.site.external_interface)}) {
        if (value->empty() && !original.settings.empty()) {
            problems.add(original.settings_file,
                         fmt::format("has no {0} that names an interface: write {0} = eth1", name));
        }
    }
    return settled;
}

} // namespace mt6d::importer
