// SPDX-License-Identifier: BSD-3-Clause
// A command over and over, until the other side sends anything, or is gone.
#pragma once

#include "control/shell/channel.hpp"
#include "control/shell/shell.hpp"

#include <functional>

namespace mt6d::shell {

// `show` gets each answer, and returns false where the other side is gone. Ends with the first
// command that fails, once that was shown. False: the other side is gone.
bool watch(Shell& shell, Channel& channel, const Reply::Repeat& repeat, AnswerFormat format,
           const std::function<bool(const Answer&)>& show);

} // namespace mt6d::shell
