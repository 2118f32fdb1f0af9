// SPDX-License-Identifier: BSD-3-Clause
// Bytes to and from somebody who may be slow, silent or gone: a client of the socket, or the
// terminal. One thread; its end may be asked for by another.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace mt6d::shell {

class Channel {
public:
    // Who takes nothing for so long is given up.
    static constexpr std::chrono::seconds patience{10};

    // The descriptors are the caller's, and outlive the channel. `stop`: readable, for good, as
    // soon as the channel is to end.
    Channel(int input, int output, int stop) : input_(input), output_(output), stop_(stop) {}

    enum class Input { bytes, nothing, closed };
    // Waits for bytes, without `limit` for ever. They are in taken() until the next call.
    Input read(std::optional<std::chrono::milliseconds> limit = std::nullopt);
    [[nodiscard]] std::string_view taken() const { return taken_; }
    // False: the other side is gone, takes nothing, or the channel is to end.
    bool write(std::string_view text);

private:
    int input_;
    int output_;
    int stop_;
    std::string taken_;
};

} // namespace mt6d::shell
