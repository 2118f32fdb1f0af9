// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/socket_server.hpp"

#include "control/log.hpp"
#include "control/shell/channel.hpp"
#include "control/shell/client.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace mt6d::shell {
namespace {

// How soon the thread of a client that is gone is joined, and, where no other can be admitted, the
// next one is looked for.
constexpr int round_ms = 1000;

void log_peer(int descriptor) {
    ucred peer{};
    socklen_t size = sizeof(peer);
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) {
        log::debug("shell", "client: process {}, user {}, group {}", peer.pid, peer.uid, peer.gid);
    }
}

// To one who is sent away at once: it takes what fits, or does without.
void refuse(const Descriptor& client) {
    const std::string text = fmt::format(
        "{} clients are connected, and no more can be: close one\n", SocketServer::most_clients);
    const std::string answer = fmt::format("error {}\n{}", text.size(), text);
    static_cast<void>(
        send(client.get(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

} // namespace

SocketServer::SocketServer(Shell& shell, ControlSocket socket)
    : shell_(shell), socket_(std::move(socket)), thread_([this] { run(); }) {}

SocketServer::~SocketServer() {
    stop_.raise();
    thread_.join();
}

void SocketServer::run() {
    std::array<pollfd, 2> waits{
        {{socket_.descriptor(), POLLIN, 0}, {stop_.descriptor(), POLLIN, 0}}};
    pollfd& stop = waits[1];
    while (stop.revents == 0) {
        poll(waits.data(), waits.size(), round_ms);
        forget_gone();
        if (waits[0].revents != 0 && !admit(socket_.accept())) {
            poll(&stop, 1, round_ms); // there is no room in this process just now
        }
    }
    for (Client& client : clients_) {
        client.thread.join();
    }
}

bool SocketServer::admit(Descriptor descriptor) {
    if (!descriptor) {
        return false;
    }
    log_peer(descriptor.get());
    if (clients_.size() >= most_clients) {
        refuse(descriptor);
        return true;
    }
    Client& client = clients_.emplace_back();
    client.descriptor = std::move(descriptor);
    try {
        client.thread = std::thread([this, &client] { serve(client); });
    } catch (const std::system_error& error) {
        log::warning("shell", "a client cannot be served: {}", error.what());
        clients_.pop_back();
        return false;
    }
    return true;
}

// Whatever a client does to its session, the gateway outlives it.
void SocketServer::serve(Client& client) {
    const int descriptor = client.descriptor.get();
    try {
        Channel channel(descriptor, descriptor, stop_.descriptor());
        serve_client(shell_, channel);
    } catch (const std::exception& error) {
        log::error("shell", "a client's session ended: {}", error.what());
    }
    shutdown(descriptor, SHUT_RDWR); // the server's thread closes it later
    client.gone = true;
}

void SocketServer::forget_gone() {
    clients_.remove_if([](Client& client) {
        if (!client.gone) {
            return false;
        }
        client.thread.join();
        return true;
    });
}

} // namespace mt6d::shell
