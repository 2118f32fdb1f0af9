// SPDX-License-Identifier: BSD-3-Clause
// Key exchange through a running gateway whose crypto device, disk or clock is in trouble.
#include "control/crypto/backend.hpp"
#include "key_exchange_fixture.hpp"

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
