// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/open.hpp"

#include "dataplane/packet.hpp"

#include <algorithm>

namespace mt6d::dataplane {
namespace {

// Windows of salts that became live at the last rotation begin where the numbers were then.
ReplayWindow& window_of(const RouteContext& route, Salt active) {
    OpenState& state = *route.open;
    if (state.seen_active != active) [[unlikely]] {
        state.seen_active = active;
        state.next_at_rotation = state.next.load(std::memory_order_relaxed);
    }
    if (!route.window->is_started()) [[unlikely]] {
        route.window->start(state.next_at_rotation);
    }
    return *route.window;
}

std::optional<Reason> prepare_gcm(Bytes payload, const EncryptionOption& option,
                                  const RouteContext& route, Salt active, CryptoJob& job,
                                  Opening& opening) {
    const auto* number = view_of<be64_t>(payload);
    if (payload.size() < sizeof(be64_t) + sizeof(ClearHeader) + gcm_tag_size || option.pad != 0
        || (number->value() & number_mask) != option.number) {
        return Reason::cipher_malformed;
    }
    opening.number = number->value();
    if (!window_of(route, active).is_new(opening.number)) {
        return Reason::replayed;
    }
    put(put(job.iv.data(), route.open->nonce_salt), *number);
    put(put(put(job.additional.data(), option.data), opening.outer.ipv6->source),
        opening.outer.ipv6->destination);
    job.length = static_cast<std::uint32_t>(payload.size() - sizeof(be64_t) - gcm_tag_size);
    return std::nullopt;
}

std::optional<Reason> prepare_cbc(Bytes payload, const EncryptionOption& option,
                                  const RouteContext& route, CryptoJob& job, Opening& opening) {
    if (payload.empty() || payload.size() % cipher_block_size != 0) {
        return Reason::cipher_malformed;
    }
    constexpr std::array<std::uint8_t, 5> zeros{};
    std::uint8_t* const at = put(put(job.iv.data(), be64_t(route.salt)), zeros);
    std::copy(option.data.begin() + 1, option.data.end(), at);
    opening.pad = option.pad;
    job.length = static_cast<std::uint32_t>(payload.size());
    return std::nullopt;
}

} // namespace

std::optional<Reason> prepare_open(rte_mbuf* packet, const FrameView& outer,
                                   const TunnelView& tunnel, const RouteContext& route, Salt active,
                                   CryptoJob& job, Opening& opening) {
    const EncryptionOption& option = *tunnel.options.encryption;
    opening.route = &route;
    opening.outer = outer;
    opening.has_key_option = tunnel.options.key.has_value();
    job.key = route.open->key;
    job.packet = packet;
    job.failed = false;
    auto text_at = tunnel.payload.data() - rte_pktmbuf_mtod(packet, const std::uint8_t*);
    std::optional<Reason> reason;
    if (route.stream->cipher == Cipher::aes_256_gcm) {
        reason = prepare_gcm(tunnel.payload, option, route, active, job, opening);
        text_at += sizeof(be64_t);
    } else {
        reason = prepare_cbc(tunnel.payload, option, route, job, opening);
    }
    job.text = rte_pktmbuf_mtod_offset(packet, std::uint8_t*, text_at);
    return reason;
}

Parsed<Bytes> finish_open(const CryptoJob& job, const Opening& opening) {
    const Bytes text{job.text, job.length};
    if (opening.route->stream->cipher != Cipher::aes_256_gcm) {
        if (job.failed) [[unlikely]] {
            return Reason::crypto_failed;
        }
        return text.first(text.size() - opening.pad);
    }
    if (job.failed) [[unlikely]] {
        return Reason::cipher_tag;
    }
    // Of two alike in one burst both were new before.
    if (!opening.route->window->accept(opening.number)) [[unlikely]] {
        return Reason::replayed;
    }
    OpenState& state = *opening.route->open;
    if (opening.number >= state.next.load(std::memory_order_relaxed)) {
        state.next.store(opening.number + 1, std::memory_order_relaxed);
    }
    return text;
}

void note_salt(const RouteContext& route, std::uint64_t now, PeerClock& clock) {
    OpenState& state = *route.open;
    const auto salt = static_cast<std::uint32_t>(route.salt);
    if (static_cast<std::int32_t>(salt - state.newest_salt) > 0) [[unlikely]] {
        if (state.last_opened != 0) {
            clock.before.store(state.last_opened, std::memory_order_relaxed);
            clock.first.store(now, std::memory_order_relaxed);
            clock.salt.store(route.salt, std::memory_order_release);
        }
        state.newest_salt = salt;
    }
    state.last_opened = now;
}

} // namespace mt6d::dataplane
