// SPDX-License-Identifier: BSD-3-Clause
// From the original MT6D's files to this gateway's configuration. Reads, and writes nothing.
#pragma once

#include "tools/mt6dctl/import/fates.hpp"
#include "tools/mt6dctl/import/site.hpp"

#include <string>
#include <vector>

namespace mt6d::importer {

struct Imported {
    std::vector<config::Diagnostic> errors; // if there are any, nothing else is to be relied on
    std::vector<config::Diagnostic> notes;
    std::vector<SettingReport> settings;
    std::string yaml; // holds no key
    std::vector<SiteStream> streams;
};

// `directory`: where mt6d.ini lies; `local`: the hosts behind this gateway, empty: the profiles'
// sources.
Imported import_site(const std::string& directory, const std::vector<std::string>& local);

// The configuration; key files are named beside it.
std::string make_yaml(const SiteSettings& settings, const Site& site);

} // namespace mt6d::importer
