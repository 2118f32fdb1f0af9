// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/channel.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

namespace mt6d::shell {
namespace {

using SteadyClock = std::chrono::steady_clock;

int milliseconds_until(SteadyClock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    return static_cast<int>(std::clamp<long long>(left.count(), 0, INT_MAX));
}

} // namespace

Channel::Input Channel::read(std::optional<std::chrono::milliseconds> limit) {
    const auto deadline = SteadyClock::now() + limit.value_or(std::chrono::milliseconds(0));
    std::array<char, 4096> buffer;
    for (;;) {
        std::array<pollfd, 2> waits{{{input_, POLLIN, 0}, {stop_, POLLIN, 0}}};
        const int ready =
            poll(waits.data(), waits.size(), limit ? milliseconds_until(deadline) : -1);
        if (waits[1].revents != 0) {
            return Input::closed;
        }
        if (ready == 0) {
            return Input::nothing;
        }
        const ssize_t count = ready < 0 ? -1 : ::read(input_, buffer.data(), buffer.size());
        if (count > 0) {
            taken_.assign(buffer.data(), static_cast<std::size_t>(count));
            return Input::bytes;
        }
        if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
            return Input::closed;
        }
    }
}

// Whoever polls as writable takes PIPE_BUF bytes without blocking.
bool Channel::write(std::string_view text) {
    auto deadline = SteadyClock::now() + patience;
    while (!text.empty()) {
        std::array<pollfd, 2> waits{{{output_, POLLOUT, 0}, {stop_, POLLIN, 0}}};
        const int ready = poll(waits.data(), waits.size(), milliseconds_until(deadline));
        if (ready == 0 || waits[1].revents != 0) {
            return false;
        }
        const std::size_t size = std::min<std::size_t>(text.size(), PIPE_BUF);
        const ssize_t count = ready < 0 ? -1 : ::write(output_, text.data(), size);
        if (count > 0) {
            text.remove_prefix(static_cast<std::size_t>(count));
            deadline = SteadyClock::now() + patience;
        } else if (errno != EINTR && errno != EAGAIN) {
            return false;
        }
    }
    return true;
}

} // namespace mt6d::shell
