// SPDX-License-Identifier: BSD-3-Clause
// The one validating parser: contiguous bytes become views of headers, or the reason why not.
// Nothing else casts packet memory. A view points into the bytes it was made from.
#pragma once

#include <mt6d/checksum.hpp>
#include <mt6d/reason.hpp>
#include <mt6d/wire.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace mt6d {

using Bytes = std::span<const std::uint8_t>;

// A view, or the reason why there is none.
template <class View>
class Parsed {
public:
    constexpr Parsed(const View& view)
        : view_(view), ok_(true) {}                      // NOLINT(google-explicit-constructor)
    constexpr Parsed(Reason reason) : reason_(reason) {} // NOLINT(google-explicit-constructor)

    constexpr explicit operator bool() const { return ok_; }
    constexpr const View& operator*() const { return view_; }
    constexpr const View* operator->() const { return &view_; }
    [[nodiscard]] constexpr Reason reason() const { return reason_; }

private:
    View view_{};
    Reason reason_{};
    bool ok_ = false;
};

// Precondition for view_at(): sizeof(Header) bytes are there.
template <class Header>
const Header* view_at(const std::uint8_t* bytes) {
    static_assert(alignof(Header) == 1);
    return reinterpret_cast<const Header*>(bytes);
}

template <class Header>
const Header* view_of(Bytes bytes, std::size_t offset = 0) {
    return offset + sizeof(Header) <= bytes.size() ? view_at<Header>(bytes.data() + offset)
                                                   : nullptr;
}

// --- Ethernet and IPv6 ------------------------------------------------------------------------

// No member has an initial value: bursts hold arrays of these.
struct FrameView {
    const EthernetHeader* ethernet;
    const Ipv6Header* ipv6;
    std::uint16_t payload_length; // bytes after the IPv6 header, all of them there

    [[nodiscard]] Bytes payload() const {
        return {view_at<std::uint8_t>(reinterpret_cast<const std::uint8_t*>(ipv6 + 1)),
                payload_length};
    }
    [[nodiscard]] std::size_t packet_length() const { return sizeof(Ipv6Header) + payload_length; }
    // Without what the link padded.
    [[nodiscard]] std::size_t frame_length() const {
        return sizeof(EthernetHeader) + packet_length();
    }
};

inline Reason why_not_ipv6(const EthernetHeader& ethernet) {
    const std::uint16_t type = ethernet.type.value();
    return type == ether_type::vlan || type == ether_type::service_vlan ? Reason::vlan_tagged
                                                                        : Reason::not_ipv6;
}

inline Parsed<FrameView> parse_frame(Bytes frame) {
    const auto* ethernet = view_of<EthernetHeader>(frame);
    if (ethernet == nullptr) {
        return Reason::frame_truncated;
    }
    if (ethernet->type != be16_t(ether_type::ipv6)) [[unlikely]] {
        return why_not_ipv6(*ethernet);
    }
    const auto* ipv6 = view_of<Ipv6Header>(frame, sizeof(EthernetHeader));
    if (ipv6 == nullptr) [[unlikely]] {
        return Reason::frame_truncated;
    }
    if (ipv6->version() != 6) [[unlikely]] {
        return Reason::ip_version;
    }
    const std::uint16_t length = ipv6->payload_length.value();
    if (length == 0 && ipv6->next_header == protocol::hop_by_hop) [[unlikely]] {
        return Reason::jumbo_payload;
    }
    if (sizeof(EthernetHeader) + sizeof(Ipv6Header) + length > frame.size()) [[unlikely]] {
        return Reason::payload_length;
    }
    return FrameView{ethernet, ipv6, length};
}

// --- extension headers (RFC 8200, 4) ----------------------------------------------------------

constexpr bool is_extension_header(std::uint8_t next_header) {
    switch (next_header) {
    case protocol::hop_by_hop:
    case protocol::routing:
    case protocol::fragment:
    case protocol::authentication:
    case protocol::destination_options:
    case protocol::mobility:
    case protocol::hip:
    case protocol::shim6:
        return true;
    default:
        return false;
    }
}

// Where the chain of extension headers ends.
struct UpperLayer {
    std::uint8_t protocol = 0;
    bool fragment = false;       // a fragment header was passed
    bool later_fragment = false; // the upper layer's header is in another packet
    std::uint16_t offset = 0;    // into the payload
};

inline constexpr unsigned longest_header_chain = 8;

// A first fragment has to hold the whole chain (RFC 7112).
inline Parsed<UpperLayer> find_upper_layer(std::uint8_t next_header, Bytes payload) {
    UpperLayer upper{.protocol = next_header};
    for (unsigned headers = 0; is_extension_header(upper.protocol); ++headers) {
        const auto* header = view_of<ExtensionHeader>(payload, upper.offset);
        if (header == nullptr || headers == longest_header_chain) {
            return Reason::header_chain;
        }
        std::size_t length = 8 * (std::size_t{header->length} + 1);
        if (upper.protocol == protocol::authentication) {
            length = 4 * (std::size_t{header->length} + 2);
        } else if (upper.protocol == protocol::fragment) {
            length = sizeof(FragmentHeader);
            const auto* fragment = view_of<FragmentHeader>(payload, upper.offset);
            if (fragment == nullptr) {
                return Reason::header_chain;
            }
            upper.fragment = true;
            if (fragment->offset_and_flags.value() >> 3U != 0) {
                upper.later_fragment = true;
                upper.protocol = fragment->next_header;
                upper.offset = static_cast<std::uint16_t>(upper.offset + length);
                return upper;
            }
        }
        if (upper.offset + length > payload.size()) {
            return Reason::header_chain;
        }
        upper.protocol = header->next_header;
        upper.offset = static_cast<std::uint16_t>(upper.offset + length);
    }
    return upper;
}

// Whether a packet is neighbour discovery, which is never tunnelled (section 2).
struct DiscoveryCheck {
    bool discovery;
    bool fragment;
    std::uint16_t offset; // of the ICMPv6 header in the payload
};

inline Parsed<DiscoveryCheck> check_discovery(std::uint8_t next_header, Bytes payload) {
    if (next_header != protocol::icmpv6 && !is_extension_header(next_header)) [[likely]] {
        return DiscoveryCheck{false, false, 0};
    }
    const auto upper = find_upper_layer(next_header, payload);
    if (!upper) {
        return upper.reason();
    }
    if (upper->protocol != protocol::icmpv6 || upper->later_fragment
        || upper->offset >= payload.size() || !is_discovery_type(payload[upper->offset])) {
        return DiscoveryCheck{false, false, 0};
    }
    return DiscoveryCheck{true, upper->fragment, upper->offset};
}

// --- TCP (RFC 9293, 3.2) ----------------------------------------------------------------------

// Where the two bytes of the MSS option's value lie. Nothing where there is none, or where options
// are not well formed up to there.
inline std::optional<std::size_t> find_mss(Bytes segment) {
    constexpr std::size_t whole_option = 4;
    const auto* tcp = view_of<TcpHeader>(segment);
    if (tcp == nullptr || tcp->length() > segment.size()) {
        return std::nullopt;
    }
    std::size_t at = sizeof(TcpHeader);
    while (at < tcp->length() && segment[at] != tcp_option::end) {
        if (segment[at] == tcp_option::no_operation) {
            ++at;
            continue;
        }
        const std::size_t length = at + 1 < tcp->length() ? segment[at + 1] : 0;
        if (length < 2 || at + length > tcp->length()) {
            return std::nullopt;
        }
        if (segment[at] == tcp_option::maximum_segment_size) {
            return length == whole_option ? std::optional(at + 2) : std::nullopt;
        }
        at += length;
    }
    return std::nullopt;
}

// --- the tunnel (docs/protocol.md, section 6) -------------------------------------------------

struct EncryptionOption {
    std::uint8_t algorithm = 0; // of Cipher
    std::uint8_t pad = 0;
    std::uint32_t number = 0;                                          // 24 bits
    std::array<std::uint8_t, tunnel_option::encryption_length> data{}; // all that, as it came
};

struct TunnelOptions {
    std::optional<EncryptionOption> encryption;
    std::optional<Bytes> key;
};

// `area`: what follows the two bytes of the destination options header.
inline Parsed<TunnelOptions> parse_tunnel_options(Bytes area) {
    TunnelOptions options;
    std::size_t at = 0;
    while (at < area.size()) {
        const std::uint8_t type = area[at];
        if (type == tunnel_option::pad1) {
            ++at;
            continue;
        }
        if (at + 2 > area.size() || at + 2 + area[at + 1] > area.size()) {
            return Reason::options_malformed;
        }
        const Bytes data = area.subspan(at + 2, area[at + 1]);
        at += 2 + data.size();
        if (type == tunnel_option::pad_n) {
            continue;
        }
        if (type == tunnel_option::encryption) {
            if (options.encryption) {
                return Reason::option_repeated;
            }
            if (data.size() != tunnel_option::encryption_length) {
                return Reason::options_malformed;
            }
            options.encryption = EncryptionOption{
                static_cast<std::uint8_t>(data[0] >> 4U),
                static_cast<std::uint8_t>(data[0] & 0xfU),
                static_cast<std::uint32_t>(data[1] << 16U | data[2] << 8U | data[3]),
                {data[0], data[1], data[2], data[3]}};
        } else if (type == tunnel_option::key) {
            if (options.key) {
                return Reason::option_repeated;
            }
            options.key = data;
        } else {
            return Reason::option_unknown;
        }
    }
    return options;
}

struct TunnelView {
    const UdpHeader* udp = nullptr;
    TunnelOptions options;
    Bytes payload; // of UDP
};

// `payload`: what follows the outer IPv6 header. The checksum is not looked at.
inline Parsed<TunnelView> parse_tunnel(std::uint8_t next_header, Bytes payload) {
    TunnelView view;
    std::size_t offset = 0;
    if (next_header == protocol::destination_options) {
        const auto* header = view_of<ExtensionHeader>(payload);
        const std::size_t length = header == nullptr ? 0 : 8 * (std::size_t{header->length} + 1);
        if (header == nullptr || length > payload.size()) {
            return Reason::options_malformed;
        }
        const auto options = parse_tunnel_options(
            payload.subspan(sizeof(ExtensionHeader), length - sizeof(ExtensionHeader)));
        if (!options) {
            return options.reason();
        }
        view.options = *options;
        next_header = header->next_header;
        offset = length;
    }
    if (next_header != protocol::udp) {
        return is_extension_header(next_header) ? Reason::extension_header : Reason::not_udp;
    }
    view.udp = view_of<UdpHeader>(payload, offset);
    if (view.udp == nullptr || view.udp->length.value() != payload.size() - offset) {
        return Reason::udp_length;
    }
    view.payload = payload.subspan(offset + sizeof(UdpHeader));
    return view;
}

// The inner packet as `clear` holds it (section 6): form alone, after decryption.
inline Parsed<const ClearHeader*> parse_clear(Bytes clear) {
    const auto* header = view_of<ClearHeader>(clear);
    if (header == nullptr) {
        return Reason::inner_truncated;
    }
    if (header->class_and_label.value() >> 28U != 6) {
        return Reason::inner_version;
    }
    if (header->payload_length.value() != clear.size() - sizeof(ClearHeader)) {
        return Reason::inner_length;
    }
    return header;
}

// --- neighbour discovery (RFC 4861, 7.1 and 4.6) ----------------------------------------------

struct NeighborView {
    const NeighborMessage* message = nullptr;
    std::optional<MacAddress>
        link_layer; // source's in a solicitation, target's in an advertisement
};

inline Parsed<std::optional<MacAddress>> parse_link_layer_option(Bytes options,
                                                                 std::uint8_t wanted) {
    std::optional<MacAddress> found;
    while (!options.empty()) {
        if (options.size() < 2 || options[1] == 0 || std::size_t{options[1]} * 8 > options.size()) {
            return Reason::discovery_malformed;
        }
        const auto* option = view_of<LinkLayerOption>(options);
        if (option->type == wanted && option->length == 1 && !found) {
            found = option->address;
        }
        options = options.subspan(std::size_t{options[1]} * 8);
    }
    return found;
}

// Redirects: RFC 4861, 8.1 but for hop limit and checksum. `icmp`: from the ICMPv6 header on.
inline Parsed<const RedirectMessage*> parse_redirect(const Ipv6Header& ipv6, Bytes icmp) {
    const auto* message = view_of<RedirectMessage>(icmp);
    if (message == nullptr || message->icmp.code != 0 || !ipv6.source.is_link_local()
        || message->destination.is_multicast()
        || (!message->target.is_link_local() && message->target != message->destination)) {
        return Reason::discovery_malformed;
    }
    const auto options = parse_link_layer_option(icmp.subspan(sizeof(RedirectMessage)),
                                                 discovery_option::target_link_layer);
    return options ? Parsed<const RedirectMessage*>(message) : options.reason();
}

// Neighbour solicitations and advertisements: checks of RFC 4861, 7.1.1 and 7.1.2 but for hop
// limit and checksum. `icmp`: from the ICMPv6 header on.
inline Parsed<NeighborView> parse_neighbor(const Ipv6Header& ipv6, Bytes icmp) {
    const auto* message = view_of<NeighborMessage>(icmp);
    if (message == nullptr || message->icmp.code != 0 || message->target.is_multicast()
        || ipv6.source.is_multicast()) {
        return Reason::discovery_malformed;
    }
    const bool solicitation = message->icmp.type == icmpv6_type::neighbor_solicitation;
    const auto link_layer = parse_link_layer_option(
        icmp.subspan(sizeof(NeighborMessage)),
        solicitation ? discovery_option::source_link_layer : discovery_option::target_link_layer);
    if (!link_layer) {
        return link_layer.reason();
    }
    if (*link_layer && ((*link_layer)->is_multicast() || (*link_layer)->is_zero())) {
        return Reason::discovery_malformed; // nobody's own address
    }
    if (solicitation && ipv6.source.is_unspecified()
        && (link_layer->has_value()
            || ipv6.destination != message->target.solicited_node_group())) {
        return Reason::discovery_malformed;
    }
    if (!solicitation && ipv6.destination.is_multicast()
        && (message->flags.value() & advertisement_flag::solicited) != 0) {
        return Reason::discovery_malformed;
    }
    return NeighborView{message, *link_layer};
}

} // namespace mt6d
