// SPDX-License-Identifier: BSD-3-Clause
// Key exchange and the disk: what it has of keys and of their numbers, and what it cannot take.
#include "control/key_exchanger.hpp"
#include "control/state/number_file.hpp"
#include "control/state/stream_identity.hpp"
#include "key_exchange_fixture.hpp"
#include "support/file_size_limit.hpp"
#include "tests/support/becomes_true.hpp"

#include <set>

namespace mt6d::test {
namespace {

class KeyDisk : public KeyExchangeTest {
protected:
    KeyDisk() { use(Cipher::aes_256_gcm, KeyMethod::x25519); }

    [[nodiscard]] std::string numbers() const { return config.state_dir + "/numbers"; }
    [[nodiscard]] std::string key_file() const {
        return config.state_dir + "/keys/" + stream_identity(stream()).hex();
    }
    // Epochs whose numbers a gateway would find that starts now.
    [[nodiscard]] std::set<std::uint32_t> recorded_epochs() const {
        const TemporaryDirectory copy;
        std::filesystem::copy(numbers(), copy.path() + "/numbers");
        const auto opened = NumberFile::open(*StateDirectory::open(copy.path()));
        std::set<std::uint32_t> epochs;
        for (const NumberFile::Stored& stored : opened->records) {
            epochs.insert(stored.record.key.epoch);
        }
        return epochs;
    }
    [[nodiscard]] StreamId id() { return site->gateway().directory()->entries.at(0).id; }
    [[nodiscard]] config::StreamPtr configured() const {
        return std::make_shared<const config::Stream>(config.streams[0]);
    }
    void add() {
        StreamChange change;
        change.added = {configured()};
        change_to(std::move(change));
    }
    void remove() {
        StreamChange change;
        change.removed = {id()};
        change_to(std::move(change));
    }
    void replace() {
        StreamChange change;
        change.replaced = {{id(), configured()}};
        change_to(std::move(change));
    }
    void change_to(StreamChange change) {
        const auto changed = site->change_streams(std::move(change));
        ASSERT_TRUE(changed) << changed.error().message;
        site->settle();
    }
    using Epochs = std::set<std::uint32_t>;
    // Numbers that are recorded take those that are not needed along.
    Epochs epochs_recorded_anew() {
        remove();
        add();
        return recorded_epochs();
    }
    // The previous epoch's lifetime and a little.
    void live_for_a_lifetime() {
        EXPECT_TRUE(lives_until([tenths = 0]() mutable { return ++tenths > 80; }, 20));
    }
};

// --- that takes nothing more ------------------------------------------------------------------

TEST_F(KeyDisk, ThatIsFullTakesTheNumbersOfNewKeysAllTheSame) {
    start_both();
    const FileSizeLimit limit(std::filesystem::file_size(numbers()));
    EXPECT_TRUE(lives_until([&] { return data_epoch == 2 && peer->epoch() == 2; }, 150));
}

TEST_F(KeyDisk, ThatTakesNoNumbersLeavesDataOnTheOldKeyUntilItDoes) {
    start_both();
    {
        const FileSizeLimit limit(4096); // key files alone fit
        ASSERT_TRUE(lives_until([&] { return epoch() == 1 && peer->epoch() == 1; }, 60));
        EXPECT_FALSE(lives_until([&] { return data_epoch != 0; }, 10)); // and none is lost
    }
    // The write that failed is tried again each second of real time.
    EXPECT_TRUE(becomes_true([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        live();
        return data_epoch == 1;
    }));
    live_for_a_lifetime();
}

// --- that has keys, and their numbers ---------------------------------------------------------

TEST_F(KeyDisk, ThatKeepsAnEndedKeyKeepsItsNumbersToo) {
    live_into_epoch_1();
    ASSERT_TRUE(lives_until([&] { return epoch() == 2 && peer->epoch() == 2; }, 120));
    const std::string in_its_way = key_file() + ".new";
    std::filesystem::create_directories(in_its_way + "/full");
    live_for_a_lifetime();
    live_for_a_lifetime();
    EXPECT_EQ(recorded_epochs(), (std::set<std::uint32_t>{0, 1, 2}));
    std::filesystem::remove_all(in_its_way);
    EXPECT_TRUE(becomes_true([&] {
        live(); // numbers that are recorded take those that are not needed along
        return !recorded_epochs().contains(1);
    }));
}

TEST_F(KeyDisk, ForgetsNumbersOfExchangedKeysWithTheStreamThatGoes) {
    live_into_epoch_1();
    remove();
    EXPECT_TRUE(becomes_true([&] { return !std::filesystem::exists(key_file()); }));
    add();
    EXPECT_TRUE(becomes_true([&] { return epochs_recorded_anew() == Epochs{0}; }));
}

TEST_F(KeyDisk, ForgetsNumbersOfExchangedKeysWithTheConfiguredKeyTheyCameOf) {
    live_into_epoch_1();
    config.streams[0].key = *config::SessionKey::generate();
    replace();
    EXPECT_TRUE(becomes_true([&] { return epochs_recorded_anew() == Epochs{0}; }));
    site->take_reasons();
}

TEST_F(KeyDisk, KeepsNumbersOfAStreamThatIsGoneAsLongAsItsKeys) {
    live_into_epoch_1();
    const std::string in_its_way = key_file() + ".damaged";
    std::filesystem::create_directories(in_its_way + "/full");
    remove();
    add();
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(epochs_recorded_anew(), (Epochs{0, 1}));
    }
    std::filesystem::remove_all(in_its_way);
    EXPECT_TRUE(becomes_true([&] { return epochs_recorded_anew() == Epochs{0}; }));
}

TEST_F(KeyDisk, KeepsNumbersOfKeysThatGoOnInTheStreamThatTakesThePlace) {
    live_into_epoch_1();
    config.streams[0].options.rekey.interval = 120;
    replace();
    for (int second = 0; second < 20; ++second) {
        pass(nanoseconds_per_second);
        site->tick();
        EXPECT_EQ(recorded_epochs(), (Epochs{0, 1}));
    }
    EXPECT_EQ(epoch(), 1U);
    site->take_reasons();
}

TEST_F(KeyDisk, ThatHasKeysOfAnotherVersionPutsThemAside) {
    start_both();
    site.reset();
    const Octets unknown{99, 0, 0, 0};
    {
        const auto store = KeyStore::open(*StateDirectory::open(config.state_dir));
        store->store->submit(stream_identity(stream()), 1, SecretBuffer(unknown));
        ASSERT_TRUE(store->store->flush());
    }
    start();
    EXPECT_FALSE(std::filesystem::exists(key_file()));
    EXPECT_TRUE(std::filesystem::exists(key_file() + ".damaged"));
    EXPECT_EQ(epoch(), 0U);
    EXPECT_TRUE(speak());
}

// Kept on, they would open recordings for ever.
TEST_F(KeyDisk, IsLeftNoKeysOfAStreamThatExchangesNoneAnyMore) {
    live_into_epoch_1();
    for (const Cipher cipher : {Cipher::aes_256_gcm, Cipher::none}) {
        site.reset();
        ASSERT_TRUE(std::filesystem::exists(key_file()));
        std::filesystem::copy(key_file(), key_file() + ".damaged");
        use(cipher, KeyMethod::off);
        start();
        EXPECT_TRUE(std::filesystem::is_empty(config.state_dir + "/keys"));
        site.reset();
        std::ofstream(key_file()) << "left behind";
    }
}

TEST_F(KeyDisk, IsLeftNoKeysOfAStreamThatIsNotConfigured) {
    live_into_epoch_1();
    site.reset();
    const std::string of_before = key_file();
    ASSERT_TRUE(std::filesystem::exists(of_before));
    config.streams[0].remote.address.bytes[15] ^= 1U;
    start();
    EXPECT_FALSE(std::filesystem::exists(of_before));
}

TEST_F(KeyDisk, IsNotAskedForKeysThatWereSwitchedOffMeanwhile) {
    live_into_epoch_1();
    site.reset();
    use(Cipher::aes_256_gcm, KeyMethod::off);
    start();
    site.reset();
    use(Cipher::aes_256_gcm, KeyMethod::x25519);
    start();
    EXPECT_EQ(epoch(), 0U);
}

} // namespace
} // namespace mt6d::test
