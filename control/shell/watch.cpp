// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/watch.hpp"

namespace mt6d::shell {

bool watch(Shell& shell, Channel& channel, const Reply::Repeat& repeat, AnswerFormat format,
           const std::function<bool(const Answer&)>& show) {
    for (;;) {
        Answer answer = shell.run(repeat.command, format);
        if (answer.repeat || answer.quit) {
            answer = {.failed = true, .text = "watch: that command cannot be watched\n"};
        }
        if (!show(answer)) {
            return false;
        }
        if (answer.failed) {
            return true;
        }
        switch (channel.read(repeat.period)) {
        case Channel::Input::bytes:
            return true;
        case Channel::Input::closed:
            return false;
        case Channel::Input::nothing:
            break;
        }
    }
}

} // namespace mt6d::shell
