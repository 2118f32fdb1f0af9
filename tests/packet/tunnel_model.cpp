// SPDX-License-Identifier: BSD-3-Clause
#include "tunnel_model.hpp"

#include "control/hashed_address.hpp"

namespace mt6d::test {
namespace {

Route route(const config::Stream& stream, const config::Host& from, const config::Host& to,
            Salt salt) {
    const AddressHasher hash(stream.options.hash);
    const HashedAddress source = hash.derive(from, stream.key.bytes(), salt);
    return {source.address, hash.derive(to, stream.key.bytes(), salt).address, source.source_port,
            stream.options.flow_labels ? source.flow_label : 0};
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
