// SPDX-License-Identifier: BSD-3-Clause
// The UNIX socket that clients connect to: its file, who may use it, and that one process has it.
#pragma once

#include "control/state/descriptor.hpp"

#include <mt6d/result.hpp>

#include <string>

namespace mt6d::shell {

class ControlSocket {
public:
    // Listens at `path`, mode 0660, of `group` (empty: this process's). Makes its directory, mode
    // 0755. Replaces what a process that is gone has left; an error, if a living one has it.
    static Result<ControlSocket> open(const std::string& path, const std::string& group);
    ControlSocket(ControlSocket&&) noexcept = default;
    ControlSocket& operator=(ControlSocket&&) = delete;
    ~ControlSocket(); // removes it

    [[nodiscard]] int descriptor() const { return socket_.get(); }
    [[nodiscard]] const std::string& path() const { return path_; }
    // The next client, without waiting, not blocking; none: there was none, or it is gone again.
    [[nodiscard]] Descriptor accept() const;

private:
    ControlSocket(std::string path, Descriptor lock, Descriptor socket)
        : path_(std::move(path)), lock_(std::move(lock)), socket_(std::move(socket)) {}

    std::string path_;
    Descriptor lock_; // of PATH.lock, while this process has the socket
    Descriptor socket_;
};

} // namespace mt6d::shell
