// SPDX-License-Identifier: BSD-3-Clause
// The TCP ports at which this machine's SSH server listens.
#pragma once

#include "control/doctor/file_tree.hpp"

#include <cstdint>
#include <set>

namespace mt6d::doctor {

// Its usual one, those of sshd_config(5), and those of systemd's ssh.socket.
std::set<std::uint16_t> ssh_ports(const FileTree& files);

} // namespace mt6d::doctor
