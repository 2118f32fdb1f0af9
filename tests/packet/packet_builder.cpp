// SPDX-License-Identifier: BSD-3-Clause
#include "packet_builder.hpp"

#include <algorithm>
#include <stdexcept>

namespace mt6d::test {

Octets operator+(Octets left, const Octets& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

void append(Octets& to, std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = bytes; i-- > 0;) {
        to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
}

std::uint64_t read(const Octets& from, std::size_t at, std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
        value = value << 8U | from.at(at + i);
    }
    return value;
}

void write(Octets& to, std::size_t at, std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) {
        to.at(at + i) = static_cast<std::uint8_t>(value >> (8 * (bytes - 1 - i)));
    }
}

Octets slice(const Octets& bytes, std::size_t from, std::size_t count) {
    const std::size_t begin = std::min(from, bytes.size());
    const std::size_t size = std::min(count, bytes.size() - begin);
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(begin);
    return {first, first + static_cast<std::ptrdiff_t>(size)};
}

std::string hex(const Octets& bytes) {
    constexpr const char* digits = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 0xfU];
    }
    return text;
}

Octets pattern(std::size_t size, std::uint8_t seed) {
    Octets bytes(size);
    for (std::size_t i = 0; i < size; ++i) {
        bytes[i] = static_cast<std::uint8_t>(1 + (seed * 31 + i * 7) % 255);
    }
    return bytes;
}

Octets octets(const MacAddress& mac) {
    return {mac.bytes.begin(), mac.bytes.end()};
}

Octets octets(const Ipv6Address& address) {
    return {address.bytes.begin(), address.bytes.end()};
}

Ipv6Address address(const char* text) {
    const auto parsed = Ipv6Address::parse(text);
    return parsed ? *parsed : throw std::invalid_argument(text);
}

MacAddress mac(const char* text) {
    const auto parsed = MacAddress::parse(text);
    return parsed ? *parsed : throw std::invalid_argument(text);
}

std::uint16_t internet_checksum(const Ipv6Address& source, const Ipv6Address& destination,
                                std::uint8_t protocol, const Octets& segment) {
    Octets all(source.bytes.begin(), source.bytes.end());
    all.insert(all.end(), destination.bytes.begin(), destination.bytes.end());
    append(all, segment.size(), 4);
    append(all, protocol, 4);
    all = all + segment;
    if (all.size() % 2 != 0) {
        all.push_back(0);
    }
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < all.size(); i += 2) {
        sum += static_cast<std::uint32_t>(read(all, i, 2));
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    return static_cast<std::uint16_t>(~sum);
}

// --- IPv6 -------------------------------------------------------------------------------------

Packet& Packet::from(const Ipv6Address& source) {
    source_ = source;
    return *this;
}
Packet& Packet::to(const Ipv6Address& destination) {
    destination_ = destination;
    return *this;
}
Packet& Packet::hop_limit(std::uint8_t value) {
    hop_limit_ = value;
    return *this;
}
Packet& Packet::traffic_class(std::uint8_t value) {
    traffic_class_ = value;
    return *this;
}
Packet& Packet::flow_label(std::uint32_t value) {
    flow_label_ = value;
    return *this;
}
Packet& Packet::payload(Octets bytes) {
    payload_ = std::move(bytes);
    return *this;
}
Packet& Packet::extension(std::uint8_t type, Octets header) {
    extensions_.emplace_back(type, std::move(header));
    return *this;
}
Packet& Packet::checksum(std::uint16_t instead) {
    checksum_ = instead;
    return *this;
}
Packet& Packet::payload_length(std::uint16_t instead) {
    payload_length_ = instead;
    return *this;
}

Octets Packet::bytes() const {
    Octets segment = transport_ + payload_;
    if (protocol_ == protocol::udp && !transport_.empty()) {
        write(segment, 4, segment.size(), 2);
    }
    if (checksum_at_) {
        std::uint16_t sum = internet_checksum(source_, destination_, protocol_, segment);
        sum = protocol_ == protocol::udp && sum == 0 ? 0xffff : sum;
        write(segment, *checksum_at_, checksum_.value_or(sum), 2);
    }
    Octets chain;
    for (std::size_t i = 0; i < extensions_.size(); ++i) {
        Octets header = extensions_[i].second;
        header.at(0) = i + 1 < extensions_.size() ? extensions_[i + 1].first : protocol_;
        chain = chain + header;
    }
    Octets packet;
    append(packet, 0x60000000U | std::uint32_t{traffic_class_} << 20U | flow_label_, 4);
    append(packet, payload_length_.value_or(chain.size() + segment.size()), 2);
    packet.push_back(extensions_.empty() ? protocol_ : extensions_.front().first);
    packet.push_back(hop_limit_);
    packet.insert(packet.end(), source_.bytes.begin(), source_.bytes.end());
    packet.insert(packet.end(), destination_.bytes.begin(), destination_.bytes.end());
    return packet + chain + segment;
}

Packet udp6() {
    Packet packet;
    packet.protocol_ = protocol::udp;
    packet.transport_ = {0x30, 0x39, 0x00, 0x35, 0, 0, 0, 0};
    packet.checksum_at_ = 6;
    return packet;
}

Packet tcp6() {
    Packet packet;
    packet.protocol_ = protocol::tcp;
    packet.transport_ = {0x30, 0x39, 0x00, 0x50, 1,    2, 3, 4, 5, 6,
                         7,    8,    0x50, 0x10, 0x20, 0, 0, 0, 0, 0};
    packet.checksum_at_ = 16;
    return packet;
}

Packet icmp6(std::uint8_t type, std::uint8_t code) {
    Packet packet;
    packet.protocol_ = protocol::icmpv6;
    packet.transport_ = {type, code, 0, 0};
    packet.checksum_at_ = 2;
    return packet;
}

Packet packet_of(std::uint8_t next_header) {
    Packet packet;
    packet.protocol_ = next_header;
    return packet;
}

Octets padding_header() {
    return {0, 0, 1, 4, 0, 0, 0, 0};
}

Octets fragment_header(std::uint16_t offset_in_bytes, bool more, std::uint32_t id) {
    Octets header{0, 0};
    append(header, offset_in_bytes | (more ? 1U : 0U), 2);
    append(header, id, 4);
    return header;
}

// --- neighbour discovery ----------------------------------------------------------------------

Octets link_layer_option(std::uint8_t type, const MacAddress& mac) {
    Octets option{type, 1};
    option.insert(option.end(), mac.bytes.begin(), mac.bytes.end());
    return option;
}

Octets neighbor_body(std::uint32_t flags, const Ipv6Address& target, const Octets& options) {
    Octets body;
    append(body, flags, 4);
    body.insert(body.end(), target.bytes.begin(), target.bytes.end());
    return body + options;
}

Packet solicitation(const Ipv6Address& from, const Ipv6Address& to, const Ipv6Address& target,
                    const Octets& options) {
    return icmp6(135).from(from).to(to).hop_limit(255).payload(neighbor_body(0, target, options));
}

Packet advertisement(const Ipv6Address& from, const Ipv6Address& to, const Ipv6Address& target,
                     std::uint32_t flags, const Octets& options) {
    return icmp6(136).from(from).to(to).hop_limit(255).payload(
        neighbor_body(flags, target, options));
}

// --- Ethernet ---------------------------------------------------------------------------------

Octets frame(const MacAddress& to, const MacAddress& from, const Octets& packet,
             std::uint16_t type) {
    Octets bytes(to.bytes.begin(), to.bytes.end());
    bytes.insert(bytes.end(), from.bytes.begin(), from.bytes.end());
    append(bytes, type, 2);
    return bytes + packet;
}

} // namespace mt6d::test
