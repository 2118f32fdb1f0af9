// SPDX-License-Identifier: BSD-3-Clause
#include "tools/mt6dctl/import/importer.hpp"

namespace mt6d::importer {

Imported import_site(const std::string& directory, const std::vector<std::string>& local) {
    Problems problems;
    const Original original = read_original(directory, problems);
    // One missing or broken file would make everything else look wrong.
    if (!problems.empty()) {
        return {problems.list(), {}, {}, {}, {}};
    }
    SettledSettings settled = settle(original, problems);
    Site site = assemble(original, local, problems);
    std::string yaml = make_yaml(settled.site, site);
    return {problems.list(), std::move(site.notes), std::move(settled.reports), std::move(yaml),
            std::move(site.streams)};
}

} // namespace mt6d::importer
