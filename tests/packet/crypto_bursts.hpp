// SPDX-License-Identifier: BSD-3-Clause
// Bursts for a crypto engine, and what the reference cipher makes of them.
#pragma once

#include "control/crypto/backend.hpp"
#include "packet_builder.hpp"
#include "tests/support/reference_cipher.hpp"

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

struct rte_mempool;

namespace mt6d::test {

// One direction of a stream: its key, ready on both sides.
struct KeyPair {
    PacketKey key;
    CipherKeyPtr seal;
    CipherKeyPtr open;
};

// One packet on its way through an engine, in a buffer with text in the midst of it.
class CryptoPacket {
public:
    CryptoPacket(rte_mempool& pool, const PacketKey& key, Salt salt, std::uint64_t number,
                 Octets clear, Octets additional);
    CryptoPacket(CryptoPacket&&) = default;
    CryptoPacket& operator=(CryptoPacket&&) = default;

    [[nodiscard]] const Octets& clear() const { return clear_; }
    [[nodiscard]] const Octets& sealed() const { return sealed_; } // by the reference; with tag

    // The job that seals or opens this packet, whose bytes are put into the buffer.
    [[nodiscard]] dataplane::CryptoJob to_seal(const CipherKey& key);
    [[nodiscard]] dataplane::CryptoJob to_open(const CipherKey& key);

    // What is in the buffer where text (and tag) were put.
    [[nodiscard]] Octets text(std::size_t size) const;
    // Whether all around them is as it was.
    [[nodiscard]] bool is_rest_untouched() const;

private:
    struct FreePacket {
        void operator()(rte_mbuf* packet) const;
    };

    dataplane::CryptoJob job(const CipherKey& key, const Octets& bytes);
    [[nodiscard]] std::uint8_t* begin() const;

    std::unique_ptr<rte_mbuf, FreePacket> buffer_;
    PacketKey key_;
    Salt salt_;
    std::uint64_t number_;
    Octets clear_;
    Octets additional_;
    Octets sealed_;
};

// Packets of random salts, numbers and bytes, always the same ones.
class PacketMaker {
public:
    explicit PacketMaker(Cipher cipher);
    ~PacketMaker();
    PacketMaker(const PacketMaker&) = delete;
    PacketMaker& operator=(const PacketMaker&) = delete;

    PacketKey make_key();
    // Of aes-256-cbc, the next multiple of 16 bytes.
    CryptoPacket make_packet(const PacketKey& key, std::size_t size);
    std::size_t below(std::size_t limit) { return random_() % limit; }

private:
    Octets make_octets(std::size_t size);

    Cipher cipher_;
    std::mt19937_64 random_{42}; // NOLINT(cert-msc51-cpp): the same each time
    rte_mempool* pool_;
};

} // namespace mt6d::test
