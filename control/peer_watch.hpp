// SPDX-License-Identifier: BSD-3-Clause
// Notices when a stream loses its peer, and when that is back. Pure: what is known comes in.
#pragma once

#include <cstdint>
#include <optional>

namespace mt6d {

class PeerWatch {
public:
    enum class News : std::uint8_t { none, lost, back };

    // Seconds since the stream last sent and heard, none: never; and after how many of them, in
    // which it sent, a peer is lost. One that was never heard cannot be lost.
    News visit(std::optional<std::int64_t> sent_ago, std::optional<std::int64_t> heard_ago,
               std::int64_t limit) {
        if (!heard_ago) {
            return News::none;
        }
        if (lost_ && *heard_ago <= limit) {
            lost_ = false;
            return News::back;
        }
        if (!lost_ && *heard_ago > limit && sent_ago && *sent_ago <= limit) {
            lost_ = true;
            return News::lost;
        }
        return News::none;
    }

private:
    bool lost_ = false;
};

} // namespace mt6d
