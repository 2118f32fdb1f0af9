// SPDX-License-Identifier: BSD-3-Clause
// The messages of key exchange and their cryptography (docs/protocol.md, sections 5 and 9), held
// against an independent implementation's.
#include "control/exchange/key_message.hpp"
#include "control/exchange/openssl_exchange_crypto.hpp"
#include "tests/unit/key_exchange_vectors.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mt6d {
namespace {

using test::exchange_vectors;
using test::ExchangeVector;
using test::Octets;

Octets octets(std::span<const std::uint8_t> bytes) {
    return {bytes.begin(), bytes.end()};
}

KeyMessage parsed(const Octets& bytes) {
    return std::get<KeyMessage>(parse_key_message(bytes));
}

KeyRefusal refusal(const Octets& bytes) {
    return std::get<KeyRefusal>(parse_key_message(bytes));
}

class KeyMessages : public testing::Test {
protected:
    PrivateKey private_key(const Octets& bytes) {
        PrivateKey key;
        std::copy(bytes.begin(), bytes.end(), key.bytes.begin());
        return key;
    }
    std::optional<PublicKeys> public_keys(const ExchangeVector& vector) {
        if (vector.kind == KeyMethod::wrap) {
            return std::nullopt;
        }
        return PublicKeys{crypto.public_key(private_key(vector.initiator_private)),
                          crypto.public_key(private_key(vector.responder_private))};
    }
    // K_mac and K_wrap of what the initiator sends, and of what the responder does.
    ExchangeKeys from_initiator(const ExchangeVector& v, const config::SessionKey& key) {
        return crypto.derive(key, {v.initiator, v.responder});
    }
    ExchangeKeys from_responder(const ExchangeVector& v, const config::SessionKey& key) {
        return crypto.derive(key, {v.responder, v.initiator});
    }

    OpensslExchangeCrypto crypto;
};

TEST_F(KeyMessages, are_made_byte_for_byte_as_published) {
    for (const ExchangeVector& v : exchange_vectors()) {
        const auto keys = public_keys(v);
        const KeyMessageSubject subject{v.kind, v.epoch, v.change_time};
        const ExchangeKeys old_keys = from_initiator(v, v.old_key);
        const WrappedKey wrapped = crypto.wrap(old_keys.wrap, v.new_key);
        const auto offered = keys ? std::span<const std::uint8_t>(keys->initiator) : wrapped;
        const auto accepted =
            keys ? std::span<const std::uint8_t>(keys->responder) : std::span<std::uint8_t>();

        EXPECT_EQ(octets(make_key_message(crypto, subject, KeyStep::offer, offered, old_keys.mac,
                                          std::nullopt)
                             .bytes()),
                  v.offer);
        EXPECT_EQ(octets(make_key_message(crypto, subject, KeyStep::accept, accepted,
                                          from_responder(v, v.new_key).mac, keys)
                             .bytes()),
                  v.accept);
        EXPECT_EQ(octets(make_key_message(crypto, subject, KeyStep::confirm, {},
                                          from_initiator(v, v.new_key).mac, keys)
                             .bytes()),
                  v.confirm);
    }
}

TEST_F(KeyMessages, give_both_sides_the_published_key) {
    for (const ExchangeVector& v : exchange_vectors()) {
        const KeyMessage offer = parsed(v.offer);
        if (v.kind == KeyMethod::wrap) {
            EXPECT_EQ(crypto.unwrap(from_initiator(v, v.old_key).wrap, offer.body), v.new_key);
            EXPECT_EQ(crypto.unwrap(from_responder(v, v.old_key).wrap, offer.body), std::nullopt);
            continue;
        }
        const PublicKeys keys{offer.public_key(), parsed(v.accept).public_key()};
        EXPECT_EQ(crypto.agree(private_key(v.initiator_private), keys.responder, v.old_key,
                               keys.initiator, keys.responder),
                  v.new_key);
        EXPECT_EQ(crypto.agree(private_key(v.responder_private), keys.initiator, v.old_key,
                               keys.initiator, keys.responder),
                  v.new_key);
    }
}

TEST_F(KeyMessages, are_read_field_by_field) {
    for (const ExchangeVector& v : exchange_vectors()) {
        for (const auto& [bytes, step] : {std::pair{v.offer, KeyStep::offer},
                                          {v.accept, KeyStep::accept},
                                          {v.confirm, KeyStep::confirm}}) {
            const KeyMessage message = parsed(bytes);
            EXPECT_EQ(message.kind, v.kind);
            EXPECT_EQ(message.step, step);
            EXPECT_EQ(message.epoch, v.epoch);
            EXPECT_EQ(message.change_time, v.change_time);
        }
    }
}

TEST_F(KeyMessages, have_their_length_and_no_other) {
    for (const ExchangeVector& v : exchange_vectors()) {
        for (const Octets& whole : {v.offer, v.accept, v.confirm}) {
            for (std::size_t size = 0; size <= 255; ++size) {
                Octets bytes = whole;
                bytes.resize(size);
                if (size < key_message::smallest) {
                    EXPECT_EQ(refusal(bytes), KeyRefusal::too_short);
                } else if (size != whole.size()) {
                    EXPECT_EQ(refusal(bytes), KeyRefusal::wrong_length) << size;
                }
            }
        }
    }
}

TEST_F(KeyMessages, of_an_unknown_kind_or_name_are_refused) {
    for (unsigned value = 0; value < 256; ++value) {
        Octets kind = exchange_vectors().front().confirm;
        Octets message = kind;
        kind[0] = static_cast<std::uint8_t>(value);
        message[1] = static_cast<std::uint8_t>(value);
        EXPECT_EQ(std::holds_alternative<KeyMessage>(parse_key_message(kind)),
                  value == 1 || value == 2);
        EXPECT_EQ(value == 1 || value == 2 || refusal(kind) == KeyRefusal::unknown_kind, true);
        if (value == 0 || value > 3) {
            EXPECT_EQ(refusal(message), KeyRefusal::unknown_message);
        }
    }
}

TEST_F(KeyMessages, have_a_mac_over_every_bit_of_them_with_the_key_of_their_direction) {
    for (const ExchangeVector& v : exchange_vectors()) {
        const auto right = from_initiator(v, v.old_key).mac;
        EXPECT_TRUE(has_right_mac(crypto, parsed(v.offer), right, std::nullopt));
        EXPECT_FALSE(
            has_right_mac(crypto, parsed(v.offer), from_responder(v, v.old_key).mac, std::nullopt));
        EXPECT_FALSE(
            has_right_mac(crypto, parsed(v.offer), from_initiator(v, v.new_key).mac, std::nullopt));
        for (std::size_t bit = 16; bit < 8 * v.offer.size(); ++bit) { // kind and message apart
            Octets changed = v.offer;
            changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
            EXPECT_FALSE(has_right_mac(crypto, parsed(changed), right, std::nullopt)) << bit;
        }
    }
}

TEST_F(KeyMessages, of_x25519_have_macs_over_both_public_keys) {
    for (const ExchangeVector& v : exchange_vectors()) {
        auto keys = public_keys(v);
        const auto accepts = from_responder(v, v.new_key).mac;
        const auto confirms = from_initiator(v, v.new_key).mac;
        EXPECT_TRUE(has_right_mac(crypto, parsed(v.accept), accepts, keys));
        EXPECT_TRUE(has_right_mac(crypto, parsed(v.confirm), confirms, keys));
        if (!keys) {
            continue;
        }
        for (PublicKey* key : {&keys->initiator, &keys->responder}) {
            (*key)[0] ^= 1U;
            EXPECT_FALSE(has_right_mac(crypto, parsed(v.accept), accepts, keys));
            EXPECT_FALSE(has_right_mac(crypto, parsed(v.confirm), confirms, keys));
            (*key)[0] ^= 1U;
        }
    }
}

TEST_F(KeyMessages, give_no_key_for_a_public_key_of_small_order) {
    const PrivateKey own = private_key(test::exchange_vectors().at(1).initiator_private);
    const auto old_key = test::exchange_vectors().at(1).old_key;
    for (const char* point : {
             "0000000000000000000000000000000000000000000000000000000000000000",
             "0100000000000000000000000000000000000000000000000000000000000000",
             "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
             "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
             "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
             "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
             "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
         }) {
        PublicKey peer{};
        const Octets bytes = test::from_hex(point);
        std::copy(bytes.begin(), bytes.end(), peer.begin());
        EXPECT_EQ(crypto.agree(own, peer, old_key, peer, peer), std::nullopt) << point;
    }
}

TEST_F(KeyMessages, wrap_as_rfc_3394_does) {
    // 4.6: a key of 256 bits with a key of 256 bits; here twice as long, so by its property: what
    // is changed anywhere does not unwrap.
    const ExchangeVector v = exchange_vectors().front();
    const auto wrap = from_initiator(v, v.old_key).wrap;
    const WrappedKey wrapped = crypto.wrap(wrap, v.new_key);
    for (std::size_t bit = 0; bit < 8 * wrapped.size(); ++bit) {
        WrappedKey changed = wrapped;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        EXPECT_EQ(crypto.unwrap(wrap, changed), std::nullopt) << bit;
    }
    EXPECT_EQ(crypto.unwrap(wrap, std::span(wrapped).first(64)), std::nullopt);
}

TEST_F(KeyMessages, know_a_configured_key_by_a_fingerprint_that_is_not_it) {
    const ExchangeVector v = exchange_vectors().front();
    const auto print = crypto.fingerprint(v.old_key);
    EXPECT_EQ(print, crypto.fingerprint(v.old_key));
    EXPECT_NE(print, crypto.fingerprint(v.new_key));
    const auto key = v.old_key.bytes();
    EXPECT_EQ(std::search(key.begin(), key.end(), print.begin(), print.begin() + 8), key.end());
}

} // namespace
} // namespace mt6d
