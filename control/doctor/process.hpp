// SPDX-License-Identifier: BSD-3-Clause
// What the kernel allows this process, and with it a gateway that the same user starts.
#pragma once

#include "control/doctor/file_tree.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mt6d::doctor {

struct Process {
    std::vector<std::uint32_t> usable_cpus; // that it may put threads on
    uid_t user = 0;
    std::vector<gid_t> groups;
    std::uint64_t capabilities = 0;               // bit N: capability N of capabilities(7)
    std::optional<std::uint64_t> lockable_memory; // bytes; none: no limit

    [[nodiscard]] bool has(unsigned capability) const {
        return (capabilities >> capability & 1U) != 0;
    }
    // Whether it may use a file in all the ways of `wanted` (04 read, 02 write, 01 execute).
    [[nodiscard]] bool may(mode_t wanted, const Access& file) const;
};

Process read_process(const FileTree& files);
// As which the unit runs gateways (conf/systemd/mt6d.sysusers); none: there is no such user.
std::optional<uid_t> service_user(const FileTree& files);

} // namespace mt6d::doctor
