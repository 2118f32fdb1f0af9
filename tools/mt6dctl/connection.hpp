// SPDX-License-Identifier: BSD-3-Clause
// A connection to a running gateway's control socket (control/shell/protocol.hpp).
#pragma once

#include "control/state/descriptor.hpp"

#include <mt6d/result.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace mt6d::ctl {

// The socket to use: `given`, or the only one of the usual directory. An error names those that
// there are.
Result<std::string> find_socket(const std::string& given);

class Connection {
public:
    static Result<Connection> open(const std::string& path);

    [[nodiscard]] int descriptor() const { return socket_.get(); }
    Result<> send(std::string_view text);

    struct Frame {
        enum class Kind { ok, error, more, bye };
        Kind kind;
        std::string text;
    };
    // Waits for the answer, `patience` at the most.
    Result<Frame> receive();
    // What came behind the last frame, for those who go on without frames.
    std::string take_rest() { return std::exchange(waiting_, {}); }

private:
    static constexpr std::chrono::milliseconds patience{60'000};

    Connection(std::string path, Descriptor socket)
        : path_(std::move(path)), socket_(std::move(socket)) {}
    Result<> fill();

    std::string path_;
    Descriptor socket_;
    std::string waiting_;  // what came, and was not taken
    bool patient_ = false; // of what is watched, any time may pass
};

} // namespace mt6d::ctl
