// SPDX-License-Identifier: BSD-3-Clause
#include "tools/mt6dctl/connection.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

namespace mt6d::ctl {
namespace {

// In the order of Connection::Frame::Kind.
constexpr std::array<std::string_view, 4> frame_kinds{"ok", "error", "more", "bye"};

constexpr const char* usual_directory = "/run/mt6d";

std::string reason() {
    return std::generic_category().message(errno);
}

// Returns errno or 0.
int connect_to(const std::string& path, Descriptor& socket) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) {
        return ENAMETOOLONG;
    }
    std::copy(path.begin(), path.end(), address.sun_path);
    socket = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto* const to = reinterpret_cast<const sockaddr*>(&address);
    return socket && ::connect(socket.get(), to, sizeof(address)) == 0 ? 0 : errno;
}

// A gateway that was killed leaves its socket behind.
bool is_left_behind(const std::string& path) {
    Descriptor socket;
    return connect_to(path, socket) == ECONNREFUSED;
}

std::vector<std::string> sockets() {
    std::vector<std::string> found;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(usual_directory, error)) {
        std::error_code ignored;
        if (entry.path().extension() == ".sock" && entry.is_socket(ignored)
            && !is_left_behind(entry.path())) {
            found.push_back(entry.path());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::string_view hint(int error) {
    switch (error) {
    case ENOENT:
        return ": does the gateway run, and is this its control.socket?";
    case ECONNREFUSED:
        return ": the gateway that made it is gone; start it";
    case EACCES:
        return ": its user, root, and the group of control.group may connect";
    default:
        return "";
    }
}

} // namespace

Result<std::string> find_socket(const std::string& given) {
    if (!given.empty()) {
        return given;
    }
    const auto found = sockets();
    if (found.size() == 1) {
        return found.front();
    }
    if (found.empty()) {
        return Error{fmt::format("no gateway's socket in {}: start one, or name its socket with "
                                 "--socket",
                                 usual_directory)};
    }
    return Error{fmt::format("several gateways run here: choose one with --socket: {}",
                             fmt::join(found, " "))};
}

Result<Connection> Connection::open(const std::string& path) {
    Descriptor socket;
    if (const int error = connect_to(path, socket); error != 0) {
        return Error{fmt::format("{}: cannot connect: {}{}", path,
                                 std::generic_category().message(error), hint(error))};
    }
    return Connection(path, std::move(socket));
}

Result<> Connection::send(std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
        if (count < 0 && errno != EINTR) {
            return Error{fmt::format("{}: the gateway is gone: {}", path_, reason())};
        }
        text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    }
    return {};
}

Result<> Connection::fill() {
    std::array<char, 16384> buffer;
    for (;;) {
        pollfd wait{socket_.get(), POLLIN, 0};
        const int limit = patient_ ? -1 : static_cast<int>(patience.count());
        if (poll(&wait, 1, limit) == 0) {
            return Error{fmt::format("{}: the gateway does not answer, for {} s", path_,
                                     patience.count() / 1000)};
        }
        const ssize_t count = ::read(socket_.get(), buffer.data(), buffer.size());
        if (count > 0) {
            waiting_.append(buffer.data(), static_cast<std::size_t>(count));
            return {};
        }
        if (count == 0) {
            return Error{fmt::format("{}: the gateway closed the connection", path_)};
        }
        if (errno != EINTR) {
            return Error{fmt::format("{}: {}", path_, reason())};
        }
    }
}

Result<Connection::Frame> Connection::receive() {
    std::size_t end = 0;
    while ((end = waiting_.find('\n')) == waiting_.npos) {
        if (auto filled = fill(); !filled) {
            return std::move(filled).error();
        }
    }
    const std::string head = waiting_.substr(0, end);
    const auto blank = head.find(' ');
    const std::string kind = head.substr(0, blank);
    const auto known = std::find(frame_kinds.begin(), frame_kinds.end(), kind);
    if (blank == head.npos || known == frame_kinds.end()) {
        return Error{path_ + ": no gateway answers there"};
    }
    const std::size_t size = std::strtoull(head.c_str() + blank, nullptr, 10);
    waiting_.erase(0, end + 1);
    while (waiting_.size() < size) {
        if (auto filled = fill(); !filled) {
            return std::move(filled).error();
        }
    }
    Frame frame{static_cast<Frame::Kind>(known - frame_kinds.begin()), waiting_.substr(0, size)};
    waiting_.erase(0, size);
    patient_ = frame.kind == Frame::Kind::more; // the next one comes when it is due
    return frame;
}

} // namespace mt6d::ctl
