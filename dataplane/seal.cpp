// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/seal.hpp"

#include "dataplane/checksum.hpp"
#include "dataplane/encap.hpp"
#include "dataplane/packet.hpp"

namespace mt6d::dataplane {
namespace {

constexpr std::size_t headers_before_udp =
    sizeof(EthernetHeader) + sizeof(Ipv6Header) + sizeof(EncryptionHeader);
// `clear` ends where the inner packet does; before it go all outer headers.
constexpr std::size_t inner_before_clear =
    sizeof(EthernetHeader) + sizeof(Ipv6Header) - sizeof(ClearHeader);
constexpr std::size_t cbc_prepended = headers_before_udp + sizeof(UdpHeader) - inner_before_clear;
constexpr std::size_t gcm_prepended = cbc_prepended + sizeof(be64_t);
static_assert(RTE_PKTMBUF_HEADROOM >= gcm_prepended);

// What a cipher puts around the text.
struct Envelope {
    std::uint32_t prepended; // bytes more before the text than the inner packet has
    std::uint32_t pad;
    std::uint32_t appended;
};

Envelope envelope_of(Cipher cipher, std::size_t clear_length) {
    if (cipher == Cipher::aes_256_gcm) {
        return {gcm_prepended, 0, gcm_tag_size};
    }
    const auto pad = static_cast<std::uint32_t>(-clear_length % cipher_block_size);
    return {cbc_prepended, pad, pad};
}

void fill_gcm(CryptoJob& job, const SealState& seal, const EncryptionHeader& option,
              const RouteSlot& slot, std::uint64_t number) {
    put(put(job.iv.data(), seal.nonce_salt), be64_t(number));
    std::uint8_t* at = put(job.additional.data(), option.algorithm_and_pad);
    at = put(at, option.number);
    put(put(at, slot.ipv6.source), slot.ipv6.destination);
}

void fill_cbc(CryptoJob& job, const EncryptionHeader& option, Salt salt) {
    constexpr std::array<std::uint8_t, 5> zeros{};
    put(put(put(job.iv.data(), be64_t(salt)), zeros), option.number);
}

} // namespace

Parsed<std::uint64_t> take_number(SealState& seal, Cipher cipher, NumberQueue& events) {
    const std::uint64_t next = seal.next.load(std::memory_order_relaxed);
    if (next >= seal.recorded.load(std::memory_order_acquire)) [[unlikely]] {
        return cipher == Cipher::aes_256_cbc && next >= SealState::cbc_numbers
                   ? Reason::number_exhausted
                   : Reason::number_unrecorded;
    }
    seal.next.store(next + 1, std::memory_order_relaxed);
    const std::uint64_t ask_at = seal.ask_at.load(std::memory_order_relaxed);
    if (next >= ask_at) [[unlikely]] {
        // Asked once; with the queue full, by the next packet again. Taken back before control
        // hears of it, which may set the next one at once.
        seal.ask_at.store(SealState::never, std::memory_order_release);
        if (!events.push({seal.record})) {
            seal.ask_at.store(ask_at, std::memory_order_relaxed);
        }
    }
    return seal.first + next;
}

std::optional<Reason> prepare_seal(rte_mbuf* packet, const FrameView& inner,
                                   const StreamContext& stream, const RouteSlot& slot, Salt salt,
                                   const MacAddress& source, NumberQueue& events, CryptoJob& job) {
    SealState& seal = *slot.seal;
    const std::size_t clear_length = sizeof(ClearHeader) + inner.payload_length;
    const Envelope envelope = envelope_of(stream.cipher, clear_length);
    if (rte_pktmbuf_headroom(packet) < envelope.prepended) [[unlikely]] {
        return Reason::no_headroom;
    }
    if (rte_pktmbuf_tailroom(packet) < envelope.appended) [[unlikely]] {
        return Reason::no_tailroom;
    }
    const auto number = take_number(seal, stream.cipher, events);
    if (!number) [[unlikely]] {
        return number.reason();
    }

    // Read before it is written over.
    const ClearHeader clear = clear_header(*inner.ipv6);
    const be32_t class_and_label = outer_class_and_label(stream, slot, inner);
    auto* at = reinterpret_cast<std::uint8_t*>(
        rte_pktmbuf_prepend(packet, static_cast<std::uint16_t>(envelope.prepended)));
    auto* const behind = reinterpret_cast<std::uint8_t*>(
        rte_pktmbuf_append(packet, static_cast<std::uint16_t>(envelope.appended)));
    const EncryptionHeader option =
        EncryptionHeader::of(stream.cipher, static_cast<std::uint8_t>(envelope.pad),
                             static_cast<std::uint32_t>(*number & number_mask));
    const auto udp_length = static_cast<std::uint16_t>(packet->data_len - headers_before_udp);

    at = put_outer(at, source, slot, class_and_label,
                   static_cast<std::uint16_t>(sizeof(option) + udp_length),
                   protocol::destination_options);
    at = put(at, option);
    at = put(at, slot.source_port);
    at = put(at, destination_port(stream));
    at = put(at, be16_t(udp_length));
    at = put(at, be16_t(0));
    if (stream.cipher == Cipher::aes_256_gcm) {
        at = put(at, be64_t(*number));
        fill_gcm(job, seal, option, slot, *number);
    } else {
        std::memset(behind, 0, envelope.pad);
        fill_cbc(job, option, salt);
    }
    put(at, clear);

    job.key = seal.key;
    job.packet = packet;
    job.text = at;
    job.length = static_cast<std::uint32_t>(clear_length + envelope.pad);
    job.failed = false;
    return std::nullopt;
}

void finish_seal(const CryptoJob& job, const RouteSlot& slot) {
    auto* const udp = rte_pktmbuf_mtod_offset(job.packet, std::uint8_t*, headers_before_udp);
    const std::size_t udp_length = job.packet->data_len - headers_before_udp;
    // As it was written: the stream's key state may have changed since.
    const be16_t port = view_at<UdpHeader>(udp)->destination_port;
    const be16_t checksum =
        outer_checksum(slot, port, static_cast<std::uint16_t>(udp_length),
                       sum_payload({udp + sizeof(UdpHeader), udp_length - sizeof(UdpHeader)}));
    put(udp + offsetof(UdpHeader, checksum), checksum);
}

} // namespace mt6d::dataplane
