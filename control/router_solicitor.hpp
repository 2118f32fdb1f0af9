// SPDX-License-Identifier: BSD-3-Clause
// When to solicit routers: for the gateway itself (RFC 4861, 6.3.7, and RFC 7559, which goes on for
// as long as no router is known), and for hosts that asked (docs/protocol.md, section 7.5). Pure;
// one thread (control).
#pragma once

#include "control/clock.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

namespace mt6d {

class RouterSolicitor {
public:
    static constexpr std::int64_t max_delay_ns = nanoseconds_per_second; // of the first
    static constexpr std::int64_t first_interval_ns = 4 * nanoseconds_per_second;
    static constexpr std::int64_t max_interval_ns = 3600 * nanoseconds_per_second; // RFC 7559
    static constexpr unsigned most_solicitations = 3; // where a router is known
    // For hosts: however many ask, one solicitation a second.
    static constexpr std::int64_t host_interval_ns = nanoseconds_per_second;

    // `random` returns 32 uniform random bits.
    explicit RouterSolicitor(std::function<std::uint32_t()> random) : random_(std::move(random)) {}

    // Begins anew, after a random delay.
    void start(std::int64_t now);
    void stop() { at_ = never; }
    // A host asked: soon, once.
    void ask_for_host(std::int64_t now);
    // A router advertised itself: none is sent any more, but for a first one (RFC 4861, 6.3.7).
    void heard();

    // Whether one is to be sent now. `router_known`: by configuration or advertisement.
    bool advance(std::int64_t now, bool router_known);
    [[nodiscard]] std::optional<std::int64_t> next_deadline() const;
    [[nodiscard]] bool running() const { return at_ != never; }

private:
    static constexpr std::int64_t never = INT64_MAX;

    void schedule(std::int64_t now, bool router_known);

    std::function<std::uint32_t()> random_;
    std::int64_t at_ = never;
    std::int64_t host_at_ = never;
    std::int64_t last_ = -host_interval_ns;
    std::int64_t interval_ = 0;
    unsigned sent_ = 0;
    bool heard_ = false; // since start()
};

} // namespace mt6d
