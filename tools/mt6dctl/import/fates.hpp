// SPDX-License-Identifier: BSD-3-Clause
// What becomes of each setting of mt6d.ini.
#pragma once

#include "control/config/config.hpp"
#include "tools/mt6dctl/import/original.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::importer {

enum class Fate : std::uint8_t {
    taken_over, // the same, under another name
    replaced,   // something else does it here
    not_needed,
    decide // by hand: it has no meaning here, or none that is known
};

std::string_view name_of(Fate fate); // "taken over", for reports

struct SettingReport {
    std::string name;
    Place at;
    Fate fate = Fate::not_needed;
    std::string key;         // of the configuration; empty: none
    std::string explanation; // for a sentence that begins with the fate
};

// What the settings come to; what is not there is left to this gateway's defaults.
struct SiteSettings {
    std::string internal_interface;
    std::string external_interface;
    std::optional<std::uint32_t> rotation; // seconds, a rotation time
    std::optional<config::Hash> hash;
    std::optional<bool> is_encrypted;
    std::optional<bool> flow_labels;
    std::optional<std::uint32_t> rekey_interval; // seconds
    std::optional<std::uint32_t> rekey_window;
    std::string log_level;
};

struct SettledSettings {
    SiteSettings site;
    std::vector<SettingReport> reports; // one for each setting, in their order
};

SettledSettings settle(const Original& original, Problems& problems);

} // namespace mt6d::importer
