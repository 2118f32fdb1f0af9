// SPDX-License-Identifier: BSD-3-Clause
// Packet keys (docs/protocol.md, section 5), shown by what they open: the tunnel packets of an
// independent implementation.
#include "control/crypto/packet_key.hpp"
#include "tests/support/reference_cipher.hpp"
#include "tests/support/vectors.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace mt6d {
namespace {

using test::Octets;

// The parts of one vector's tunnel packet: IPv6, options header of 8 bytes, UDP, payload.
struct Sealed {
    Octets additional; // option data, outer source, outer destination
    Octets text;       // and the tag of aes-256-gcm
    Octets inner;      // what is to come out
    Salt salt = 0;
    std::uint64_t number = 0;
    Ipv6Address sender;
    Ipv6Address receiver;
    config::SessionKey session_key;
    Cipher cipher = Cipher::none;
};

Octets slice(const Octets& octets, std::size_t from, std::size_t to) {
    return {octets.begin() + static_cast<std::ptrdiff_t>(from),
            octets.begin() + static_cast<std::ptrdiff_t>(to)};
}

Octets concat(std::initializer_list<Octets> parts) {
    Octets all;
    for (const Octets& part : parts) {
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

Octets octets_of(const Ipv6Address& address) {
    return {address.bytes.begin(), address.bytes.end()};
}

Sealed read(const nlohmann::json& vector) {
    const auto address = [&](const char* whose) {
        return Ipv6Address::parse(vector.at(whose).at("address").get<std::string>()).value();
    };
    const Octets outer = test::from_hex(vector.at("outer").get<std::string>());
    Sealed sealed;
    sealed.cipher =
        vector.at("cipher") == "aes-256-cbc" ? Cipher::aes_256_cbc : Cipher::aes_256_gcm;
    sealed.additional = concat({slice(outer, 44, 48), slice(outer, 8, 40)});
    const std::size_t number_size = sealed.cipher == Cipher::aes_256_gcm ? 8 : 0;
    sealed.text = slice(outer, 56 + number_size, outer.size());
    sealed.inner = test::from_hex(vector.at("inner").get<std::string>());
    sealed.salt = vector.at("salt");
    sealed.number = std::stoull(vector.at("number").get<std::string>());
    sealed.sender = address("sender");
    sealed.receiver = address("receiver");
    sealed.session_key = *config::SessionKey::from_hex(vector.at("session_key").get<std::string>());
    return sealed;
}

// The inner packet, and behind it the padding of aes-256-cbc.
std::optional<Octets> open(const Sealed& sealed, const PacketKey& key) {
    const auto clear =
        test::open_reference(key, sealed.salt, sealed.number, sealed.text, sealed.additional);
    if (!clear) {
        return std::nullopt;
    }
    return concat({slice(*clear, 0, 8), octets_of(sealed.sender), octets_of(sealed.receiver),
                   slice(*clear, 8, clear->size())});
}

std::vector<Sealed> sealed_vectors() {
    std::vector<Sealed> all;
    for (const auto& vector : test::vectors("packets.json")) {
        if (vector.at("cipher") != "none") {
            all.push_back(read(vector));
        }
    }
    return all;
}

TEST(PacketKey, opens_every_published_vector) {
    std::map<Cipher, int> opened;
    for (const Sealed& sealed : sealed_vectors()) {
        SCOPED_TRACE(sealed.sender.text());
        const PacketKey key =
            derive_packet_key(sealed.session_key, sealed.cipher, sealed.sender, sealed.receiver);
        EXPECT_EQ(key.cipher, sealed.cipher);
        Octets expected = sealed.inner;
        while (sealed.cipher == Cipher::aes_256_cbc && (expected.size() - 32) % 16 != 0) {
            expected.push_back(0);
        }
        EXPECT_EQ(open(sealed, key), expected);
        const Octets clear =
            concat({slice(sealed.inner, 0, 8), slice(sealed.inner, 40, sealed.inner.size())});
        EXPECT_EQ(test::seal_reference(key, sealed.salt, sealed.number, clear, sealed.additional),
                  sealed.text);
        ++opened[sealed.cipher];
    }
    EXPECT_GT(opened[Cipher::aes_256_cbc], 0);
    EXPECT_GT(opened[Cipher::aes_256_gcm], 0);
}

TEST(PacketKey, is_another_for_the_other_direction_cipher_and_session_key) {
    const Sealed sealed = sealed_vectors().front();
    const auto derive = [&](Cipher cipher, const Ipv6Address& from, const Ipv6Address& to) {
        return derive_packet_key(sealed.session_key, cipher, from, to).encryption;
    };
    const auto cbc = derive(Cipher::aes_256_cbc, sealed.sender, sealed.receiver);
    EXPECT_EQ(derive(Cipher::aes_256_cbc, sealed.sender, sealed.receiver), cbc);
    EXPECT_NE(derive(Cipher::aes_256_cbc, sealed.receiver, sealed.sender), cbc);
    EXPECT_NE(derive(Cipher::aes_256_gcm, sealed.sender, sealed.receiver), cbc);
    const auto other = *config::SessionKey::generate();
    EXPECT_NE(
        derive_packet_key(other, Cipher::aes_256_cbc, sealed.sender, sealed.receiver).encryption,
        cbc);
}

TEST(PacketKey, is_derived_from_the_shortest_session_key_too) {
    const auto shortest = *config::SessionKey::from_hex("000102030405060708090a0b0c0d0e0f");
    const PacketKey key =
        derive_packet_key(shortest, Cipher::aes_256_gcm, Ipv6Address{}, Ipv6Address{});
    EXPECT_NE(key.encryption, PacketKey{}.encryption);
    EXPECT_NE(key.nonce_salt, PacketKey{}.nonce_salt);
}

} // namespace
} // namespace mt6d
