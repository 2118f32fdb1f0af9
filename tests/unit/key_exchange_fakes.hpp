// SPDX-License-Identifier: BSD-3-Clause
// What key exchange stands on, for tests: a cryptography that costs next to nothing and keeps
// nothing secret, random bytes from a seed or as scripted, and leave to start.
#pragma once

#include "control/exchange/key_exchange.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <random>
#include <span>
#include <vector>

namespace mt6d::test {

// Finds what differs with certainty enough: macs of 64 bits, "public keys" that multiply.
class CheapExchangeCrypto final : public ExchangeCrypto {
public:
    ExchangeKeys derive(const config::SessionKey& key, const Direction& direction) override {
        const std::uint64_t digest =
            hash(hash(hash(1, key.bytes()), direction.sender.bytes), direction.receiver.bytes);
        ExchangeKeys keys;
        put(keys.mac.bytes, digest);
        put(keys.wrap.bytes, mixed(digest));
        return keys;
    }
    KeyMac mac(const SecretBytes<32>& key, std::initializer_list<Bytes> parts) override {
        std::uint64_t digest = first_word(key.bytes);
        for (const Bytes part : parts) {
            digest = hash(digest, part);
        }
        KeyMac made{};
        put(made, digest);
        return made;
    }
    WrappedKey wrap(const SecretBytes<32>& wrap, const config::SessionKey& key) override {
        WrappedKey made{};
        const std::uint64_t digest = hash(first_word(wrap.bytes), key.bytes());
        put(made, digest);
        std::ranges::copy(key.bytes(), made.begin() + sizeof(digest));
        return made;
    }
    std::optional<config::SessionKey> unwrap(const SecretBytes<32>& wrap, Bytes wrapped) override {
        const Bytes key = wrapped.subspan(sizeof(std::uint64_t));
        if (hash(first_word(wrap.bytes), key) != first_word(wrapped)) {
            return std::nullopt;
        }
        return *config::SessionKey::from_bytes(key);
    }
    PublicKey public_key(const PrivateKey& own) override {
        PublicKey made{};
        put(made, generator * first_word(own.bytes));
        return made;
    }
    std::optional<config::SessionKey> agree(const PrivateKey& own, const PublicKey& peer,
                                            const config::SessionKey& old_key,
                                            const PublicKey& initiator,
                                            const PublicKey& responder) override {
        const std::uint64_t secret = first_word(own.bytes) * first_word(peer);
        if (secret == 0) {
            return std::nullopt;
        }
        std::array<std::uint8_t, key_message::new_key_size> key{};
        put(key, hash(hash(hash(secret, old_key.bytes()), initiator), responder));
        return *config::SessionKey::from_bytes(key);
    }
    std::array<std::uint8_t, 32> fingerprint(const config::SessionKey& key) override {
        std::array<std::uint8_t, 32> made{};
        put(made, hash(2, key.bytes()));
        return made;
    }

private:
    static constexpr std::uint64_t generator = 0x9e3779b97f4a7c15;

    static std::uint64_t mixed(std::uint64_t word) {
        word = (word ^ word >> 32U) * 0xd6e8feb86659fd93;
        return word ^ word >> 32U;
    }
    static std::uint64_t hash(std::uint64_t digest, Bytes bytes) {
        while (!bytes.empty()) {
            std::uint64_t word = bytes.size();
            const std::size_t size = std::min(bytes.size(), sizeof(word));
            std::memcpy(&word, bytes.data(), size);
            digest = mixed(digest * generator + word);
            bytes = bytes.subspan(size);
        }
        return digest;
    }
    static std::uint64_t first_word(Bytes bytes) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), sizeof(word));
        return word;
    }
    static void put(std::span<std::uint8_t> bytes, std::uint64_t word) {
        std::memcpy(bytes.data(), &word, sizeof(word));
    }
};

class FakeServices final : public KeyExchangeServices {
public:
    explicit FakeServices(std::uint64_t seed = 1) : engine_(seed) {}

    void random(std::span<std::uint8_t> bytes) override {
        if (!scripted.empty() && scripted.front().size() == bytes.size()) {
            std::ranges::copy(scripted.front(), bytes.begin());
            scripted.pop_front();
            return;
        }
        for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 8); i += 4) {
            const auto word = static_cast<std::uint32_t>(engine_());
            std::memcpy(bytes.data() + i, &word, 4);
        }
    }
    bool may_start() override {
        ++asked;
        return leave;
    }

    std::deque<std::vector<std::uint8_t>> scripted; // given to whoever asks for as many bytes
    bool leave = true;
    int asked = 0;

private:
    std::minstd_rand engine_; // small: there are millions of them
};

} // namespace mt6d::test
