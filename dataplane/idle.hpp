// SPDX-License-Identifier: BSD-3-Clause
// What a worker does when there is nothing to do.
#pragma once

#include <rte_pause.h>

#include <algorithm>
#include <cstdint>
#include <ctime>

namespace mt6d::dataplane {

// Spins a while, then sleeps, longer each time up to a limit that still leaves room in the ports'
// descriptor rings. After 0.1 s without a packet naps are longer: traffic that begins does
// not begin with a full ring's worth.
class IdleWait {
public:
    void busy() {
        empty_polls_ = 0;
        sleep_ns_ = shortest_ns;
        naps_ = 0;
    }
    // Whether the next wait() will sleep: the caller must not hold up a grace period meanwhile.
    bool shall_sleep() { return ++empty_polls_ > polls_before_sleep; }
    void sleep() {
        const timespec time{0, sleep_ns_};
        nanosleep(&time, nullptr);
        naps_ = std::min(naps_ + 1, naps_before_quiet);
        sleep_ns_ = std::min(2 * sleep_ns_, naps_ < naps_before_quiet ? longest_ns : quiet_ns);
    }

private:
    static constexpr std::uint32_t polls_before_sleep = 64;
    static constexpr long shortest_ns = 5'000;
    static constexpr long longest_ns = 400'000;
    static constexpr std::uint32_t naps_before_quiet = 250;
    static constexpr long quiet_ns = 2'000'000;

    std::uint32_t empty_polls_ = 0;
    long sleep_ns_ = shortest_ns;
    std::uint32_t naps_ = 0;
};

} // namespace mt6d::dataplane
