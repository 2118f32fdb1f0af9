// SPDX-License-Identifier: BSD-3-Clause
#include "traffic.hpp"

#include <mt6d/checksum.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace mt6d::bench {
namespace {

constexpr std::uint8_t udp_protocol = 17;
constexpr std::size_t ethernet_size = 14;
constexpr std::size_t ipv6_size = 40;
constexpr std::size_t udp_checksum_at = ethernet_size + ipv6_size + 6;

config::Host host(std::size_t number, bool is_remote) {
    Ipv6Address address{{0x20, 0x01, 0x0d, 0xb8, 0, 0x0a}};
    address.bytes[5] = is_remote ? 0x0b : 0x0a;
    address.bytes[13] = static_cast<std::uint8_t>(number >> 16U);
    address.bytes[14] = static_cast<std::uint8_t>(number >> 8U);
    address.bytes[15] = static_cast<std::uint8_t>(number);
    return {(is_remote ? "remote-" : "host-") + std::to_string(number), address,
            is_remote ? remote_mac : host_mac, std::nullopt};
}

config::SessionKey key(std::size_t number) {
    constexpr std::size_t digits = 128;
    std::string text = std::to_string(number + 1);
    text.insert(0, digits - text.size(), 'b');
    auto made = config::SessionKey::from_hex(text);
    return made ? *made : throw std::runtime_error(made.error().message);
}

template <std::size_t size>
void put(Frame& frame, const std::array<std::uint8_t, size>& bytes) {
    frame.insert(frame.end(), bytes.begin(), bytes.end());
}

void put16(Frame& frame, std::size_t value) {
    frame.push_back(static_cast<std::uint8_t>(value >> 8U));
    frame.push_back(static_cast<std::uint8_t>(value));
}

} // namespace

const MacAddress host_mac{{2, 0, 0, 0, 0, 0x0a}};
const MacAddress remote_mac{{2, 0, 0, 0, 0, 0x0b}};

Cipher cipher_named(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, Cipher>, 3> ciphers{
        {{"none", Cipher::none},
         {"aes-256-cbc", Cipher::aes_256_cbc},
         {"aes-256-gcm", Cipher::aes_256_gcm}}};
    for (const auto& [name, cipher] : ciphers) {
        if (name == text) {
            return cipher;
        }
    }
    throw std::runtime_error("no cipher '" + std::string(text)
                             + "': none, aes-256-cbc or aes-256-gcm");
}

std::vector<config::Stream> near_streams(const StreamForm& form) {
    std::vector<config::Stream> streams;
    for (std::size_t i = 0; i < form.streams; ++i) {
        config::Stream stream{
            "stream-" + std::to_string(i), host(i, false), host(i, true), key(i), {}};
        stream.options.cipher = form.cipher;
        stream.options.rotation = form.rotation;
        stream.options.lifetime = 3 * form.rotation;
        stream.options.rekey.method = KeyMethod::off;
        streams.push_back(stream);
    }
    return streams;
}

std::vector<config::Stream> far_streams(const StreamForm& form) {
    std::vector<config::Stream> streams = near_streams(form);
    for (config::Stream& stream : streams) {
        std::swap(stream.local, stream.remote);
    }
    return streams;
}

Frame host_frame(const config::Stream& stream, const MacAddress& gateway, std::size_t length) {
    const std::size_t udp_length = length - ethernet_size - ipv6_size;
    Frame frame;
    put(frame, gateway.bytes);
    put(frame, stream.local.mac.bytes);
    put16(frame, ether_type::ipv6);
    put(frame, std::array<std::uint8_t, 4>{0x60, 0, 0, 0});
    put16(frame, udp_length);
    put(frame, std::array<std::uint8_t, 2>{udp_protocol, 64});
    put(frame, stream.local.address.bytes);
    put(frame, stream.remote.address.bytes);
    put16(frame, 4000);
    put16(frame, 5000);
    put16(frame, udp_length);
    frame.resize(length);
    const std::uint64_t sum = sum_addresses(stream.local.address, stream.remote.address)
                              + summand(static_cast<std::uint16_t>(udp_length))
                              + summand(std::uint16_t{udp_protocol})
                              + sum_bytes(std::span(frame).subspan(ethernet_size + ipv6_size));
    const be16_t field = checksum_field(fold(sum));
    std::memcpy(&frame[udp_checksum_at], &field, sizeof(field));
    return frame;
}

rte_mbuf* packet_of(const Frame& frame, rte_mempool* pool) {
    rte_mbuf* const packet = rte_pktmbuf_alloc(pool);
    if (packet != nullptr) {
        auto* const at = reinterpret_cast<std::uint8_t*>(
            rte_pktmbuf_append(packet, static_cast<std::uint16_t>(frame.size())));
        std::copy(frame.begin(), frame.end(), at);
    }
    return packet;
}

} // namespace mt6d::bench
