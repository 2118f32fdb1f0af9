// SPDX-License-Identifier: BSD-3-Clause
#include "tunnel_model.hpp"

#include "control/hashed_address.hpp"
#include "support/reference_cipher.hpp"

namespace mt6d::test {
namespace {

Route route(const config::Stream& stream, const config::Host& from, const config::Host& to,
            Salt salt) {
    const AddressHasher hash(stream.options.hash);
    const HashedAddress source = hash.derive(from, stream.key.bytes(), salt);
    Route made{source.address,
               hash.derive(to, stream.key.bytes(), salt).address,
               source.source_port,
               stream.options.flow_labels ? source.flow_label : 0,
               salt,
               {}};
    if (stream.options.cipher != Cipher::none) {
        made.key = derive_packet_key(stream.key, stream.options.cipher, from.address, to.address);
    }
    return made;
}

} // namespace

Route outgoing(const config::Stream& stream, Salt salt) {
    return route(stream, stream.local, stream.remote, salt);
}

Route incoming(const config::Stream& stream, Salt salt) {
    return route(stream, stream.remote, stream.local, salt);
}

Octets clear_of(const Octets& inner) {
    return slice(inner, 0, 8) + slice(inner, 40);
}

Octets tunnel_of_clear(const Route& route, const Octets& clear, const TunnelForm& form) {
    Octets udp;
    append(udp, route.source_port, 2);
    append(udp, form.destination_port, 2);
    append(udp, form.udp_length.value_or(8 + clear.size()), 2);
    append(udp, 0, 2);
    udp = udp + clear;
    const std::uint16_t sum =
        internet_checksum(route.source, route.destination, protocol::udp, udp);
    write(udp, 6, form.checksum.value_or(sum == 0 ? 0xffff : sum), 2);
    const Octets options = form.options.value_or(Octets{});
    return packet_of(options.empty() ? form.next_header : protocol::destination_options)
        .from(route.source)
        .to(route.destination)
        .hop_limit(form.hop_limit)
        .traffic_class(form.traffic_class)
        .flow_label(route.flow_label)
        .payload(options + udp);
}

Octets tunnel_of_sealed(const Route& route, std::uint8_t algorithm_and_pad,
                        std::uint32_t option_number, const Octets& payload,
                        const SealedForm& form) {
    Octets data{form.algorithm_and_pad.value_or(algorithm_and_pad)};
    append(data, form.option_number.value_or(option_number) & 0xffffff, 3);
    TunnelForm outer = form.outer;
    outer.options = options_header(option(0xdb, data) + form.more_options);
    return tunnel_of_clear(route, payload, outer);
}

Octets sealed_tunnel_of_clear(const Route& route, std::uint64_t number, const Octets& clear,
                              const SealedForm& form) {
    const auto low = static_cast<std::uint32_t>(number & 0xffffff);
    if (route.key.cipher == Cipher::aes_256_cbc) {
        const auto pad = static_cast<std::uint8_t>((16 - clear.size() % 16) % 16);
        return tunnel_of_sealed(route, static_cast<std::uint8_t>(0x10 | pad), low,
                                seal_reference(route.key, route.salt, number, clear), form);
    }
    Octets additional{form.algorithm_and_pad.value_or(0x20)};
    append(additional, form.option_number.value_or(low) & 0xffffff, 3);
    additional = additional + octets(route.source) + octets(route.destination);
    Octets payload;
    append(payload, number, 8);
    return tunnel_of_sealed(
        route, 0x20, low,
        payload + seal_reference(route.key, route.salt, number, clear, additional), form);
}

Octets sealed_tunnel(const Route& route, std::uint64_t number, const Octets& inner,
                     const SealedForm& form) {
    return sealed_tunnel_of_clear(route, number, clear_of(inner), form);
}

std::uint64_t number_of(const Octets& tunnel_packet) {
    const bool gcm = read(tunnel_packet, 44, 1) >> 4U == 2;
    return gcm ? read(tunnel_packet, 56, 8) : read(tunnel_packet, 45, 3);
}

Octets moved_to(const Route& route, Octets tunnel_packet) {
    std::copy(route.source.bytes.begin(), route.source.bytes.end(), tunnel_packet.begin() + 8);
    std::copy(route.destination.bytes.begin(), route.destination.bytes.end(),
              tunnel_packet.begin() + 24);
    mend_checksum(tunnel_packet);
    return tunnel_packet;
}

void mend_checksum(Octets& tunnel_packet) {
    const std::size_t udp_at = read(tunnel_packet, 6, 1) == protocol::destination_options
                                   ? 40 + 8 * (read(tunnel_packet, 41, 1) + 1)
                                   : 40;
    if (udp_at + 8 > tunnel_packet.size()) {
        return; // not to be found
    }
    Ipv6Address source;
    Ipv6Address destination;
    std::copy_n(tunnel_packet.begin() + 8, 16, source.bytes.begin());
    std::copy_n(tunnel_packet.begin() + 24, 16, destination.bytes.begin());
    write(tunnel_packet, udp_at + 6, 0, 2);
    const std::uint16_t sum =
        internet_checksum(source, destination, protocol::udp, slice(tunnel_packet, udp_at));
    write(tunnel_packet, udp_at + 6, sum == 0 ? 0xffff : sum, 2);
}

Octets option(std::uint8_t type, const Octets& data) {
    return Octets{type, static_cast<std::uint8_t>(data.size())} + data;
}

Octets options_header(const Octets& options) {
    Octets header = Octets{protocol::udp, 0} + options;
    if (const std::size_t rest = header.size() % 8; rest == 7) {
        header.push_back(0);
    } else if (rest != 0) {
        header = header + option(1, Octets(8 - rest - 2));
    }
    header[1] = static_cast<std::uint8_t>(header.size() / 8 - 1);
    return header;
}

Octets control_packet(const Ipv6Address& from, const Ipv6Address& to) {
    return packet_of(59).from(from).to(to).hop_limit(0);
}

} // namespace mt6d::test
