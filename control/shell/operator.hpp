// SPDX-License-Identifier: BSD-3-Clause
// All ways by which an operator reaches a gateway that runs: the socket, the terminal, the command
// file.
#pragma once

#include "control/shell/control_socket.hpp"
#include "control/shell/environment.hpp"
#include "control/shell/shell.hpp"
#include "control/shell/socket_server.hpp"
#include "control/shell/stop_signal.hpp"

#include <atomic>
#include <optional>
#include <string>
#include <thread>

namespace mt6d::shell {

struct Ways {
    std::optional<ControlSocket> socket{}; // none: nobody is served
    bool interactive = false;
    std::string command_file{}; // empty: none
};

class Operator {
public:
    // From here on commands are taken. All but the ways outlive it; the appliance has started.
    Operator(Appliance& appliance, StatisticsPrinter& printer, reload::Reloader& reloader,
             Ways ways);
    // Ends all sessions. Commands under way come to their end first.
    ~Operator();
    Operator(const Operator&) = delete;
    Operator& operator=(const Operator&) = delete;

    // A command of the file failed, or of standard input where that is no terminal.
    [[nodiscard]] bool failed() const { return failed_; }

private:
    void run_local(const Ways& ways);
    bool run_command_file(const Ways& ways);

    Environment environment_;
    Shell shell_;
    StopSignal stop_;
    std::optional<SocketServer> server_;
    std::atomic<bool> failed_{false};
    std::thread local_; // command file, then terminal
};

} // namespace mt6d::shell
