// SPDX-License-Identifier: BSD-3-Clause
// The gateway's prompt in this terminal: keys go there, the screen comes from there.
#pragma once

#include "tools/mt6dctl/connection.hpp"

namespace mt6d::ctl {

// Until the user quits. Returns what the process ends with.
int run_prompt(Connection& connection);

} // namespace mt6d::ctl
