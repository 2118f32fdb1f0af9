// SPDX-License-Identifier: BSD-3-Clause
// One client of the control socket.
#pragma once

#include "control/shell/channel.hpp"
#include "control/shell/shell.hpp"

namespace mt6d::shell {

// Until the client is gone, or the channel ends.
void serve_client(Shell& shell, Channel& channel);

} // namespace mt6d::shell
