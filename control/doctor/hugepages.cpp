// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/hugepages.hpp"

#include <algorithm>
#include <cstdlib>

namespace mt6d::doctor {

std::vector<HugepagePool> hugepage_pools(const FileTree& files, std::string_view directory) {
    constexpr std::string_view prefix = "hugepages-";
    std::vector<HugepagePool> pools;
    for (const std::string& name : files.names(directory)) {
        if (!name.starts_with(prefix)) {
            continue;
        }
        const std::string path = std::string(directory) + "/" + name;
        HugepagePool pool;
        pool.name = name;
        pool.page_kib = std::strtoll(name.c_str() + prefix.size(), nullptr, 10);
        pool.total = files.number(path + "/nr_hugepages").value_or(0);
        pool.free = files.number(path + "/free_hugepages").value_or(0);
        pool.free -= std::min(pool.free, files.number(path + "/resv_hugepages").value_or(0));
        pools.push_back(pool);
    }
    std::sort(pools.begin(), pools.end(),
              [](const auto& a, const auto& b) { return a.page_kib < b.page_kib; });
    return pools;
}

const HugepagePool& default_pool(const FileTree& files, const std::vector<HugepagePool>& pools) {
    std::int64_t usual = 0;
    for (const std::string& line : files.lines("/proc/meminfo")) {
        const auto fields = words(line);
        if (fields.size() > 1 && fields[0] == "Hugepagesize:") {
            usual = std::strtoll(fields[1].c_str(), nullptr, 10);
        }
    }
    const auto found = std::find_if(pools.begin(), pools.end(), [usual](const HugepagePool& pool) {
        return pool.page_kib == usual;
    });
    return found == pools.end() ? pools.front() : *found;
}

} // namespace mt6d::doctor
