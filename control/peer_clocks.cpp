// SPDX-License-Identifier: BSD-3-Clause
#include "control/peer_clocks.hpp"

#include "control/events/event_log.hpp"
#include "control/log.hpp"

#include <mt6d/salt.hpp>

#include <rte_cycles.h>

#include <cmath>

namespace mt6d {
namespace {

// How long ago, in nanoseconds.
std::int64_t age(std::uint64_t cycles) {
    const std::uint64_t passed = rte_rdtsc() - cycles;
    return static_cast<std::int64_t>(static_cast<double>(passed)
                                     / static_cast<double>(rte_get_tsc_hz())
                                     * static_cast<double>(nanoseconds_per_second));
}

} // namespace

PeerClocks::PeerClocks(std::size_t streams, const Clock& clock, dataplane::Forwarding& forwarding)
    : clock_(clock), clocks_(std::make_unique<PeerClock[]>(streams)),
      known_(std::make_unique<Known[]>(streams)) {
    forwarding.peer_clocks = {clocks_.get(), streams};
}

void PeerClocks::reset(std::size_t stream) {
    clocks_[stream].salt.store(no_salt, std::memory_order_relaxed);
    clocks_[stream].before.store(0, std::memory_order_relaxed);
    Known& known = known_[stream];
    known.measured.store(false, std::memory_order_relaxed);
    known.salt = no_salt;
    known.watch = {};
}

void PeerClocks::visit(std::size_t stream, const config::Stream& configured) {
    const PeerClock& clock = clocks_[stream];
    Known& known = known_[stream];
    const Salt salt = clock.salt.load(std::memory_order_acquire);
    if (salt == no_salt || salt == known.salt) {
        return;
    }
    const std::uint32_t rotation = configured.options.rotation;
    const std::int64_t boundary = salt_start(salt, rotation) * nanoseconds_per_second;
    const std::int64_t now = clock_.unix_ns();
    const PeerOffset offset{boundary - (now - age(clock.first.load(std::memory_order_relaxed))),
                            boundary - (now - age(clock.before.load(std::memory_order_relaxed)))};
    if (clock.salt.load(std::memory_order_acquire) != salt) {
        return; // changed while it was read: the next visit sees the new one
    }
    known.salt = salt;
    known.least.store(offset.least, std::memory_order_relaxed);
    known.most.store(offset.most, std::memory_order_relaxed);
    known.measured.store(true, std::memory_order_release);
    if (known.watch.measure(offset, rotation)) {
        log::warning({"clock", configured.name},
                     "the peer's clock is {:.3f} s {} this one (give or take {:.3f} s), and "
                     "addresses change every {} s: synchronise both clocks",
                     std::abs(offset.seconds()), offset.middle() > 0 ? "ahead of" : "behind",
                     offset.resolution_seconds() / 2, rotation);
        events::record(
            events::Alarm{events::AlarmKind::peer_clock_off, configured.name, offset.seconds()});
    }
}

std::optional<PeerOffset> PeerClocks::offset(std::size_t stream) const {
    if (!known_[stream].measured.load(std::memory_order_acquire)) {
        return std::nullopt;
    }
    return PeerOffset{known_[stream].least.load(std::memory_order_relaxed),
                      known_[stream].most.load(std::memory_order_relaxed)};
}

} // namespace mt6d
