// SPDX-License-Identifier: BSD-3-Clause
// Packets as bytes, written the slow and obvious way: nothing here is shared with the code under
// test but the addresses' types.
#pragma once

#include <mt6d/address.hpp>
#include <mt6d/wire.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mt6d::test {

using Octets = std::vector<std::uint8_t>;

Octets operator+(Octets left, const Octets& right);
void append(Octets& to, std::uint64_t value, std::size_t bytes); // big-endian
std::uint64_t read(const Octets& from, std::size_t at, std::size_t bytes);
void write(Octets& to, std::size_t at, std::uint64_t value, std::size_t bytes);
Octets slice(const Octets& bytes, std::size_t from, std::size_t count = SIZE_MAX);
std::string hex(const Octets& bytes);
// So many bytes that differ from each other and from zero.
Octets pattern(std::size_t size, std::uint8_t seed = 1);

Octets octets(const MacAddress& mac);
Octets octets(const Ipv6Address& address);
Ipv6Address address(const char* text);
MacAddress mac(const char* text);

// RFC 1071 over a pseudo header and `segment`, whose checksum field counts as it stands.
std::uint16_t internet_checksum(const Ipv6Address& source, const Ipv6Address& destination,
                                std::uint8_t protocol, const Octets& segment);

// An IPv6 packet: udp6().from(a).to(b).payload(20).
class Packet {
public:
    Packet& from(const Ipv6Address& source);
    Packet& to(const Ipv6Address& destination);
    Packet& hop_limit(std::uint8_t value);
    Packet& traffic_class(std::uint8_t value);
    Packet& flow_label(std::uint32_t value);
    Packet& payload(Octets bytes); // of the transport
    Packet& payload(std::size_t size) { return payload(pattern(size)); }
    // Puts an extension header before the transport, behind those put there before. Its first
    // byte, the next header, is filled in.
    Packet& extension(std::uint8_t type, Octets header);
    Packet& checksum(std::uint16_t instead);
    Packet& payload_length(std::uint16_t instead);

    [[nodiscard]] Octets bytes() const;
    operator Octets() const { return bytes(); } // NOLINT(google-explicit-constructor)

private:
    friend Packet udp6();
    friend Packet tcp6();
    friend Packet icmp6(std::uint8_t type, std::uint8_t code);
    friend Packet packet_of(std::uint8_t next_header);

    Ipv6Address source_{};
    Ipv6Address destination_{};
    std::uint8_t hop_limit_ = 61;
    std::uint8_t traffic_class_ = 0;
    std::uint32_t flow_label_ = 0;
    std::vector<std::pair<std::uint8_t, Octets>> extensions_;
    std::uint8_t protocol_ = protocol::none;
    Octets transport_; // its header, checksum 0
    Octets payload_;
    std::optional<std::size_t> checksum_at_;
    std::optional<std::uint16_t> checksum_;
    std::optional<std::uint16_t> payload_length_;
};

Packet udp6();
Packet tcp6();
Packet icmp6(std::uint8_t type, std::uint8_t code = 0);
Packet packet_of(std::uint8_t next_header); // the payload is what follows the IPv6 header

// `count` 8-byte extension headers can be made of this: length 0 and six bytes of PadN.
Octets padding_header();
Octets fragment_header(std::uint16_t offset_in_bytes, bool more, std::uint32_t id = 0x1234);

// --- neighbour discovery ----------------------------------------------------------------------

Octets link_layer_option(std::uint8_t type, const MacAddress& mac);
// Without options: add them with body().
Octets neighbor_body(std::uint32_t flags, const Ipv6Address& target, const Octets& options = {});
// Hop limit 255.
Packet solicitation(const Ipv6Address& from, const Ipv6Address& to, const Ipv6Address& target,
                    const Octets& options = {});
Packet advertisement(const Ipv6Address& from, const Ipv6Address& to, const Ipv6Address& target,
                     std::uint32_t flags, const Octets& options = {});

// --- Ethernet ---------------------------------------------------------------------------------

Octets frame(const MacAddress& to, const MacAddress& from, const Octets& packet,
             std::uint16_t type = 0x86dd);

} // namespace mt6d::test
