// SPDX-License-Identifier: BSD-3-Clause
// Hugepages that the kernel has reserved.
#pragma once

#include "control/doctor/file_tree.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::doctor {

// Of the whole machine. A NUMA node has such a directory too.
inline constexpr std::string_view hugepage_directory = "/sys/kernel/mm/hugepages";

struct HugepagePool {
    std::string name; // "hugepages-2048kB"
    std::int64_t page_kib = 0;
    std::int64_t total = 0;
    std::int64_t free = 0; // and not promised to anyone
};

// By page size.
std::vector<HugepagePool> hugepage_pools(const FileTree& files, std::string_view directory);
// Of the size that vm.nr_hugepages counts. Precondition: there is one.
const HugepagePool& default_pool(const FileTree& files, const std::vector<HugepagePool>& pools);

} // namespace mt6d::doctor
