// SPDX-License-Identifier: BSD-3-Clause
#include "crypto_bursts.hpp"

#include <rte_errno.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>

namespace mt6d::test {
namespace {

constexpr std::size_t before = 62; // as many as headers take
constexpr std::size_t behind = 32;
constexpr std::uint8_t untouched = 0xa5;

} // namespace

void CryptoPacket::FreePacket::operator()(rte_mbuf* packet) const {
    rte_pktmbuf_free(packet);
}

CryptoPacket::CryptoPacket(rte_mempool& pool, const PacketKey& key, Salt salt, std::uint64_t number,
                           Octets clear, Octets additional)
    : buffer_(rte_pktmbuf_alloc(&pool)), key_(key), salt_(salt), number_(number),
      clear_(std::move(clear)), additional_(std::move(additional)),
      sealed_(seal_reference(key_, salt_, number_, clear_, additional_)) {
    if (buffer_ == nullptr) {
        throw std::runtime_error("no packet buffers");
    }
}

std::uint8_t* CryptoPacket::begin() const {
    return rte_pktmbuf_mtod(buffer_.get(), std::uint8_t*);
}

dataplane::CryptoJob CryptoPacket::to_seal(const CipherKey& key) {
    return job(key, clear_);
}

dataplane::CryptoJob CryptoPacket::to_open(const CipherKey& key) {
    return job(key, sealed_);
}

dataplane::CryptoJob CryptoPacket::job(const CipherKey& key, const Octets& bytes) {
    rte_mbuf* const packet = buffer_.get();
    rte_pktmbuf_reset(packet);
    const std::size_t size = before + sealed_.size() + behind;
    std::fill_n(reinterpret_cast<std::uint8_t*>(
                    rte_pktmbuf_append(packet, static_cast<std::uint16_t>(size))),
                size, untouched);
    std::copy(bytes.begin(), bytes.end(), begin() + before);

    dataplane::CryptoJob made;
    made.key = &key;
    made.packet = packet;
    made.text = begin() + before;
    made.length = static_cast<std::uint32_t>(clear_.size());
    made.failed = true;
    const bool cbc = key_.cipher == Cipher::aes_256_cbc;
    const Octets iv = cbc ? cbc_iv_block(salt_, number_) : gcm_nonce(key_, number_);
    std::copy(iv.begin(), iv.end(), made.iv.begin());
    std::copy(additional_.begin(), additional_.end(), made.additional.begin());
    return made;
}

Octets CryptoPacket::text(std::size_t size) const {
    return {begin() + before, begin() + before + size};
}

bool CryptoPacket::is_rest_untouched() const {
    const auto is_untouched = [](std::uint8_t byte) { return byte == untouched; };
    const std::uint8_t* const end = begin() + before + sealed_.size();
    return std::all_of(begin(), begin() + before, is_untouched)
           && std::all_of(end, end + behind, is_untouched);
}

PacketMaker::PacketMaker(Cipher cipher) : cipher_(cipher) {
    static std::atomic<unsigned> count = 0;
    const std::string name = "crypto_bursts_" + std::to_string(count++);
    pool_ = rte_pktmbuf_pool_create(name.c_str(), 255, 0, 0, RTE_PKTMBUF_HEADROOM + 2048,
                                    SOCKET_ID_ANY);
    if (pool_ == nullptr) {
        throw std::runtime_error(name + ": " + rte_strerror(rte_errno));
    }
}

PacketMaker::~PacketMaker() {
    rte_mempool_free(pool_);
}

Octets PacketMaker::make_octets(std::size_t size) {
    Octets octets(size);
    std::generate(octets.begin(), octets.end(),
                  [this] { return static_cast<std::uint8_t>(random_()); });
    return octets;
}

PacketKey PacketMaker::make_key() {
    const auto fill = [this](auto& octets) {
        std::generate(octets.begin(), octets.end(),
                      [this] { return static_cast<std::uint8_t>(random_()); });
    };
    PacketKey key;
    key.cipher = cipher_;
    fill(key.encryption);
    if (cipher_ == Cipher::aes_256_cbc) {
        fill(key.iv);
    } else {
        fill(key.nonce_salt);
    }
    return key;
}

CryptoPacket PacketMaker::make_packet(const PacketKey& key, std::size_t size) {
    if (cipher_ == Cipher::aes_256_cbc) {
        size = (size + 15) / 16 * 16;
    }
    return {*pool_,
            key,
            random_(),
            random_(),
            make_octets(size),
            cipher_ == Cipher::aes_256_gcm ? make_octets(dataplane::gcm_additional_size)
                                           : Octets{}};
}

} // namespace mt6d::test
