// SPDX-License-Identifier: BSD-3-Clause
// Commands from the gateway's own terminal (--interactive).
#pragma once

#include "control/shell/shell.hpp"
#include "control/shell/stop_signal.hpp"

namespace mt6d::shell {

// From standard input, until its end, `quit`, or `stop`. Where that or standard output is no
// terminal, lines are answered without a prompt; false: one of them failed.
bool run_terminal(Shell& shell, const StopSignal& stop);

} // namespace mt6d::shell
