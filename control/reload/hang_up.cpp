// SPDX-License-Identifier: BSD-3-Clause
#include "control/reload/hang_up.hpp"

#include "control/log.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <exception>

namespace mt6d::reload {
namespace {

Descriptor hang_ups() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    return Descriptor(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

} // namespace

HangUp::HangUp(Reloader& reloader, service::Service& service)
    : reloader_(reloader), service_(service), signals_(hang_ups()) {
    if (signals_.get() < 0) {
        log::warning("reload", "SIGHUP does nothing: there is no descriptor left for it; mt6dctl "
                               "reload does the same");
        return;
    }
    thread_ = std::thread([this] { run(); });
}

HangUp::~HangUp() {
    stop_.raise();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void HangUp::run() {
    std::array<pollfd, 2> wanted{pollfd{stop_.descriptor(), POLLIN, 0},
                                 pollfd{signals_.get(), POLLIN, 0}};
    while (poll(wanted.data(), wanted.size(), -1) < 0 || wanted[0].revents == 0) {
        signalfd_siginfo signal{};
        if (read(signals_.get(), &signal, sizeof(signal)) != sizeof(signal)) {
            continue;
        }
        service_.reload_begins();
        try {
            static_cast<void>(reloader_.reload()); // the log tells
        } catch (const std::exception& error) {
            log::error("reload", "given up: {}", error.what());
        }
        service_.reload_ends();
    }
}

} // namespace mt6d::reload
