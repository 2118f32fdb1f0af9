// SPDX-License-Identifier: BSD-3-Clause
// SipHash-2-4 of one 64-bit word (Aumasson, Bernstein, 2012): numbers that nobody can predict who
// does not know the key, however many were seen.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace mt6d {

using SipKey = std::array<std::uint64_t, 2>;

namespace detail {

struct SipState {
    std::uint64_t v0, v1, v2, v3;

    constexpr void rounds(int count) {
        for (int i = 0; i < count; ++i) {
            v0 += v1;
            v1 = std::rotl(v1, 13) ^ v0;
            v0 = std::rotl(v0, 32);
            v2 += v3;
            v3 = std::rotl(v3, 16) ^ v2;
            v0 += v3;
            v3 = std::rotl(v3, 21) ^ v0;
            v2 += v1;
            v1 = std::rotl(v1, 17) ^ v2;
            v2 = std::rotl(v2, 32);
        }
    }
    constexpr void absorb(std::uint64_t word) {
        v3 ^= word;
        rounds(2);
        v0 ^= word;
    }
};

} // namespace detail

// As of the word's eight bytes, the lowest first.
constexpr std::uint64_t siphash(const SipKey& key, std::uint64_t word) {
    constexpr std::uint64_t length = sizeof(word);
    detail::SipState state{key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
                           key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};
    state.absorb(word);
    state.absorb(length << 56U);
    state.v2 ^= 0xff;
    state.rounds(4);
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

} // namespace mt6d
