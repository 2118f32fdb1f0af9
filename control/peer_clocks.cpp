// SPDX-License-Identifier: BSD-3-Clause
#include "control/peer_clocks.hpp"

#include "control/log.hpp"

#include <mt6d/salt.hpp>

#include <rte_cycles.h>

#include <algorithm>
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

PeerClocks::PeerClocks(const config::Config& config, const Clock& clock,
                       dataplane::Forwarding& forwarding)
    : config_(config), clock_(clock) {
    const std::size_t streams = config.streams.size();
    if (std::any_of(config.streams.begin(), config.streams.end(), [](const auto& stream) {
            return stream.options.cipher == Cipher::aes_256_gcm;
        })) {
        clocks_ = std::make_unique<PeerClock[]>(streams);
        known_ = std::make_unique<Known[]>(streams);
        forwarding.peer_clocks = {clocks_.get(), streams};
    }
}

void PeerClocks::visit(std::size_t stream) {
    if (clocks_ == nullptr) {
        return;
    }
    const PeerClock& clock = clocks_[stream];
    Known& known = known_[stream];
    const Salt salt = clock.salt.load(std::memory_order_acquire);
    if (salt == no_salt || salt == known.salt) {
        return;
    }
    const config::Stream& configured = config_.streams[stream];
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
        log::warning("clock",
                     "stream {}: the peer's clock is {:.3f} s {} this one (give or take {:.3f} s), "
                     "and addresses change every {} s: synchronise both clocks",
                     configured.name, std::abs(offset.seconds()),
                     offset.middle() > 0 ? "ahead of" : "behind", offset.resolution_seconds() / 2,
                     rotation);
    }
}

std::optional<PeerOffset> PeerClocks::offset(std::size_t stream) const {
    if (known_ == nullptr || !known_[stream].measured.load(std::memory_order_acquire)) {
        return std::nullopt;
    }
    return PeerOffset{known_[stream].least.load(std::memory_order_relaxed),
                      known_[stream].most.load(std::memory_order_relaxed)};
}

} // namespace mt6d
