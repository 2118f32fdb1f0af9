// SPDX-License-Identifier: BSD-3-Clause
// A port's device: a PCI address or an EAL virtual device string.
#pragma once

#include <mt6d/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mt6d::config {

struct Device {
    std::string name;   // "0000:01:00.0", always with its domain, or "net_tap0"
    std::string driver; // "net_tap"; empty for PCI
    std::vector<std::pair<std::string, std::string>> arguments;

    [[nodiscard]] bool is_pci() const { return driver.empty(); }
    [[nodiscard]] std::optional<std::string> argument(std::string_view key) const;
};

Result<Device> parse_device(std::string_view text);
// The same for a crypto device ("crypto_openssl"), as EAL calls it.
Result<std::string> parse_crypto_device(std::string_view text);

// What both devices would open, in words ("interface veth-a"), or nothing.
std::optional<std::string> shared_resource(const Device& a, const Device& b);

} // namespace mt6d::config
