// SPDX-License-Identifier: BSD-3-Clause
// mt6dctl towards a running gateway: a prompt, one command, or a script of them.
#pragma once

#include <string>
#include <vector>

namespace mt6d::ctl {

struct RemoteOptions {
    std::string socket;             // empty: the only one there is
    std::string script;             // a file; "-": standard input; empty: none
    std::vector<std::string> words; // of one command
    bool json = false;
    bool dry_run = false; // the command's own option, wherever it stands
};

// Returns what the process ends with.
int run_remote(const RemoteOptions& options);

} // namespace mt6d::ctl
