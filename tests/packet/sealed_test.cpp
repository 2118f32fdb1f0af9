// SPDX-License-Identifier: BSD-3-Clause
// Encrypted streams (docs/protocol.md, section 6): what is refused, and that a packet that fails in
// the cipher takes down nothing else.
#include "gateway_fixture.hpp"

#include <algorithm>

namespace mt6d::test {
namespace {

class Sealed : public GatewayTest, public testing::WithParamInterface<Cipher> {
protected:
    Sealed() { use_cipher(GetParam()); }
    [[nodiscard]] bool gcm() const { return GetParam() == Cipher::aes_256_gcm; }
    [[nodiscard]] Octets to_host(std::size_t size = 20) const {
        return to_alice(udp6()).payload(size);
    }
    [[nodiscard]] Octets sealed(std::uint64_t number, const Octets& inner,
                                const SealedForm& form = {}) const {
        return sealed_tunnel(in(), number, inner, form);
    }
    void expect_still_open(std::uint64_t number) {
        from_network(sealed(number, to_host(33)));
        expect_delivered(to_host(33));
    }
};

INSTANTIATE_TEST_SUITE_P(Each, Sealed, testing::Values(Cipher::aes_256_cbc, Cipher::aes_256_gcm),
                         [](const auto& parameter) {
                             return parameter.param == Cipher::aes_256_gcm ? "Gcm" : "Cbc";
                         });

TEST_P(Sealed, EveryLengthPassesBothWays) {
    start();
    std::uint64_t number = 7;
    for (std::size_t size = 0; size <= 70; ++size) {
        SCOPED_TRACE(size);
        const Octets inner = to_bob(udp6()).payload(size);
        from_host(inner);
        site->settle();
        const auto sent = site->take_sent(Side::external);
        ASSERT_EQ(sent.size(), 1U);
        const std::uint64_t used = number_of(slice(sent[0], 14));
        EXPECT_EQ(hex(sent[0]), hex(outside_frame(sealed_tunnel(out(), used, inner))));
        from_network(sealed(number++, to_host(size)));
        expect_delivered(to_host(size));
    }
}

TEST_P(Sealed, NoOtherCipherIsAcceptedInItsPlace) {
    start();
    const Octets clear = clear_of(to_host(24)); // a whole number of blocks
    from_network(tunnel(in(), to_host(24)));
    expect_dropped(Side::external, Reason::cipher_mismatch);
    for (std::uint8_t algorithm = 0; algorithm < 16; ++algorithm) {
        if (algorithm == static_cast<std::uint8_t>(GetParam())) {
            continue;
        }
        from_network(tunnel_of_sealed(in(), static_cast<std::uint8_t>(algorithm << 4U), 1, clear));
        expect_dropped(Side::external, Reason::cipher_mismatch);
    }
    expect_still_open(1);
}

TEST_P(Sealed, AStreamWithoutCipherAcceptsNone) {
    use_cipher(Cipher::none);
    start();
    config::Stream with_cipher = stream();
    with_cipher.options.cipher = GetParam();
    from_network(sealed_tunnel(incoming(with_cipher, salt()), 1, to_host()));
    expect_dropped(Side::external, Reason::cipher_mismatch);
}

TEST_P(Sealed, ImpossiblePayloadsAreDropped) {
    start();
    const auto try_payload = [&](std::uint8_t algorithm_and_pad, std::uint32_t number,
                                 const Octets& payload) {
        from_network(tunnel_of_sealed(in(), algorithm_and_pad, number, payload));
        expect_dropped(Side::external, Reason::cipher_malformed);
    };
    if (gcm()) {
        for (std::size_t size = 0; size < 8 + 8 + 16; ++size) {
            try_payload(0x20, 0, Octets(size));
        }
        try_payload(0x21, 0, Octets(64));        // padding
        try_payload(0x20, 1, Octets(64));        // not the low bits of N
        try_payload(0x20, 0x800000, Octets(64)); // likewise
    } else {
        for (const std::size_t size : {0U, 1U, 15U, 17U, 31U, 63U}) {
            try_payload(0x10, 0, Octets(size));
        }
    }
    expect_still_open(1);
}

TEST_P(Sealed, WhatIsInsideIsCheckedAfterItIsOpened) {
    start();
    std::uint64_t number = 1;
    const auto try_clear = [&](Octets clear, std::size_t at, std::uint8_t value, Reason reason) {
        clear.at(at) = value;
        from_network(sealed_tunnel_of_clear(in(), number++, clear));
        expect_dropped(Side::external, reason);
    };
    const Octets clear = clear_of(to_host());
    try_clear(clear, 0, 0x40, Reason::inner_version);
    try_clear(clear, 5, 99, Reason::inner_length);
    if (!gcm()) { // with the other it cannot have that form
        from_network(tunnel_of_sealed(in(), 0x19, 0, Octets(16))); // seven bytes are left
        expect_dropped(Side::external, Reason::inner_truncated);
    }
    from_network(sealed(number++, to_alice(icmp6(135)).hop_limit(255).payload(20)));
    expect_dropped(Side::external, Reason::inner_discovery);
    from_network(sealed(number++, to_host(), {.more_options = option(0xcc, pattern(10))}));
    expect_dropped(Side::external, Reason::key_option_misplaced);
    expect_still_open(number);
}

TEST_P(Sealed, ControlPacketsAreSealedToo) {
    config.streams[0].options.rotation = 3600;
    config.streams[0].options.lifetime = 7200;
    start();
    pass_seconds(1);
    from_network(sealed(1, to_host()));
    expect_delivered(to_host());
    for (int i = 0; i < 120; ++i) {
        pass(nanoseconds_per_second / 10);
    }
    site->settle();
    const auto sent = site->take_sent(Side::external);
    ASSERT_EQ(sent.size(), 1U);
    const Octets packet = slice(sent[0], 14);
    EXPECT_EQ(hex(packet), hex(sealed_tunnel(out(), number_of(packet),
                                             control_packet(alice().address, bob().address))));
    from_network(sealed(2, control_packet(bob().address, alice().address)));
    expect_dropped(Side::external, Reason::control_packet);
}

// --- aes-256-gcm ------------------------------------------------------------------------------

class Gcm : public GatewayTest {
protected:
    Gcm() { use_cipher(Cipher::aes_256_gcm); }
    [[nodiscard]] Octets inner() const { return to_alice(udp6()).payload(20); }
};

// The whole outer packet, its addresses too. Once as it is, once with the checksum mended, so that
// it is not what refuses the packet. Class, flow label and hop limit may change on the way; ports
// are the checksum's to protect.
TEST_F(Gcm, NoPacketWithAFlippedBitIsAccepted) {
    start();
    const Octets right = sealed_tunnel(in(), 1, inner());
    for (std::size_t bit = 0; bit < 8 * right.size(); ++bit) {
        for (const bool mended : {false, true}) {
            Octets wrong = right;
            wrong[bit / 8] ^= static_cast<std::uint8_t>(0x80U >> bit % 8);
            if (mended) {
                mend_checksum(wrong);
            }
            const std::size_t byte = bit / 8;
            const bool may_change = (bit >= 4 && bit < 32) || byte == 7;
            const bool ports_or_checksum = (byte >= 48 && byte < 52) || byte == 54 || byte == 55;
            if (may_change || (ports_or_checksum && mended)) {
                continue;
            }
            from_network(wrong);
        }
    }
    site->settle();
    EXPECT_TRUE(site->take_sent(Side::internal).empty());
    const ReasonCounts reasons = site->take_reasons();
    EXPECT_GT(reasons.at("external cipher_tag"), 8 * (inner().size() - 32));
    // The right one is as good as before.
    from_network(right);
    expect_delivered(inner());
}

TEST_F(Gcm, APacketOpensOnItsOwnRouteAlone) {
    start();
    Route other = incoming(stream(), salt() + 1);
    // Sealed for another route of the same stream and key, then carried over.
    from_network(moved_to(in(), sealed_tunnel(other, 1, inner())));
    expect_dropped(Side::external, Reason::cipher_tag);
    from_network(sealed_tunnel(other, 1, inner())); // where it belongs
    expect_delivered(inner());
}

TEST_F(Gcm, TheReverseDirectionHasAnotherKey) {
    start();
    Route reversed = in();
    reversed.key = out().key;
    from_network(sealed_tunnel(reversed, 1, inner()));
    expect_dropped(Side::external, Reason::cipher_tag);
}

// --- a back end that fails --------------------------------------------------------------------

// The real one, but each third job of a burst fails.
class FailingEngine final : public dataplane::CryptoEngine {
public:
    explicit FailingEngine(std::unique_ptr<CryptoEngine> real) : real_(std::move(real)) {}
    void run(dataplane::Operation operation, Cipher cipher,
             std::span<dataplane::CryptoJob> jobs) override {
        real_->run(operation, cipher, jobs);
        for (std::size_t i = 2; i < jobs.size(); i += 3) {
            jobs[i].failed = true;
        }
    }

private:
    std::unique_ptr<CryptoEngine> real_;
};

class FailingBackend final : public CryptoBackend {
public:
    explicit FailingBackend(std::unique_ptr<CryptoBackend> real) : real_(std::move(real)) {}
    [[nodiscard]] std::string describe() const override { return real_->describe(); }
    Result<CipherKeyPtr> make_key(dataplane::Operation operation, const PacketKey& key) override {
        return real_->make_key(operation, key);
    }
    Result<std::unique_ptr<dataplane::CryptoEngine>> make_engine(std::size_t worker) override {
        auto engine = real_->make_engine(worker);
        if (!engine) {
            return std::move(engine).error();
        }
        return std::unique_ptr<dataplane::CryptoEngine>(
            std::make_unique<FailingEngine>(*std::move(engine)));
    }

private:
    void free_key(CipherKey*) override {} // the real one's keys go to the real one

    std::unique_ptr<CryptoBackend> real_;
};

TEST_P(Sealed, APacketThatFailsInTheCipherTakesDownNothingElse) {
    auto real = make_crypto_backend(config, 1, 1);
    ASSERT_TRUE(real) << real.error().message;
    FailingBackend failing(*std::move(real));
    shape.crypto = &failing;
    start();
    std::vector<Octets> frames;
    for (std::size_t i = 0; i < 12; ++i) {
        frames.push_back(
            frame(TestGateway::internal_mac, alice().mac, to_bob(udp6()).payload(20 + i)));
    }
    site->receive_burst(Side::internal, frames);
    site->settle();
    const std::size_t sent = site->take_sent(Side::external).size();
    ReasonCounts reasons = site->take_reasons();
    EXPECT_GT(reasons["internal crypto_failed"], 0U);
    EXPECT_EQ(sent + reasons["internal crypto_failed"], frames.size());

    frames.clear();
    for (std::size_t i = 0; i < 12; ++i) {
        frames.push_back(frame(TestGateway::external_mac, router_mac(), sealed(1 + i, to_host(i))));
    }
    site->receive_burst(Side::external, frames);
    site->settle();
    const std::size_t delivered = site->take_sent(Side::internal).size();
    reasons = site->take_reasons();
    const std::uint64_t failed = reasons[gcm() ? "external cipher_tag" : "external crypto_failed"];
    EXPECT_GT(failed, 0U);
    EXPECT_EQ(delivered + failed, frames.size());
    site.reset();
}

TEST_P(Sealed, AStateDirectoryThatCannotBeUsedIsAnError) {
    config.state_dir = "/proc/mt6d";
    try {
        start();
        FAIL() << "it started";
    } catch (const std::exception& error) {
        EXPECT_NE(std::string(error.what()).find("/proc/mt6d"), std::string::npos) << error.what();
    }
}

} // namespace
} // namespace mt6d::test
