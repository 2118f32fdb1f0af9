// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/endpoint.hpp"

#include "control/config/scalars.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

namespace mt6d::config {
namespace {

constexpr std::uint64_t last_port = 65535;

bool is_address(std::string text) {
    in6_addr address{};
    if (text.starts_with('[') && text.ends_with(']')) {
        text = text.substr(1, text.size() - 2);
        return inet_pton(AF_INET6, text.c_str(), &address) == 1;
    }
    return inet_pton(AF_INET, text.c_str(), &address) == 1;
}

} // namespace

Result<std::string> parse_endpoint(std::string_view text) {
    if (text == "none") {
        return std::string();
    }
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || !parse_number(text.substr(colon + 1), 1, last_port)
        || !is_address(std::string(text.substr(0, colon)))) {
        return Error{fmt::format("'{}' is no address with a port: write one like \"[::1]:9766\" or "
                                 "127.0.0.1:9766, or none",
                                 text)};
    }
    return std::string(text);
}

} // namespace mt6d::config
