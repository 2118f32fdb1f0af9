// SPDX-License-Identifier: BSD-3-Clause
// Serves the control socket: a thread for each client, so that none waits for another.
#pragma once

#include "control/shell/control_socket.hpp"
#include "control/shell/shell.hpp"
#include "control/shell/stop_signal.hpp"

#include <atomic>
#include <cstddef>
#include <list>
#include <thread>

namespace mt6d::shell {

class SocketServer {
public:
    static constexpr std::size_t most_clients = 64;

    // `shell` outlives it.
    SocketServer(Shell& shell, ControlSocket socket);
    ~SocketServer(); // ends all clients
    SocketServer(const SocketServer&) = delete;
    SocketServer& operator=(const SocketServer&) = delete;

private:
    struct Client {
        Descriptor descriptor;
        std::atomic<bool> gone{false};
        std::thread thread;
    };
    void run();
    // False: no more can be admitted for now.
    bool admit(Descriptor descriptor);
    void serve(Client& client);
    void forget_gone();

    Shell& shell_;
    ControlSocket socket_;
    StopSignal stop_;
    std::list<Client> clients_; // of the server's own thread
    std::thread thread_;
};

} // namespace mt6d::shell
