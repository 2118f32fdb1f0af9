// SPDX-License-Identifier: BSD-3-Clause
#include "tools/mt6dctl/prompt.hpp"

#include "control/shell/protocol.hpp"
#include "control/shell/raw_terminal.hpp"
#include "tools/mt6dctl/commands.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>
#include <string_view>

namespace mt6d::ctl {
namespace {

// A signal ends the loop below, so that the terminal is given back as it was. It comes while the
// loop waits, and at no other time: with the mask that this returns.
sigset_t end_by_signals() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigset_t ends;
    sigemptyset(&ends);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
        sigaction(number, &action, nullptr);
        sigaddset(&ends, number);
    }
    sigset_t before;
    pthread_sigmask(SIG_BLOCK, &ends, &before);
    return before;
}

bool write_all(int to, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(to, text.data(), text.size());
        if (count < 0 && errno != EINTR) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(count < 0 ? 0 : count));
    }
    return true;
}

// What can be read from there; nothing: it is gone.
std::string_view read_some(int from, std::array<char, 4096>& buffer) {
    ssize_t count = -1;
    do {
        count = ::read(from, buffer.data(), buffer.size());
    } while (count < 0 && errno == EINTR);
    return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
}

// Whether the gateway takes keys: each one changes the screen.
class Answering {
public:
    void asked() {
        if (!asked_) {
            asked_ = true;
            asked_at_ = SteadyClock::now();
        }
    }
    void answered() { asked_ = false; }
    [[nodiscard]] bool hangs() const { return asked_ && SteadyClock::now() - asked_at_ > patience; }

private:
    using SteadyClock = std::chrono::steady_clock;
    static constexpr std::chrono::seconds patience{2};
    bool asked_ = false;
    SteadyClock::time_point asked_at_{};
};

enum class End { none, quit, gone, hung };

// Shows what the gateway has to show.
End show(std::string_view screen) {
    if (screen.empty()) {
        return End::gone;
    }
    const bool quit = screen.ends_with(shell::end_of_prompt);
    screen.remove_suffix(quit ? shell::end_of_prompt.size() : 0);
    return !write_all(STDOUT_FILENO, screen) || quit ? End::quit : End::none;
}

// Passes keys on; a gateway that does not answer cannot be told to end by Ctrl-C.
End pass_on(std::string_view keys, int gateway, Answering& answering) {
    constexpr char interrupt = '\x03';
    if (keys.empty()) {
        return End::quit;
    }
    if (answering.hangs() && keys.find(interrupt) != keys.npos) {
        return End::hung;
    }
    answering.asked();
    return write_all(gateway, keys) ? End::none : End::gone;
}

End relay(Connection& connection) {
    const sigset_t waiting = end_by_signals();
    const shell::RawTerminal raw;
    std::array<pollfd, 2> waits{{{STDIN_FILENO, POLLIN, 0}, {connection.descriptor(), POLLIN, 0}}};
    std::array<char, 4096> buffer;
    Answering answering;
    const std::string rest = connection.take_rest();
    End end = rest.empty() ? End::none : show(rest);
    while (end == End::none) {
        if (ppoll(waits.data(), waits.size(), nullptr, &waiting) < 0) {
            return End::quit; // a signal
        }
        if (waits[1].revents != 0) {
            answering.answered();
            end = show(read_some(connection.descriptor(), buffer));
        }
        if (end == End::none && waits[0].revents != 0) {
            end = pass_on(read_some(STDIN_FILENO, buffer), connection.descriptor(), answering);
        }
    }
    return end;
}

} // namespace

int run_prompt(Connection& connection) {
    const auto sent = connection.send("prompt\n");
    const auto begun = connection.receive(); // whoever was sent away is told why
    if (!begun) {
        return fail(sent ? begun.error().message : sent.error().message);
    }
    if (begun->kind != Connection::Frame::Kind::ok) {
        return fail(begun->text.substr(0, begun->text.find('\n')));
    }
    switch (relay(connection)) {
    case End::gone:
        return fail("the gateway closed the connection");
    case End::hung:
        return fail("the gateway does not answer");
    default:
        return success;
    }
}

} // namespace mt6d::ctl
