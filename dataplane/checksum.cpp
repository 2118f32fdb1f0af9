// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/checksum.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace mt6d::dataplane {
namespace {

using Sum = std::uint64_t (*)(std::span<const std::uint8_t>);

#if defined(__x86_64__)
// Four 64-bit lanes, each fed with 32-bit words: no carry is lost.
__attribute__((target("avx2"))) std::uint64_t sum_avx2(std::span<const std::uint8_t> bytes) {
    const __m256i low_halves = _mm256_set1_epi64x(0xffffffff);
    __m256i low = _mm256_setzero_si256();
    __m256i high = _mm256_setzero_si256();
    std::size_t i = 0;
    for (; i + 32 <= bytes.size(); i += 32) {
        const __m256i words =
            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes.data() + i));
        low = _mm256_add_epi64(low, _mm256_and_si256(words, low_halves));
        high = _mm256_add_epi64(high, _mm256_srli_epi64(words, 32));
    }
    alignas(32) std::uint64_t lanes[4];
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), _mm256_add_epi64(low, high));
    return lanes[0] + lanes[1] + lanes[2] + lanes[3] + sum_bytes(bytes.subspan(i));
}
#endif

Sum choose() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") != 0) {
        return sum_avx2;
    }
#endif
    return sum_bytes;
}

const Sum chosen = choose();

} // namespace

std::uint64_t sum_payload(std::span<const std::uint8_t> bytes) {
    return bytes.size() < 64 ? sum_bytes(bytes) : chosen(bytes);
}

} // namespace mt6d::dataplane
