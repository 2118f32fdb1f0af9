// SPDX-License-Identifier: BSD-3-Clause
// A prompt at the other end of a channel: keys come in, a screen goes out. The screen is a terminal
// in raw mode.
#pragma once

#include "control/shell/channel.hpp"
#include "control/shell/shell.hpp"

namespace mt6d::shell {

// Until the user quits (true), or the channel ends.
bool run_prompt(Shell& shell, Channel& channel);

} // namespace mt6d::shell
