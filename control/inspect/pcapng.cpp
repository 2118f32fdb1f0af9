// SPDX-License-Identifier: BSD-3-Clause
#include "control/inspect/pcapng.hpp"

#include <array>
#include <cstring>

namespace mt6d::pcapng {
namespace {

namespace block {
constexpr std::uint32_t interface = 1;
constexpr std::uint32_t statistics = 5;
constexpr std::uint32_t packet = 6;
} // namespace block

namespace option {
constexpr std::uint16_t end = 0;
constexpr std::uint16_t comment = 1;
constexpr std::uint16_t packet_flags = 2;
constexpr std::uint16_t interface_name = 2;
constexpr std::uint16_t interface_description = 3;
constexpr std::uint16_t application = 4;
constexpr std::uint16_t seen = 4;
constexpr std::uint16_t lost = 5;
constexpr std::uint16_t resolution = 9;
} // namespace option

constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
constexpr std::uint64_t unknown_length = ~std::uint64_t{0};
constexpr std::uint16_t ethernet = 1;
constexpr std::uint8_t nanoseconds = 9; // a tenth to the power of this
constexpr std::size_t alignment = 4;

template <class Word>
std::array<std::uint8_t, sizeof(Word)> octets_of(Word word) {
    std::array<std::uint8_t, sizeof(Word)> octets;
    std::memcpy(octets.data(), &word, sizeof(word));
    return octets;
}

} // namespace

template <class Word>
void Blocks::put(Word word) {
    const auto octets = octets_of(word);
    bytes_.insert(bytes_.end(), octets.begin(), octets.end());
}

void Blocks::put_padded(Bytes bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment);
}

void Blocks::put_time(std::int64_t unix_ns) {
    const auto time = static_cast<std::uint64_t>(unix_ns);
    put(static_cast<std::uint32_t>(time >> 32U));
    put(static_cast<std::uint32_t>(time));
}

void Blocks::put_option(std::uint16_t code, Bytes value) {
    put(code);
    put(static_cast<std::uint16_t>(value.size()));
    put_padded(value);
}

void Blocks::put_option(std::uint16_t code, std::string_view value) {
    put_option(code, Bytes(reinterpret_cast<const std::uint8_t*>(value.data()), value.size()));
}

void Blocks::begin(std::uint32_t type) {
    begin_ = bytes_.size();
    put(type);
    put(std::uint32_t{0}); // the length, which end() knows
}

void Blocks::end() {
    put_option(option::end, Bytes{});
    const auto length = static_cast<std::uint32_t>(bytes_.size() - begin_ + sizeof(std::uint32_t));
    put(length);
    std::memcpy(&bytes_[begin_ + sizeof(std::uint32_t)], &length, sizeof(length));
}

void Blocks::add_section(std::string_view application) {
    begin(section_block);
    put(byte_order_magic);
    put(std::uint16_t{1}); // version 1.0
    put(std::uint16_t{0});
    put(unknown_length);
    put_option(option::application, application);
    end();
}

void Blocks::add_interface(std::string_view name, std::string_view description) {
    begin(block::interface);
    put(ethernet);
    put(std::uint16_t{0});
    put(std::uint32_t{0}); // frames are not cut
    put_option(option::interface_name, name);
    put_option(option::interface_description, description);
    put_option(option::resolution, octets_of(nanoseconds));
    end();
}

void Blocks::add_packet(const Packet& packet) {
    const auto length = static_cast<std::uint32_t>(packet.frame.size());
    begin(block::packet);
    put(packet.interface);
    put_time(packet.unix_ns);
    put(length); // here, and on the wire
    put(length);
    put_padded(packet.frame);
    put_option(option::packet_flags, octets_of(static_cast<std::uint32_t>(packet.direction)));
    if (!packet.comment.empty()) {
        put_option(option::comment, packet.comment);
    }
    end();
}

void Blocks::add_statistics(std::uint32_t interface, std::int64_t unix_ns, std::uint64_t seen,
                            std::uint64_t lost) {
    begin(block::statistics);
    put(interface);
    put_time(unix_ns);
    put_option(option::seen, octets_of(seen));
    put_option(option::lost, octets_of(lost));
    end();
}

} // namespace mt6d::pcapng
