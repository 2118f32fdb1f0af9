// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/stream_identity.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace mt6d {

StreamIdentity stream_identity(const config::Stream& stream) {
    constexpr std::string_view purpose = "mt6d/v1/stream";
    std::vector<std::uint8_t> text(purpose.begin(), purpose.end());
    for (const Ipv6Address& address : {stream.local.address, stream.remote.address}) {
        text.insert(text.end(), address.bytes.begin(), address.bytes.end());
    }
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
    SHA256(text.data(), text.size(), digest.data());
    StreamIdentity identity;
    std::copy_n(digest.begin(), identity.bytes.size(), identity.bytes.begin());
    return identity;
}

} // namespace mt6d
