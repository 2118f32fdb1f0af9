// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/translate_error.hpp"

#include "dataplane/checksum.hpp"
#include "dataplane/packet.hpp"

#include <algorithm>

namespace mt6d::dataplane {
namespace {

constexpr std::size_t error_headers =
    sizeof(EthernetHeader) + sizeof(Ipv6Header) + sizeof(Icmpv6Error) + sizeof(Ipv6Header);

// Where the job's text is: what of `payload` from `at` on was quoted, at most `most` bytes.
void point_to(CryptoJob& job, rte_mbuf* packet, Bytes payload, std::size_t at, std::size_t most) {
    const auto offset = payload.data() + at - rte_pktmbuf_mtod(packet, const std::uint8_t*);
    job.packet = packet;
    job.text = rte_pktmbuf_mtod_offset(packet, std::uint8_t*, offset);
    job.length = static_cast<std::uint32_t>(std::min(payload.size() - at, most));
}

// Counter mode: what seals, opens. The tag that sealing writes says nothing, and lands on the
// packet's own or behind the quote.
std::optional<Reason> prepare_gcm(rte_mbuf* packet, const QuoteView& quote,
                                  const RouteContext& route, CryptoJob& job) {
    const auto* number = view_of<be64_t>(quote.payload);
    if (number == nullptr) {
        return Reason::error_cut;
    }
    if (quote.udp_payload < sizeof(be64_t) + sizeof(ClearHeader) + gcm_tag_size
        || (number->value() & number_mask) != quote.encryption->number) {
        return Reason::error_not_ours;
    }
    point_to(job, packet, quote.payload, sizeof(be64_t),
             quote.udp_payload - sizeof(be64_t) - gcm_tag_size);
    const auto behind =
        static_cast<std::size_t>(job.text + job.length - rte_pktmbuf_mtod(packet, std::uint8_t*));
    if (behind + gcm_tag_size > packet->data_len
        && rte_pktmbuf_append(packet,
                              static_cast<std::uint16_t>(behind + gcm_tag_size - packet->data_len))
               == nullptr) {
        return Reason::no_tailroom;
    }
    put(put(job.iv.data(), route.quote->nonce_salt), *number);
    job.additional.fill(0); // of the tag alone
    return std::nullopt;
}

std::optional<Reason> prepare_cbc(rte_mbuf* packet, const QuoteView& quote,
                                  const RouteContext& route, CryptoJob& job) {
    constexpr std::array<std::uint8_t, 5> zeros{};
    point_to(job, packet, quote.payload, 0,
             quote.payload.size() / cipher_block_size * cipher_block_size);
    std::uint8_t* const at = put(put(job.iv.data(), be64_t(route.salt)), zeros);
    std::copy(quote.encryption->data.begin() + 1, quote.encryption->data.end(), at);
    return std::nullopt;
}

// `clear` as far as it was quoted.
Parsed<Bytes> decrypt(rte_mbuf* packet, const QuoteView& quote, const RouteContext& route,
                      CryptoEngine& engine) {
    const Cipher cipher = route.stream->cipher;
    const bool gcm = cipher == Cipher::aes_256_gcm;
    CryptoJob job;
    if (const auto reason =
            gcm ? prepare_gcm(packet, quote, route, job) : prepare_cbc(packet, quote, route, job)) {
        return *reason;
    }
    if (job.length < sizeof(ClearHeader)) {
        return Reason::error_cut;
    }
    job.key = route.quote->key;
    engine.run(gcm ? Operation::seal : Operation::open, cipher, {&job, 1});
    if (job.failed) {
        return Reason::crypto_failed;
    }
    return Bytes{job.text, job.length};
}

} // namespace

Parsed<QuoteView> check_quote(const ErrorView& error, const RouteContext& route) {
    const auto quote = parse_quote(*error.quoted, error.rest);
    if (!quote) {
        return quote;
    }
    const StreamContext& stream = *route.stream;
    const auto state =
        static_cast<std::uint16_t>(quote->udp->destination_port.value() - stream.base_port);
    const auto algorithm = static_cast<std::uint8_t>(stream.cipher);
    const bool encrypted = stream.cipher != Cipher::none;
    if (quote->udp->source_port != route.source_port || state >= key_states
        || quote->encryption.has_value() != encrypted
        || (encrypted && quote->encryption->algorithm != algorithm)) {
        return Reason::error_not_ours;
    }
    return quote;
}

Parsed<QuotedInner> open_quote(rte_mbuf* packet, const QuoteView& quote, const RouteContext& route,
                               CryptoEngine* engine) {
    Bytes clear = quote.payload;
    if (route.stream->cipher != Cipher::none) {
        const auto decrypted = decrypt(packet, quote, route, *engine);
        if (!decrypted) {
            return decrypted.reason();
        }
        clear = *decrypted;
    }
    const auto* header = view_of<ClearHeader>(clear);
    if (header == nullptr) {
        return Reason::error_cut;
    }
    if (header->class_and_label.value() >> 28U != 6) {
        return Reason::error_unreadable;
    }
    // Behind it may be padding.
    const Bytes payload = clear.subspan(sizeof(ClearHeader));
    const std::size_t length = header->payload_length.value();
    return QuotedInner{*header, payload.first(std::min(payload.size(), length))};
}

HostError translate(const ErrorView& error, const QuoteView& quote, Cipher cipher,
                    std::uint32_t mtu, const Ipv6Address& source) {
    HostError told{error.error->icmp.type, error.error->icmp.code, 0, source};
    if (told.type == icmpv6_type::packet_too_big) {
        told.parameter = mtu;
    } else if (told.type == icmpv6_type::parameter_problem) {
        const std::uint32_t pointer = error.error->parameter.value();
        if (cipher == Cipher::none && pointer >= quote.clear_at) {
            const std::uint32_t at = pointer - quote.clear_at;
            const auto addresses = static_cast<std::uint32_t>(2 * sizeof(Ipv6Address));
            told.parameter = at < sizeof(ClearHeader) ? at : at + addresses;
        } else {
            told.type = icmpv6_type::destination_unreachable;
            told.code = unreachable_code::address;
        }
    }
    return told;
}

void write_error(rte_mbuf* packet, const FrameView& frame, const HostError& error,
                 const QuotedInner& inner, const RouteContext& route, const MacAddress& gateway) {
    const StreamContext& stream = *route.stream;
    const std::size_t quoted =
        std::min(inner.payload.size(), ipv6_minimum_mtu + sizeof(EthernetHeader) - error_headers);
    const std::size_t message = sizeof(Icmpv6Error) + sizeof(Ipv6Header) + quoted;
    // Copies: what is written lies over them.
    const Ipv6Header ipv6{frame.ipv6->class_and_label,
                          be16_t(static_cast<std::uint16_t>(message)),
                          protocol::icmpv6,
                          frame.ipv6->hop_limit,
                          error.source,
                          stream.local};
    const Ipv6Header about{inner.header.class_and_label,
                           inner.header.payload_length,
                           inner.header.next_header,
                           inner.header.hop_limit,
                           stream.local,
                           stream.remote};
    Icmpv6Error icmp{{error.type, error.code, be16_t(0)}, be32_t(error.parameter)};

    // The new headers end where the inner payload begins: they are shorter than those that came.
    const auto payload_at = static_cast<std::size_t>(
        inner.payload.data() - rte_pktmbuf_mtod(packet, const std::uint8_t*));
    rte_pktmbuf_adj(packet, static_cast<std::uint16_t>(payload_at - error_headers));
    rte_pktmbuf_trim(packet, static_cast<std::uint16_t>(packet->data_len - error_headers - quoted));
    auto* at = rte_pktmbuf_mtod(packet, std::uint8_t*);
    at = put(at, EthernetHeader{route.host_mac, gateway, be16_t(ether_type::ipv6)});
    at = put(at, ipv6);
    put(put(at, icmp), about);
    icmp.icmp.checksum = checksum_of(ipv6, protocol::icmpv6, {at, message});
    put(at, icmp);
}

} // namespace mt6d::dataplane
