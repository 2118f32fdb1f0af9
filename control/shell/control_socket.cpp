// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/control_socket.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

namespace mt6d::shell {
namespace {

constexpr const char* lock_suffix = ".lock";
constexpr int backlog = 64;

Error failure(const std::string& path, std::string_view what, int error) {
    return Error{fmt::format("control socket {}: {}: {}; name another with control.socket, or "
                             "write control: {{ socket: none }}",
                             path, what, std::generic_category().message(error))};
}

Result<> make_directory(const std::string& path) {
    const auto directory = std::filesystem::path(path).parent_path();
    std::error_code error;
    if (std::filesystem::create_directories(directory, error)) {
        std::filesystem::permissions(directory, std::filesystem::perms(0755), error);
    }
    return error ? failure(path, directory.string() + " cannot be made", error.value())
                 : Result<>{};
}

bool is_at(const Descriptor& file, const std::string& path) {
    struct stat open {};
    struct stat there {};
    return ::fstat(file.get(), &open) == 0 && ::stat(path.c_str(), &there) == 0
           && open.st_dev == there.st_dev && open.st_ino == there.st_ino;
}

// Whoever has the lock has the path: no process looks for another's socket in between.
Result<Descriptor> lock(const std::string& path) {
    const std::string name = path + lock_suffix;
    for (;;) {
        Descriptor file(
            ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
        if (!file) {
            return failure(path, name + " cannot be opened", errno);
        }
        if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
            return errno == EWOULDBLOCK
                       ? Error{fmt::format("control socket {}: another gateway that runs has it: "
                                           "give this one another `name`, or another "
                                           "control.socket",
                                           path)}
                       : failure(path, name + " cannot be locked", errno);
        }
        if (is_at(file, name)) {
            return file;
        } // else who had it has removed it just now
    }
}

// With the lock in hand, what is there was left by a process that is gone.
Result<> remove_stale(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        return errno == ENOENT ? Result<>{} : failure(path, "it cannot be looked at", errno);
    }
    if (!S_ISSOCK(status.st_mode)) {
        return Error{fmt::format("control socket {}: is there, and is no socket: remove it, or "
                                 "name another with control.socket",
                                 path)};
    }
    return ::unlink(path.c_str()) == 0 ? Result<>{} : failure(path, "it cannot be replaced", errno);
}

// Nothing at all for an empty name: chown() leaves the group.
Result<std::optional<gid_t>> group_id(const std::string& path, const std::string& name) {
    if (name.empty()) {
        return std::optional<gid_t>{};
    }
    const group* const found = ::getgrnam(name.c_str());
    if (found == nullptr) {
        return Error{fmt::format("control socket {}: there is no group '{}' (control.group): make "
                                 "it with addgroup --system {}, or name another",
                                 path, name, name)};
    }
    return std::optional<gid_t>(found->gr_gid);
}

} // namespace

Result<ControlSocket> ControlSocket::open(const std::string& path, const std::string& group) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) {
        return Error{fmt::format("control socket {}: has {} characters, and {} are the most: name "
                                 "a shorter one with control.socket",
                                 path, path.size(), sizeof(address.sun_path) - 1)};
    }
    std::copy(path.begin(), path.end(), address.sun_path);
    const auto gid = group_id(path, group);
    if (!gid) {
        return gid.error();
    }
    if (auto made = make_directory(path); !made) {
        return std::move(made).error();
    }
    auto held = lock(path);
    if (!held) {
        return std::move(held).error();
    }
    if (auto removed = remove_stale(path); !removed) {
        return std::move(removed).error();
    }
    Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // The file gets the socket's mode (and no more than the umask allows): at no moment may
    // anybody else connect.
    if (!socket || ::fchmod(socket.get(), S_IRUSR | S_IWUSR) != 0
        || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address))
               != 0) {
        return failure(path, "it cannot be made", errno);
    }
    ControlSocket opened(path, *std::move(held), std::move(socket));
    constexpr mode_t mode = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP;
    constexpr auto unchanged = static_cast<uid_t>(-1);
    if ((*gid && ::chown(path.c_str(), unchanged, **gid) != 0)
        || ::chmod(path.c_str(), mode) != 0) {
        return failure(path, fmt::format("it cannot be given to group '{}'", group), errno);
    }
    if (::listen(opened.descriptor(), backlog) != 0) {
        return failure(path, "it cannot be listened on", errno);
    }
    return opened;
}

ControlSocket::~ControlSocket() {
    if (socket_) {
        ::unlink(path_.c_str());
        ::unlink((path_ + lock_suffix).c_str());
    }
}

Descriptor ControlSocket::accept() const {
    return Descriptor(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

} // namespace mt6d::shell
