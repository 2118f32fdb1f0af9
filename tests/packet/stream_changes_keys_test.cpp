// SPDX-License-Identifier: BSD-3-Clause
// Keys and numbers of streams that come and go (docs/protocol.md, sections 6 and 9): no number
// repeats under a key, and what was accepted is not accepted again.
#include "control/state/number_file.hpp"
#include "key_exchange_fixture.hpp"
#include "stream_changes_fixture.hpp"
#include "support/becomes_true.hpp"

#include <algorithm>
#include <filesystem>

namespace mt6d::test {
namespace {

class NumbersOfStreamsThatChange : public StreamChangesTest {
protected:
    NumbersOfStreamsThatChange() {
        config = many_streams(2);
        use_cipher(Cipher::aes_256_gcm);
    }
    void start_with(std::size_t count) {
        StreamChangesTest::start_with(count);
        await_numbers(0);
    }
    // Until what stream i seals with is on the disk.
    void await_numbers(std::size_t i) {
        ASSERT_TRUE(becomes_true([&] {
            site->tick();
            return site->gateway().streams().can_send(id(i).slot, 0);
        }));
        site->settle();
    }
    // The number that the next packet is sealed with.
    std::uint64_t send(std::size_t i) {
        from_host(to_bob(udp6(), i).payload(20));
        site->settle();
        const auto sent = site->take_sent(Side::external);
        EXPECT_EQ(sent.size(), 1U);
        return sent.empty() ? 0 : number_of(slice(sent[0], 14));
    }
    [[nodiscard]] std::uint64_t next_number(std::size_t i) {
        return site->gateway().streams().context(id(i).slot).slot(salt(i))->seal->next;
    }
    // Of the one stream, as a gateway would find it that starts now.
    [[nodiscard]] std::uint64_t sent_before_on_disk() const {
        const TemporaryDirectory copy;
        std::filesystem::copy(config.state_dir + "/numbers", copy.path() + "/numbers");
        const auto opened = NumberFile::open(*StateDirectory::open(copy.path()));
        std::uint64_t before = 0;
        for (const NumberFile::Stored& stored : opened->records) {
            before = std::max(before, stored.record.sent_before);
        }
        return before;
    }
    void expect_opened(std::uint64_t number) {
        const Octets back = to_alice(udp6()).payload(20);
        from_network(sealed_tunnel(in(), number, back));
        expect_delivered(back);
    }
    void expect_replayed(std::uint64_t number) {
        from_network(sealed_tunnel(in(), number, to_alice(udp6()).payload(20)));
        site->settle();
        EXPECT_TRUE(site->take_sent(Side::internal).empty());
        EXPECT_EQ(site->take_reasons().size(), 1U);
    }
};

TEST_F(NumbersOfStreamsThatChange, GoOnWhereAReplacedOneWithTheSameKeyStopped) {
    start_with(1);
    send(0);
    const std::uint64_t before = next_number(0);
    config.streams[0].options.lifetime = 40;
    change(replacing(0));
    await_numbers(0);
    EXPECT_GE(next_number(0), before);
    send(0);
}

TEST_F(NumbersOfStreamsThatChange, AreNotAcceptedAgainByTheOneThatReplacesIt) {
    start_with(1);
    expect_opened(1000);
    config.streams[0].options.lifetime = 40;
    change(replacing(0));
    expect_replayed(1000);
    expect_replayed(999);
    expect_opened(1001);
}

TEST_F(NumbersOfStreamsThatChange, StayOnTheDiskForAStreamThatComesBack) {
    start_with(2);
    send(0);
    expect_opened(1000);
    const std::uint64_t before = next_number(0);
    change(removing(0));
    expect_unknown(0);
    change(adding(0));
    await_numbers(0);
    EXPECT_GE(next_number(0), before);
    expect_replayed(1000);
    expect_opened(1001);
    change(removing(0));
    site.reset(); // and a restart finds them as well
    start();
    await_numbers(0);
    EXPECT_GE(next_number(0), before);
    expect_replayed(1001);
}

// Whenever it is killed: what has left by then is on the disk before.
TEST_F(NumbersOfStreamsThatChange, AreOnTheDiskBeforeTheyAreUsedByTheOneThatReplacesIt) {
    start_with(1);
    std::uint64_t last = 0;
    const auto send_and_look = [&] {
        from_host(to_bob(udp6()).payload(20));
        for (const Octets& frame : site->take_sent(Side::external)) {
            last = std::max(last, number_of(slice(frame, 14)));
        }
        EXPECT_GT(sent_before_on_disk(), last);
    };
    for (std::uint32_t lifetime = 40; lifetime <= 80; lifetime += 10) {
        config.streams[0].options.lifetime = lifetime;
        ASSERT_TRUE(site->change_streams(replacing(0), send_and_look));
        EXPECT_TRUE(becomes_true([&, before = last] {
            site->tick();
            send_and_look();
            return last > before;
        }));
    }
    site->settle();
    site->take_sent(Side::external);
    site->take_reasons();
}

TEST_F(NumbersOfStreamsThatChange, HoldUpNoStreamOfAnotherKey) {
    start_with(1);
    config.streams[0].key = config.streams[1].key;
    change(replacing(0));
    await_numbers(0);
    send(0);
    expect_opened(5);
}

// A back end that makes no more than so many keys.
class LimitedBackend final : public CryptoBackend {
public:
    explicit LimitedBackend(const config::Config& config)
        : backend_(*make_crypto_backend(config, 1, 1)) {}
    [[nodiscard]] std::string describe() const override { return backend_->describe(); }
    Result<CipherKeyPtr> make_key(dataplane::Operation operation, const PacketKey& key) override {
        if (room == 0) {
            return Error{"takes no more keys"};
        }
        --room;
        return backend_->make_key(operation, key);
    }
    Result<std::unique_ptr<dataplane::CryptoEngine>> make_engine(std::size_t worker) override {
        return backend_->make_engine(worker);
    }
    unsigned room = 0;

private:
    void free_key(CipherKey* /*key*/) override {} // the other's
    std::unique_ptr<CryptoBackend> backend_;
};

class AChangeThatFailsHalfway : public StreamChangesTest {
protected:
    AChangeThatFailsHalfway()
        : backend([&] {
              config = many_streams(12);
              use_cipher(Cipher::aes_256_gcm);
              config.crypto = config::Crypto::openssl;
              return config;
          }()) {
        shape.crypto = &backend;
    }
    LimitedBackend backend;
};

TEST_F(AChangeThatFailsHalfway, LeavesNothingBehind) {
    backend.room = 4; // of two streams
    start_with(2);
    tick_until_grace_is_over();
    const auto before = entries();
    backend.room = 11; // five streams, and one key of the sixth
    StreamChange half = adding(2, 8);
    half.removed.push_back(id(1));
    expect_refused(std::move(half), "takes no more keys");
    tick_until_grace_is_over();
    EXPECT_EQ(entries(), before);
    EXPECT_EQ(site->statistics().stream_count, 2U);
    EXPECT_EQ(site->gateway().directory()->find(config.streams[2].name), nullptr);
    backend.room = 20;
    for (std::uint64_t tick = 0; tick <= StreamTable::cooling_ticks; ++tick) {
        site->tick();
    }
    change(adding(2, 8));
    EXPECT_EQ(site->statistics().stream_count, 10U);
}

class KeysOfStreamsThatChange : public KeyExchangeTest {
protected:
    void replace() {
        StreamChange change;
        change.replaced.push_back({site->gateway().directory()->entries.at(0).id,
                                   std::make_shared<const config::Stream>(config.streams[0])});
        const auto changed = site->change_streams(std::move(change));
        ASSERT_TRUE(changed) << changed.error().message;
        exchange();
    }
};

TEST_F(KeysOfStreamsThatChange, StayWhereTheConfiguredKeyDoes) {
    live_into_epoch_1();
    config.streams[0].options.rekey.interval = 120;
    replace();
    EXPECT_EQ(epoch(), 1U);
    ASSERT_TRUE(lives_until([&] { return data_epoch == 1; }, 5));
}

TEST_F(KeysOfStreamsThatChange, BeginWithEpoch0UnderAnotherConfiguredKey) {
    live_into_epoch_1();
    config.streams[0].key = *config::SessionKey::generate();
    replace();
    EXPECT_EQ(epoch(), 0U);
    site->take_reasons();
}

TEST_F(KeysOfStreamsThatChange, AreExchangedByAStreamThatIsAdded) {
    const config::Stream exchanging = config.streams[0];
    config.streams.push_back(exchanging); // one that exchanges keys from the start
    config.streams[1].name = "other";
    config.streams[1].remote.address.bytes[9] ^= 1U;
    config.streams.erase(config.streams.begin());
    start();
    config.streams.insert(config.streams.begin(), exchanging);
    StreamChange change;
    change.added.push_back(std::make_shared<const config::Stream>(exchanging));
    ASSERT_TRUE(site->change_streams(std::move(change)));
    peer.emplace(stream(), clock.unix_ns());
    const auto exchanged = [&] {
        return site->statistics().streams[1].keys.epoch == 1 && peer->epoch() == 1;
    };
    ASSERT_TRUE(lives_until(exchanged, 60));
    site->take_reasons();
}

} // namespace
} // namespace mt6d::test
