// SPDX-License-Identifier: BSD-3-Clause
// Every constant and header of docs/protocol.md, and of the RFCs beneath it, as they lie on the
// wire. All structs are byte-aligned.
#pragma once

#include <mt6d/address.hpp>
#include <mt6d/endian.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace mt6d {

// --- Ethernet ---------------------------------------------------------------------------------

struct EthernetHeader {
    MacAddress destination;
    MacAddress source;
    be16_t type;
};
static_assert(sizeof(EthernetHeader) == 14);

namespace ether_type {
inline constexpr std::uint16_t ipv6 = 0x86dd;
inline constexpr std::uint16_t vlan = 0x8100;
inline constexpr std::uint16_t service_vlan = 0x88a8;
} // namespace ether_type

// --- IPv6 (RFC 8200) --------------------------------------------------------------------------

struct Ipv6Header {
    be32_t class_and_label; // version 4 bits, traffic class 8, flow label 20
    be16_t payload_length;  // bytes after this header
    std::uint8_t next_header;
    std::uint8_t hop_limit;
    Ipv6Address source;
    Ipv6Address destination;

    [[nodiscard]] constexpr std::uint8_t version() const {
        return static_cast<std::uint8_t>(class_and_label.value() >> 28U);
    }
    [[nodiscard]] constexpr std::uint8_t traffic_class() const {
        return static_cast<std::uint8_t>(class_and_label.value() >> 20U);
    }
    [[nodiscard]] constexpr std::uint32_t flow_label() const {
        return class_and_label.value() & 0xfffffU;
    }
    static constexpr be32_t first_word(std::uint8_t traffic_class, std::uint32_t flow_label) {
        return be32_t(0x60000000U | static_cast<std::uint32_t>(traffic_class) << 20U | flow_label);
    }
};
static_assert(sizeof(Ipv6Header) == 40 && alignof(Ipv6Header) == 1);

// The two bits of the traffic class that say what of congestion (RFC 3168, 5).
namespace ecn {
inline constexpr std::uint8_t not_capable = 0;
inline constexpr std::uint8_t capable_1 = 1;
inline constexpr std::uint8_t capable_0 = 2;
inline constexpr std::uint8_t congestion = 3;
inline constexpr std::uint8_t mask = 3;
} // namespace ecn

inline constexpr std::uint32_t ipv6_minimum_mtu = 1280; // RFC 8200, 5

namespace protocol {
inline constexpr std::uint8_t hop_by_hop = 0;
inline constexpr std::uint8_t tcp = 6;
inline constexpr std::uint8_t udp = 17;
inline constexpr std::uint8_t routing = 43;
inline constexpr std::uint8_t fragment = 44;
inline constexpr std::uint8_t authentication = 51;
inline constexpr std::uint8_t icmpv6 = 58;
inline constexpr std::uint8_t none = 59;
inline constexpr std::uint8_t destination_options = 60;
inline constexpr std::uint8_t mobility = 135;
inline constexpr std::uint8_t hip = 139;
inline constexpr std::uint8_t shim6 = 140;
} // namespace protocol

// First eight bytes of every extension header but the authentication header.
struct ExtensionHeader {
    std::uint8_t next_header;
    std::uint8_t length; // in units of 8 bytes, the first 8 not counted
};
static_assert(sizeof(ExtensionHeader) == 2);

struct FragmentHeader {
    std::uint8_t next_header;
    std::uint8_t reserved;
    be16_t offset_and_flags; // offset 13 bits in units of 8 bytes, reserved 2, more 1
    be32_t identification;
};
static_assert(sizeof(FragmentHeader) == 8);

struct UdpHeader {
    be16_t source_port;
    be16_t destination_port;
    be16_t length; // header included
    be16_t checksum;
};
static_assert(sizeof(UdpHeader) == 8 && alignof(UdpHeader) == 1);

struct TcpHeader {
    be16_t source_port;
    be16_t destination_port;
    be32_t sequence;
    be32_t acknowledgement;
    std::uint8_t offset; // of the data, 4 bits, in words of 4 bytes
    std::uint8_t flags;
    be16_t window;
    be16_t checksum;
    be16_t urgent;

    [[nodiscard]] constexpr bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
    // Of this header and its options, bytes.
    [[nodiscard]] constexpr std::size_t length() const { return std::size_t{offset} / 16 * 4; }
};
static_assert(sizeof(TcpHeader) == 20 && alignof(TcpHeader) == 1);

namespace tcp_flag {
inline constexpr std::uint8_t syn = 0x02;
} // namespace tcp_flag

namespace tcp_option {
inline constexpr std::uint8_t end = 0;
inline constexpr std::uint8_t no_operation = 1;
inline constexpr std::uint8_t maximum_segment_size = 2;
} // namespace tcp_option

// --- ICMPv6 (RFC 4443) and neighbour discovery (RFC 4861) -------------------------------------

struct Icmpv6Header {
    std::uint8_t type;
    std::uint8_t code;
    be16_t checksum;
};
static_assert(sizeof(Icmpv6Header) == 4);

namespace icmpv6_type {
inline constexpr std::uint8_t destination_unreachable = 1;
inline constexpr std::uint8_t packet_too_big = 2;
inline constexpr std::uint8_t time_exceeded = 3;
inline constexpr std::uint8_t parameter_problem = 4;
inline constexpr std::uint8_t first_informational = 128; // those below are errors
inline constexpr std::uint8_t router_solicitation = 133;
inline constexpr std::uint8_t router_advertisement = 134;
inline constexpr std::uint8_t neighbor_solicitation = 135;
inline constexpr std::uint8_t neighbor_advertisement = 136;
inline constexpr std::uint8_t redirect = 137;
} // namespace icmpv6_type

constexpr bool is_discovery_type(std::uint8_t type) {
    return type >= icmpv6_type::router_solicitation && type <= icmpv6_type::redirect;
}

namespace unreachable_code {
inline constexpr std::uint8_t address = 3;
inline constexpr std::uint8_t policy = 5; // the source address breaks a rule of the gateway
} // namespace unreachable_code

// Errors share this form; as much of the packet that they are about as fits follows.
struct Icmpv6Error {
    Icmpv6Header icmp;
    be32_t parameter; // Packet Too Big: the MTU. Parameter Problem: the pointer. Else 0
};
static_assert(sizeof(Icmpv6Error) == 8);

// Solicitation and advertisement share this form; options follow.
struct NeighborMessage {
    Icmpv6Header icmp;
    be32_t flags; // advertisement alone
    Ipv6Address target;
};
static_assert(sizeof(NeighborMessage) == 24);

struct RedirectMessage {
    Icmpv6Header icmp;
    be32_t reserved;
    Ipv6Address target;
    Ipv6Address destination;
};
static_assert(sizeof(RedirectMessage) == 40);

namespace advertisement_flag {
inline constexpr std::uint32_t router = 0x80000000;
inline constexpr std::uint32_t solicited = 0x40000000;
inline constexpr std::uint32_t override_cache = 0x20000000;
} // namespace advertisement_flag

struct LinkLayerOption {
    std::uint8_t type;
    std::uint8_t length; // in units of 8 bytes: 1
    MacAddress address;
};
static_assert(sizeof(LinkLayerOption) == 8);

namespace discovery_option {
inline constexpr std::uint8_t source_link_layer = 1;
inline constexpr std::uint8_t target_link_layer = 2;
} // namespace discovery_option

inline constexpr std::uint8_t max_hop_limit = 255;

// --- The tunnel (docs/protocol.md, section 6) -------------------------------------------------

inline constexpr std::uint8_t tunnel_hop_limit = 64;
inline constexpr std::uint16_t key_states = 4; // destination port = base + 0 to 3 (section 9)

// The inner IPv6 header without its two addresses: what `clear` begins with.
struct ClearHeader {
    be32_t class_and_label;
    be16_t payload_length;
    std::uint8_t next_header;
    std::uint8_t hop_limit;
};
static_assert(sizeof(ClearHeader) == 8);
static_assert(sizeof(ClearHeader) + 2 * sizeof(Ipv6Address) == sizeof(Ipv6Header));

// A packet of the gateways themselves: class and label 0, nothing in it, hop limit 0.
inline constexpr ClearHeader control_header{be32_t(0x60000000U), be16_t(0), protocol::none, 0};

constexpr bool is_control_packet(const ClearHeader& header) {
    return header.class_and_label == control_header.class_and_label
           && header.payload_length == control_header.payload_length
           && header.next_header == control_header.next_header
           && header.hop_limit == control_header.hop_limit;
}

namespace tunnel_option {
inline constexpr std::uint8_t pad1 = 0;
inline constexpr std::uint8_t pad_n = 1;
inline constexpr std::uint8_t key = 0xcc;
inline constexpr std::uint8_t encryption = 0xdb;
inline constexpr std::uint8_t encryption_length = 4;
} // namespace tunnel_option

// Their values are the algorithm's numbers in the encryption option.
enum class Cipher : std::uint8_t { none, aes_256_cbc, aes_256_gcm };

// Destination options header with the encryption option alone.
struct EncryptionHeader {
    std::uint8_t next_header;
    std::uint8_t length; // 0: eight bytes
    std::uint8_t option_type;
    std::uint8_t option_length;
    std::uint8_t algorithm_and_pad; // algorithm 4 bits, pad 4 bits
    std::array<std::uint8_t, 3> number;

    static constexpr EncryptionHeader of(Cipher cipher, std::uint8_t pad, std::uint32_t number) {
        return {.next_header = protocol::udp,
                .length = 0,
                .option_type = tunnel_option::encryption,
                .option_length = tunnel_option::encryption_length,
                .algorithm_and_pad =
                    static_cast<std::uint8_t>(static_cast<unsigned>(cipher) << 4U | pad),
                .number = {static_cast<std::uint8_t>(number >> 16U),
                           static_cast<std::uint8_t>(number >> 8U),
                           static_cast<std::uint8_t>(number)}};
    }
};
static_assert(sizeof(EncryptionHeader) == 8 && alignof(EncryptionHeader) == 1);

inline constexpr std::uint32_t cipher_block_size = 16;
// Most that a cipher adds behind the inner packet: a tag, or pad bytes.
inline constexpr std::uint32_t cipher_trailer_size = 16;
inline constexpr std::uint32_t number_mask = 0xffffff; // the option's 24 bits

// What the tunnel adds to an inner packet with cipher none: IPv6 and UDP headers, less the two
// inner addresses.
inline constexpr std::uint32_t clear_overhead =
    sizeof(Ipv6Header) + sizeof(UdpHeader) - 2 * sizeof(Ipv6Address);
static_assert(clear_overhead == 16);

// Length of the tunnel packet of an inner packet of `length` bytes (section 6).
constexpr std::uint32_t tunnel_length(std::uint32_t length, Cipher cipher) {
    switch (cipher) {
    case Cipher::none:
        break;
    case Cipher::aes_256_cbc: {
        const auto clear = length - static_cast<std::uint32_t>(2 * sizeof(Ipv6Address));
        return 56 + (clear + cipher_block_size - 1) / cipher_block_size * cipher_block_size;
    }
    case Cipher::aes_256_gcm:
        return length + 48;
    }
    return length + clear_overhead;
}

// Largest inner packet that fits a tunnel packet of `mtu` bytes (section 8). Precondition:
// mtu >= 1280.
constexpr std::uint32_t inner_mtu(std::uint32_t mtu, Cipher cipher) {
    switch (cipher) {
    case Cipher::none:
        return mtu - clear_overhead;
    case Cipher::aes_256_cbc:
        return 16 * ((mtu - 56) / 16) + 32;
    case Cipher::aes_256_gcm:
        return mtu - 48;
    }
    return mtu - 56;
}

// Largest inner packet that a host may send without hearing Packet Too Big (section 8.1).
constexpr std::uint32_t host_mtu(std::uint32_t mtu, Cipher cipher) {
    return std::max(ipv6_minimum_mtu, inner_mtu(mtu, cipher));
}

// --- Key exchange (docs/protocol.md, section 9) -----------------------------------------------

// How a stream replaces its session key. Other values than `off` are the message's kind.
enum class KeyMethod : std::uint8_t { off, wrap, x25519 };

enum class KeyStep : std::uint8_t { offer = 1, accept, confirm };

// What the UDP destination port adds to the base port: the sender's part in an exchange.
enum class KeyState : std::uint8_t { idle, offering, accepted, confirming };

// The key option's data begin with this; a body and a MAC follow.
struct KeyMessageHeader {
    std::uint8_t kind;
    std::uint8_t message;
    be32_t epoch;
    be32_t change_time; // Unix seconds, their lower 32 bits
};
static_assert(sizeof(KeyMessageHeader) == 10 && alignof(KeyMessageHeader) == 1);

namespace key_message {
inline constexpr std::size_t mac_size = 16;
inline constexpr std::size_t new_key_size = 64;
inline constexpr std::size_t wrapped_key_size = new_key_size + 8; // RFC 3394
inline constexpr std::size_t public_key_size = 32;
inline constexpr std::size_t smallest = sizeof(KeyMessageHeader) + mac_size;
inline constexpr std::size_t largest = smallest + wrapped_key_size;

constexpr std::size_t body_size(KeyMethod kind, KeyStep step) {
    if (kind == KeyMethod::x25519) {
        return step == KeyStep::confirm ? 0 : public_key_size;
    }
    return step == KeyStep::offer ? wrapped_key_size : 0;
}
} // namespace key_message

} // namespace mt6d
