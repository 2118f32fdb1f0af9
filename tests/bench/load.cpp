// SPDX-License-Identifier: BSD-3-Clause
#include "load.hpp"

#include "site.hpp"

#include <rte_cycles.h>

#include <algorithm>
#include <array>
#include <utility>

namespace mt6d::bench {
namespace {

constexpr std::size_t most_at_once = 32;
constexpr unsigned packets = 65535;
constexpr double quiet_seconds = 0.1; // after which nothing more comes

// Beside each packet: when it was sent.
std::uint64_t& stamp_of(rte_mbuf* packet) {
    return *static_cast<std::uint64_t*>(rte_mbuf_to_priv(packet));
}

double seconds_since(std::uint64_t begin) {
    return static_cast<double>(rte_rdtsc() - begin) / static_cast<double>(rte_get_tsc_hz());
}

} // namespace

Load::Load(std::vector<Frame> frames, const Wire& into, const Wire& out_of,
           std::function<void()> between)
    : frames_(std::move(frames)), into_(into), out_of_(out_of), between_(std::move(between)),
      pool_(packet_pool("hosts", packets, sizeof(std::uint64_t))) {}

void Load::send(std::size_t count, Tally& tally) {
    std::array<void*, most_at_once> burst{};
    for (std::size_t i = 0; i < count; ++i) {
        rte_mbuf* const packet = packet_of(frames_[next_], pool_);
        if (packet == nullptr) {
            count = i; // all are under way: the wires are full
            break;
        }
        next_ = next_ + 1 == frames_.size() ? 0 : next_ + 1;
        burst[i] = packet;
    }
    const std::uint64_t now = rte_rdtsc();
    for (std::size_t i = 0; i < count; ++i) {
        stamp_of(static_cast<rte_mbuf*>(burst[i])) = now;
    }
    const auto wanted = static_cast<unsigned>(count);
    const unsigned taken = rte_ring_enqueue_burst(into_.ring(), burst.data(), wanted, nullptr);
    tally.refused += wanted - taken;
    for (unsigned i = taken; i < wanted; ++i) {
        rte_pktmbuf_free(static_cast<rte_mbuf*>(burst[i]));
    }
}

std::size_t Load::receive(Tally& tally, bool with_delays) {
    std::array<void*, most_at_once> burst{};
    const unsigned count =
        rte_ring_dequeue_burst(out_of_.ring(), burst.data(), burst.size(), nullptr);
    const std::uint64_t now = rte_rdtsc();
    for (unsigned i = 0; i < count; ++i) {
        auto* const packet = static_cast<rte_mbuf*>(burst[i]);
        if (packet->pool == pool_) { // else a gateway's own
            ++tally.received;
            if (with_delays) {
                tally.delays.push_back(static_cast<std::uint32_t>(now - stamp_of(packet)));
            }
        }
        rte_pktmbuf_free(packet);
    }
    return count;
}

void Load::drain(Tally& tally, bool with_delays) {
    std::uint64_t last = rte_rdtsc();
    while (seconds_since(last) < quiet_seconds) {
        if (receive(tally, with_delays) > 0) {
            last = rte_rdtsc();
        }
        between_();
    }
}

Load::Tally Load::run(double packets_per_second, double seconds, bool with_delays) {
    Tally tally;
    if (with_delays) {
        tally.delays.reserve(static_cast<std::size_t>(packets_per_second * seconds) + 1);
    }
    const std::uint64_t begin = rte_rdtsc();
    const auto all = static_cast<std::uint64_t>(packets_per_second * seconds);
    while (tally.sent < all) {
        const auto due =
            std::min(all, static_cast<std::uint64_t>(packets_per_second * seconds_since(begin)));
        const std::size_t now = std::min<std::uint64_t>(due - tally.sent, most_at_once);
        send(now, tally);
        tally.sent += now;
        receive(tally, with_delays);
        between_();
    }
    tally.seconds = seconds_since(begin);
    drain(tally, with_delays);
    return tally;
}

double Load::saturate(double seconds) {
    Tally tally;
    const std::uint64_t begin = rte_rdtsc();
    while (seconds_since(begin) < seconds) {
        const unsigned room = rte_ring_free_count(into_.ring());
        send(std::min<std::size_t>(room, most_at_once), tally);
        receive(tally, false);
        between_();
    }
    const double rate = static_cast<double>(tally.received) / seconds_since(begin);
    drain(tally, false);
    return rate;
}

double highest_rate(Load& load, double seconds, double precision) {
    double too_high = 1.1 * load.saturate(seconds);
    double good = 0;
    while (too_high - good > precision * too_high) {
        const double rate = (good == 0 ? 0.9 : 0.5) * too_high + (good == 0 ? 0 : 0.5) * good;
        const Load::Tally tally = load.run(rate, seconds);
        // Hosts that come late have not sent at that rate.
        const bool passed = tally.lost() == 0 && tally.rate() > (1 - precision) * rate;
        (passed ? good : too_high) = rate;
    }
    return good;
}

} // namespace mt6d::bench
