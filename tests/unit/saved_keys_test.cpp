// SPDX-License-Identifier: BSD-3-Clause
// The form in which keys are saved: what was encoded comes back, what is damaged does not pass.
#include "control/exchange/saved_keys.hpp"
#include "tests/unit/key_exchange_support.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace mt6d {
namespace {

// A restored gateway's keys at every stage of an exchange, in both roles and kinds.
std::vector<SavedKeys> stages() {
    std::vector<SavedKeys> found;
    for (const KeyMethod method : {KeyMethod::x25519, KeyMethod::wrap}) {
        test::CheapExchangeCrypto crypto;
        auto settings = test::usual_settings();
        auto mirrored = test::usual_settings(true);
        settings.method = mirrored.method = method;
        test::ExchangeGateway a(settings, crypto, test::exchange_start, 1);
        test::ExchangeGateway b(mirrored, crypto, test::exchange_start, 2);
        std::int64_t now = test::exchange_start;
        a.carry(now);
        for (int epoch = 1; epoch <= 2; ++epoch) {
            b.get(a.last_sent().value(), now);
            found.push_back(b.disk.value());
            a.get(b.last_sent().value(), now);
            found.push_back(a.disk.value());
            b.get(a.last_sent().value(), now);
            found.push_back(b.disk.value());
            now += 30 * test::second;
            a.run_until(now, true);
            b.run_until(now, true);
            for (auto* gateway : {&a, &b}) {
                gateway->hear(gateway->send_epoch, now);
                gateway->run_until(now + 40 * test::second, true);
                found.push_back(gateway->disk.value());
            }
            a.take_sent();
            a.run_until(now + 86431 * test::second, true);
            now += 86431 * test::second;
        }
    }
    return found;
}

TEST(SavedKeys, come_back_as_they_were) {
    std::size_t with_exchange = 0;
    for (const SavedKeys& keys : stages()) {
        const SavedKeysBytes bytes = encode(keys);
        EXPECT_LE(bytes.size(), largest_saved_keys);
        const auto read = decode_saved_keys(bytes);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(*read, keys);
        with_exchange += keys.exchange ? 1 : 0;
    }
    EXPECT_GE(with_exchange, 12U);
}

TEST(SavedKeys, with_a_previous_epoch_and_keys_of_any_length_come_back) {
    SavedKeys keys;
    keys.current = {5, 1'800'000'000, test::session_key(5)};
    for (const std::size_t size : {16UL, 17UL, 63UL, 64UL}) {
        const std::vector<std::uint8_t> bytes(size, 9);
        keys.previous = EpochKey{4, 1'700'000'000, *config::SessionKey::from_bytes(bytes)};
        EXPECT_EQ(*decode_saved_keys(encode(keys)), keys);
    }
    keys.previous = EpochKey{};
    EXPECT_EQ(*decode_saved_keys(encode(keys)), keys);
}

TEST(SavedKeys, cut_off_or_longer_do_not_pass) {
    for (const SavedKeys& keys : stages()) {
        SavedKeysBytes bytes = encode(keys);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            EXPECT_FALSE(decode_saved_keys(std::span(bytes).first(size))) << size;
        }
        bytes.push_back(0);
        EXPECT_FALSE(decode_saved_keys(bytes));
    }
}

TEST(SavedKeys, of_another_version_are_said_to_be) {
    SavedKeysBytes bytes = encode(stages().front());
    bytes[0] = 2;
    const auto read = decode_saved_keys(bytes);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().message, "the saved keys have version 2, and this gateway reads 1");
}

TEST(SavedKeys, that_no_gateway_saves_do_not_pass) {
    SavedKeys keys;
    keys.current = {5, 1'800'000'000, test::session_key(5)};
    keys.previous = EpochKey{5, 1, test::session_key(4)};
    EXPECT_FALSE(decode_saved_keys(encode(keys))) << "a previous epoch that is not before";
    keys.previous.reset();
    for (const SavedKeys& stage : stages()) {
        if (!stage.exchange) {
            continue;
        }
        SavedKeys other = stage;
        other.exchange->next.epoch += 1;
        EXPECT_FALSE(decode_saved_keys(encode(other))) << "an answer for another epoch";
        other = stage;
        other.exchange->next.change_time += std::int64_t{1} << 40; // the same lower 32 bits
        EXPECT_FALSE(decode_saved_keys(encode(other))) << "a time that nanoseconds do not reach";
        other = stage;
        other.exchange->base = 77;
        EXPECT_FALSE(decode_saved_keys(encode(other))) << "messages on routes of no epoch";
        other = stage;
        other.exchange->answer = {};
        EXPECT_FALSE(decode_saved_keys(encode(other))) << "no answer";
    }
}

// With sanitizers, this is where a reader that goes astray shows itself.
TEST(SavedKeys, damaged_anywhere_give_an_error_or_other_keys_and_restore_either_way) {
    test::CheapExchangeCrypto crypto;
    std::mt19937 engine(1);
    for (const SavedKeys& keys : stages()) {
        const SavedKeysBytes whole = encode(keys);
        for (int i = 0; i < 500; ++i) {
            SavedKeysBytes bytes = whole;
            for (int n = 0; n <= i % 4; ++n) {
                bytes[engine() % bytes.size()] = static_cast<std::uint8_t>(engine());
            }
            const auto read = decode_saved_keys(bytes);
            if (!read) {
                continue;
            }
            test::ExchangeGateway gateway(test::usual_settings(), crypto, test::exchange_start);
            gateway.disk = *read;
            gateway.restart(test::exchange_start);
            gateway.run_until(test::exchange_start + 60 * test::second);
        }
    }
}

} // namespace
} // namespace mt6d
