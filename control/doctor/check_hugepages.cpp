// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/checks.hpp"
#include "control/doctor/hugepages.hpp"
#include "control/doctor/running_gateway.hpp"

#include <fmt/format.h>

namespace mt6d::doctor {

namespace {

constexpr std::int64_t kibibytes_a_mebibyte = 1024;

std::string describe(const HugepagePool& pool) {
    return fmt::format("{} of {} pages of {} MiB are free", pool.free, pool.total,
                       pool.page_kib / kibibytes_a_mebibyte);
}

std::string mounts(const FileTree& files) {
    std::string list;
    for (const std::string& line : files.lines("/proc/mounts")) {
        const auto fields = words(line);
        if (fields.size() > 2 && fields[2] == "hugetlbfs") {
            list += (list.empty() ? "" : ", ") + fields[1];
        }
    }
    return list.empty() ? "no mount of hugetlbfs, nor is one needed" : "hugetlbfs at " + list;
}

// Of the default size: what /proc counts, those that others use included.
std::string reserve(std::int64_t pages) {
    return fmt::format("echo vm.nr_hugepages={} > /etc/sysctl.d/80-mt6d.conf && sysctl -p "
                       "/etc/sysctl.d/80-mt6d.conf",
                       pages);
}

} // namespace

void check_hugepages(const Subject& subject, Findings& findings) {
    const std::vector<HugepagePool> pools = hugepage_pools(subject.files, hugepage_directory);
    if (pools.empty()) {
        findings.note("this kernel has no hugepages: ordinary memory serves, which most NICs "
                      "cannot use");
        return;
    }
    std::int64_t free_kib = 0;
    std::string text;
    for (const HugepagePool& pool : pools) {
        free_kib += pool.free * pool.page_kib;
        if (pool.total > 0) {
            text += (text.empty() ? "" : ", ") + describe(pool);
        }
    }
    if (subject.config && !subject.config->hugepages) {
        findings.ok("not used: hugepages: off");
        return;
    }
    const std::int64_t needed_mib = subject.config ? subject.config->memory_mib : 512;
    const std::int64_t held =
        subject.config ? hugepages_of_running_gateway(subject.files, subject.config_file) : 0;
    if (held > 0) {
        free_kib += held;
        text += fmt::format("; the gateway, which runs, has {} MiB", held / kibibytes_a_mebibyte);
    }
    const HugepagePool& usual = default_pool(subject.files, pools);
    const std::int64_t missing_kib = needed_mib * kibibytes_a_mebibyte - free_kib;
    if (missing_kib <= 0) {
        findings.ok(
            fmt::format("{}; {} MiB are needed; {}", text, needed_mib, mounts(subject.files)));
        return;
    }
    const std::int64_t pages = (missing_kib + usual.page_kib - 1) / usual.page_kib;
    const std::string short_of =
        fmt::format("{}; {} MiB are needed", text.empty() ? "none are reserved" : text, needed_mib);
    if (!pci_ports_of(subject).empty()) {
        findings.wrong(short_of + ", and NICs can use no other memory",
                       reserve(usual.total + pages));
    } else {
        findings.note(short_of + ": ordinary memory serves instead, which is slower",
                      reserve(usual.total + pages));
    }
}

} // namespace mt6d::doctor
