// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/mss.hpp"

#include "dataplane/packet.hpp"

#include <mt6d/checksum.hpp>
#include <mt6d/parse.hpp>

#include <bit>

namespace mt6d::dataplane {

void lower_mss(std::span<std::uint8_t> segment, std::uint16_t most) {
    const auto* const tcp = view_of<TcpHeader>(segment);
    if (tcp == nullptr || !tcp->has(tcp_flag::syn)) [[likely]] {
        return;
    }
    const auto at = find_mss(segment);
    if (!at) {
        return;
    }
    const be16_t before = *view_at<be16_t>(&segment[*at]);
    const be16_t after(most);
    if (before.value() <= most) {
        return;
    }
    // The sum changes by what the two bytes do (RFC 1624); at an odd place they are the halves of
    // two words.
    const bool odd = *at % 2 != 0;
    const auto placed = [odd](be16_t field) {
        const std::uint16_t value = summand(field);
        return odd ? std::rotl(value, 8) : value;
    };
    const std::uint16_t sum =
        fold(std::uint64_t{static_cast<std::uint16_t>(~summand(tcp->checksum))}
             + static_cast<std::uint16_t>(~placed(before)) + placed(after));
    put(&segment[*at], after);
    put(&segment[offsetof(TcpHeader, checksum)], checksum_field(sum));
}

} // namespace mt6d::dataplane
