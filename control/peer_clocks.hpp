// SPDX-License-Identifier: BSD-3-Clause
// What is known of the peers' clocks: of streams whose packets are authenticated (aes-256-gcm).
#pragma once

#include "control/clock.hpp"
#include "control/config/config.hpp"
#include "control/peer_offset.hpp"
#include "dataplane/forwarding.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace mt6d {

class PeerClocks {
public:
    // For so many streams. All of these outlive it.
    PeerClocks(std::size_t streams, const Clock& clock, dataplane::Forwarding& forwarding);

    // Once a second for each stream. Control lcore alone, as is this:
    void visit(std::size_t stream, const config::Stream& configured);
    // A stream that no worker knows yet: nothing is known of its peer's clock.
    void reset(std::size_t stream);
    // By the last boundary that was seen; none: unknown. Any thread.
    [[nodiscard]] std::optional<PeerOffset> offset(std::size_t stream) const;

private:
    struct Known {
        Salt salt = no_salt; // measured last
        PeerOffsetWatch watch;
        std::atomic<bool> measured{false};
        std::atomic<std::int64_t> least{0};
        std::atomic<std::int64_t> most{0};
    };

    const Clock& clock_;
    std::unique_ptr<PeerClock[]> clocks_; // workers write
    std::unique_ptr<Known[]> known_;
};

} // namespace mt6d
