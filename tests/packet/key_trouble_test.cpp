// SPDX-License-Identifier: BSD-3-Clause
// Key exchange through a running gateway whose crypto device, disk or clock is in trouble.
#include "control/crypto/backend.hpp"
#include "key_exchange_fixture.hpp"

#include <set>

namespace mt6d::test {
namespace {

class KeyTrouble : public KeyExchangeTest {
protected:
    KeyTrouble() { use(Cipher::aes_256_gcm, KeyMethod::x25519); }

    // Until data pass both ways with the same key, of this epoch or a later one.
    [[nodiscard]] bool heals_into(std::uint32_t at_least, int seconds) {
        for (int tenth = 0; tenth < 10 * seconds; ++tenth) {
            if (speak() && epoch() >= at_least && epoch() == peer->epoch()
                && last_epoch == epoch()) {
                return true;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return false;
    }
};

// --- lost state, and clocks -------------------------------------------------------------------

TEST_F(KeyTrouble, LostStateIsHealedByARecovery) {
    live_into_epoch_1();
    site.reset();
    std::filesystem::remove_all(config.state_dir + "/keys");
    start();
    EXPECT_EQ(epoch(), 0U);
    EXPECT_FALSE(speak());
    EXPECT_TRUE(heals_into(2, 120));
}

TEST_F(KeyTrouble, APeerThatLostItsStateIsAnswered) {
    live_into_epoch_1();
    peer.emplace(stream(), clock.unix_ns());
    peer_lost_keys = true;
    EXPECT_TRUE(heals_into(2, 120));
    EXPECT_EQ(keys().recoveries, 1U);
}

TEST_F(KeyTrouble, ClocksThatAreSetAreFollowed) {
    live_into_epoch_1();
    for (const std::int64_t hours : {3, -1, 24}) {
        clock.step(hours * 3600 * nanoseconds_per_second);
        EXPECT_TRUE(heals_into(1, 200)) << hours;
    }
}

// --- many streams at once ---------------------------------------------------------------------

TEST_F(KeyTrouble, ManyStreamsStartOneAfterTheOtherAndEachHasItsTurn) {
    constexpr std::size_t count = 350;
    config = many_streams(count);
    use_cipher(Cipher::none);
    for (config::Stream& one : config.streams) {
        one.options.rekey = {KeyMethod::x25519, 86400, 30};
    }
    start();
    for (std::size_t i = 0; i < count; ++i) {
        from_host(to_bob(udp6(), i).payload(5));
    }
    site->settle();
    site->take_sent(Side::external);
    std::set<Octets> offers; // each stream's is another
    std::vector<std::size_t> by_second;
    for (int second = 0; second < 8; ++second) {
        for (int tick = 0; tick < 50; ++tick) {
            pass(nanoseconds_per_second / 50);
            site->settle();
            for (const Octets& sent : site->take_sent(Side::external)) {
                if (const auto message = key_option_of(slice(sent, 14))) {
                    offers.insert(*message);
                }
            }
        }
        by_second.push_back(offers.size());
    }
    EXPECT_LE(by_second.front(), 2 * 100U); // a second of the gateway's begins with its first
    EXPECT_LT(by_second.at(1), count);
    EXPECT_EQ(by_second.back(), count);
}

// --- a crypto device that is full -------------------------------------------------------------

// OpenSSL's, with room for so many keys.
class SmallBackend final : public CryptoBackend {
public:
    explicit SmallBackend(const config::Config& config)
        : backend_(*make_crypto_backend(config, 1, 1)) {}

    [[nodiscard]] std::string describe() const override { return backend_->describe(); }
    Result<CipherKeyPtr> make_key(dataplane::Operation operation, const PacketKey& key) override {
        if (room == 0) {
            ++refused;
            return Error{"takes no more keys"};
        }
        --room;
        return backend_->make_key(operation, key);
    }
    Result<std::unique_ptr<dataplane::CryptoEngine>> make_engine(std::size_t worker) override {
        return backend_->make_engine(worker);
    }

    unsigned room = 0;
    unsigned refused = 0;

private:
    void free_key(CipherKey* /*key*/) override {} // the other's

    std::unique_ptr<CryptoBackend> backend_;
};

class KeyRoom : public KeyTrouble {
protected:
    KeyRoom() {
        config.crypto = config::Crypto::openssl;
        backend.emplace(config);
        shape.crypto = &*backend;
    }
    void TearDown() override {
        KeyTrouble::TearDown();
        backend.reset();
    }

    static constexpr unsigned of_one_epoch = 2; // one to seal, one to open
    std::optional<SmallBackend> backend;
};

TEST_F(KeyRoom, ForNoOtherKeyLeavesTheStreamOnTheOldOne) {
    backend->room = of_one_epoch + 1;
    start_both();
    EXPECT_FALSE(lives_until([&] { return epoch() != 0; }, 90));
    EXPECT_GE(backend->refused, 1U);
    EXPECT_GE(keys().given_up, 1U);
    EXPECT_EQ(peer->epoch(), 0U);
    backend->room = 100;
    EXPECT_TRUE(lives_until([&] { return epoch() >= 1 && epoch() == peer->epoch(); }, 150));
}

TEST_F(KeyRoom, ThatIsLackingAfterARestartIsHealedLikeLostState) {
    backend->room = 100;
    live_into_epoch_1();
    ASSERT_TRUE(lives_until([&, tenths = 0]() mutable { return ++tenths > 70; }, 20));
    site.reset();
    backend->room = of_one_epoch;
    start();
    EXPECT_EQ(epoch(), 0U);
    EXPECT_FALSE(speak());
    backend->room = 100;
    EXPECT_TRUE(heals_into(2, 120));
}

} // namespace
} // namespace mt6d::test
