// SPDX-License-Identifier: BSD-3-Clause
// Hashed addresses (docs/protocol.md, section 4).
#include "control/hashed_address.hpp"
#include "tests/support/vectors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mt6d {
namespace {

config::Hash hash_named(const std::string& name) {
    static const std::map<std::string, config::Hash> hashes{{"sha256", config::Hash::sha256},
                                                            {"sha384", config::Hash::sha384},
                                                            {"sha512", config::Hash::sha512}};
    return hashes.at(name);
}

config::Host host_of(const nlohmann::json& vector) {
    config::Host host;
    host.address = Ipv6Address::parse(vector.at("true").get<std::string>()).value();
    host.mac = MacAddress::parse(vector.at("mac").get<std::string>()).value();
    if (!vector.at("prefix").is_null()) {
        host.hashed_prefix = Ipv6Prefix::parse(vector.at("prefix").get<std::string>()).value();
    }
    return host;
}

TEST(AddressHasher, derives_every_published_vector) {
    for (const auto& vector : test::vectors("addresses.json")) {
        SCOPED_TRACE(vector.dump());
        const AddressHasher hasher(hash_named(vector.at("hash")));
        const auto key = test::from_hex(vector.at("key").get<std::string>());
        const HashedAddress hashed = hasher.derive(host_of(vector), key, vector.at("salt"));

        EXPECT_EQ(hashed.address.text(), vector.at("hashed").get<std::string>());
        EXPECT_EQ(hashed.flow_label, vector.at("flow_label").get<std::uint32_t>());
        EXPECT_EQ(hashed.source_port, vector.at("source_port").get<std::uint16_t>());
    }
}

TEST(AddressHasher, one_object_derives_one_vector_after_another) {
    std::map<config::Hash, AddressHasher> hashers;
    for (int round = 0; round < 2; ++round) {
        for (const auto& vector : test::vectors("addresses.json")) {
            SCOPED_TRACE(vector.dump());
            const auto hash = hash_named(vector.at("hash"));
            const auto& hasher = hashers.try_emplace(hash, hash).first->second;
            const auto key = test::from_hex(vector.at("key").get<std::string>());
            EXPECT_EQ(hasher.derive(host_of(vector), key, vector.at("salt")).address.text(),
                      vector.at("hashed").get<std::string>());
        }
    }
}

struct OneBitRow {
    const char* what;
    void (*change)(config::Host&, std::vector<std::uint8_t>& key, Salt&);
    bool address_changes;
};

TEST(AddressHasher, every_input_that_is_hashed_changes_the_identifier) {
    const OneBitRow rows[] = {
        {"first byte of the identifier",
         [](auto& host, auto&, auto&) { host.address.bytes[8] ^= 0x80; }, true},
        {"last byte of the identifier",
         [](auto& host, auto&, auto&) { host.address.bytes[15] ^= 1; }, true},
        {"prefix", [](auto& host, auto&, auto&) { host.address.bytes[7] ^= 1; }, false},
        {"first byte of the MAC", [](auto& host, auto&, auto&) { host.mac.bytes[0] ^= 2; }, true},
        {"last byte of the MAC", [](auto& host, auto&, auto&) { host.mac.bytes[5] ^= 1; }, true},
        {"first byte of the key", [](auto&, auto& key, auto&) { key.front() ^= 1; }, true},
        {"last byte of the key", [](auto&, auto& key, auto&) { key.back() ^= 1; }, true},
        {"low bit of the salt", [](auto&, auto&, auto& salt) { salt ^= 1; }, true},
        {"high bit of the salt", [](auto&, auto&, auto& salt) { salt ^= Salt{1} << 63; }, true},
    };
    config::Host host;
    host.address = Ipv6Address::parse("2001:db8:1::a").value();
    host.mac = MacAddress::parse("02:00:00:00:00:0a").value();
    const std::vector<std::uint8_t> key(config::SessionKey::max_size, 0x5a);
    const AddressHasher hasher(config::Hash::sha256);
    const auto iid = [](const HashedAddress& hashed) {
        return std::vector(hashed.address.bytes.begin() + 8, hashed.address.bytes.end());
    };
    const auto before = iid(hasher.derive(host, key, 1000));

    for (const OneBitRow& row : rows) {
        SCOPED_TRACE(row.what);
        auto changed_host = host;
        auto changed_key = key;
        Salt salt = 1000;
        row.change(changed_host, changed_key, salt);
        EXPECT_EQ(iid(hasher.derive(changed_host, changed_key, salt)) != before,
                  row.address_changes);
    }
}

TEST(AddressHasher, a_hashed_prefix_replaces_the_true_one_and_nothing_else) {
    config::Host host;
    host.address = Ipv6Address::parse("2001:db8:1::a").value();
    host.mac = MacAddress::parse("02:00:00:00:00:0a").value();
    const std::vector<std::uint8_t> key(16, 1);
    const AddressHasher hasher(config::Hash::sha256);
    HashedAddress expected = hasher.derive(host, key, 7);
    const auto prefix = Ipv6Prefix::parse("2001:db8:ff:1::/64").value();
    std::copy_n(prefix.address.bytes.begin(), 8, expected.address.bytes.begin());

    host.hashed_prefix = prefix;
    EXPECT_EQ(hasher.derive(host, key, 7), expected);
}

TEST(AddressHasher, source_port_and_flow_label_stay_in_their_ranges) {
    config::Host host;
    host.address = Ipv6Address::parse("2001:db8::1").value();
    const std::vector<std::uint8_t> key(16, 1);
    const AddressHasher hasher(config::Hash::sha512);
    std::uint32_t port_bits = 0;
    std::uint32_t label_bits = 0;
    for (Salt salt = 0; salt < 1000; ++salt) {
        const auto hashed = hasher.derive(host, key, salt);
        ASSERT_GE(hashed.source_port, 0xc000U);
        ASSERT_LE(hashed.flow_label, 0xfffffU);
        port_bits |= hashed.source_port;
        label_bits |= hashed.flow_label;
    }
    EXPECT_EQ(port_bits, 0xffffU) << "a bit of the source port is never set";
    EXPECT_EQ(label_bits, 0xfffffU) << "a bit of the flow label is never set";
}

TEST(AddressHasher, refuses_a_key_that_is_too_long) {
    const std::vector<std::uint8_t> key(config::SessionKey::max_size + 1, 1);
    EXPECT_THROW(std::ignore = AddressHasher(config::Hash::sha256).derive({}, key, 1),
                 std::invalid_argument);
}

constexpr std::uint64_t true_iid = 0x1111222233334444;
constexpr std::uint64_t fits = 0xaaaabbbbccccdddd;
constexpr std::uint64_t other = 0x0123456789abcdef;

struct SelectionRow {
    const char* what;
    std::array<std::uint64_t, 4> words; // of the digest
    std::optional<std::uint64_t> selected;
};

TEST(SelectIid, takes_the_first_word_that_is_neither_reserved_nor_the_true_one) {
    constexpr std::uint64_t anycast_first = 0xfdffffffffffff80;
    constexpr std::uint64_t anycast_last = 0xfdffffffffffffff;
    const SelectionRow rows[] = {
        {"the first fits", {fits, other, other, other}, fits},
        {"zero is reserved", {0, fits, other, other}, fits},
        {"one is not", {1, fits, other, other}, 1},
        {"below the anycast range", {anycast_first - 1, fits, other, other}, anycast_first - 1},
        {"start of the anycast range", {anycast_first, fits, other, other}, fits},
        {"within the anycast range", {anycast_first + 5, fits, other, other}, fits},
        {"end of the anycast range", {anycast_last, fits, other, other}, fits},
        {"above the anycast range", {anycast_last + 1, fits, other, other}, anycast_last + 1},
        {"the true one", {true_iid, fits, other, other}, fits},
        {"the third", {0, true_iid, fits, other}, fits},
        {"the fourth", {0, true_iid, anycast_last, fits}, fits},
        {"none", {0, true_iid, anycast_last, anycast_first}, std::nullopt},
    };
    for (const SelectionRow& row : rows) {
        SCOPED_TRACE(row.what);
        std::array<std::uint8_t, 32> digest{};
        for (std::size_t i = 0; i < digest.size(); ++i) {
            digest[i] = static_cast<std::uint8_t>(row.words[i / 8] >> (56 - 8 * (i % 8)));
        }
        EXPECT_EQ(select_iid(digest, true_iid), row.selected);
    }
}

} // namespace
} // namespace mt6d
