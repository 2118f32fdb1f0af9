// SPDX-License-Identifier: BSD-3-Clause
// What a tunnel packet has to look like (docs/protocol.md, section 6), built from the text of the
// protocol. Addresses come from AddressHasher, which has its own vectors.
#pragma once

#include "control/config/config.hpp"
#include "control/crypto/packet_key.hpp"
#include "packet_builder.hpp"

#include <mt6d/salt.hpp>

#include <optional>

namespace mt6d::test {

// One direction of a stream during one salt.
struct Route {
    Ipv6Address source;
    Ipv6Address destination;
    std::uint16_t source_port = 0;
    std::uint32_t flow_label = 0;
    Salt salt = 0;
    PacketKey key{}; // of the stream's cipher
};
Route outgoing(const config::Stream& stream, Salt salt); // by the gateway under test
Route incoming(const config::Stream& stream, Salt salt); // by its peer

// How a tunnel packet differs from the ordinary one.
struct TunnelForm {
    std::uint16_t destination_port = 19766;
    std::uint8_t traffic_class = 0;
    std::uint8_t hop_limit = 64;
    std::uint8_t next_header = protocol::udp; // where there are no options
    std::optional<Octets> options{};          // whole destination options header
    std::optional<std::uint16_t> udp_length{};
    std::optional<std::uint16_t> checksum{};
};

// `clear` of section 6.
Octets clear_of(const Octets& inner);
Octets tunnel_of_clear(const Route& route, const Octets& clear, const TunnelForm& form = {});
inline Octets tunnel(const Route& route, const Octets& inner, const TunnelForm& form = {}) {
    return tunnel_of_clear(route, clear_of(inner), form);
}

// With the stream's cipher, which is not none.
struct SealedForm {
    TunnelForm outer{};
    std::optional<std::uint8_t> algorithm_and_pad{}; // another than is right
    std::optional<std::uint32_t> option_number{};    // likewise
    Octets more_options{};                           // behind the encryption option
};
Octets sealed_tunnel(const Route& route, std::uint64_t number, const Octets& inner,
                     const SealedForm& form = {});
Octets sealed_tunnel_of_clear(const Route& route, std::uint64_t number, const Octets& clear,
                              const SealedForm& form = {});
// What is sealed, or anything else in its place, as UDP payload.
Octets tunnel_of_sealed(const Route& route, std::uint8_t algorithm_and_pad,
                        std::uint32_t option_number, const Octets& payload,
                        const SealedForm& form = {});
// The number that an encrypted tunnel packet was sealed with; of aes-256-cbc its 24 bits.
std::uint64_t number_of(const Octets& tunnel_packet);
// The same packet with another route's addresses.
Octets moved_to(const Route& route, Octets tunnel_packet);
// Computes the UDP checksum of a tunnel packet anew, if there is one.
void mend_checksum(Octets& tunnel_packet);

// Destination options header before UDP, of these options, padded with PadN.
Octets options_header(const Octets& options);
Octets option(std::uint8_t type, const Octets& data);

// The inner packet of a control packet.
Octets control_packet(const Ipv6Address& from, const Ipv6Address& to);

} // namespace mt6d::test
