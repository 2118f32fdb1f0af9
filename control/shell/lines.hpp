// SPDX-License-Identifier: BSD-3-Clause
// Lines out of what comes in pieces.
#pragma once

#include "control/shell/channel.hpp"

#include <optional>
#include <string>

namespace mt6d::shell {

class Lines {
public:
    // What no newline ends: of a file a line like the others, of a connection half a one.
    enum class Rest { is_a_line, is_lost };

    // The channel is the caller's, and outlives this.
    Lines(Channel& channel, Rest rest) : channel_(channel), rest_(rest) {}

    // Without its newline. None: there are no more, or the channel is to end. A line longer than
    // any command is cut: nobody fills this process's memory.
    std::optional<std::string> next();

private:
    Channel& channel_;
    Rest rest_;
    std::string waiting_;
};

} // namespace mt6d::shell
