// SPDX-License-Identifier: BSD-3-Clause
// A terminal whose keys come one by one, as a line editor wants them.
#pragma once

#include <termios.h>
#include <unistd.h>

namespace mt6d::shell {

// While one lives, the terminal does not edit lines, echo, or make signals of keys. Output goes on
// as before, so that the log of this process is not in steps.
class RawTerminal {
public:
    explicit RawTerminal(int terminal = STDIN_FILENO) : terminal_(terminal) {
        changed_ = tcgetattr(terminal_, &before_) == 0;
        if (changed_) {
            termios raw = before_;
            cfmakeraw(&raw);
            raw.c_oflag = before_.c_oflag;
            tcsetattr(terminal_, TCSADRAIN, &raw);
        }
    }
    ~RawTerminal() { restore(); }
    RawTerminal(const RawTerminal&) = delete;
    RawTerminal& operator=(const RawTerminal&) = delete;

    // Also from a signal handler.
    void restore() const {
        if (changed_) {
            tcsetattr(terminal_, TCSADRAIN, &before_);
        }
    }

private:
    int terminal_;
    bool changed_ = false;
    termios before_{};
};

} // namespace mt6d::shell
