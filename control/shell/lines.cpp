// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/lines.hpp"

#include <utility>

namespace mt6d::shell {
namespace {

// The longest command and what a request has before it, and more: cut ones are too long still.
constexpr std::size_t longest = 4096;

} // namespace

std::optional<std::string> Lines::next() {
    for (;;) {
        if (const auto end = waiting_.find('\n'); end != waiting_.npos) {
            std::string line = waiting_.substr(0, end);
            waiting_.erase(0, end + 1);
            return line;
        }
        if (waiting_.size() > longest) {
            waiting_.resize(longest); // and what follows it is forgotten
        }
        switch (channel_.read()) {
        case Channel::Input::bytes:
            waiting_ += channel_.taken();
            break;
        case Channel::Input::closed:
            if (rest_ == Rest::is_a_line && !waiting_.empty()) {
                return std::exchange(waiting_, {});
            }
            return std::nullopt;
        case Channel::Input::nothing: // only where there is a limit
            break;
        }
    }
}

} // namespace mt6d::shell
