// SPDX-License-Identifier: BSD-3-Clause
// A network interface of the kernel, behind a port whose driver uses one (AF_XDP, AF_PACKET, TAP).
#pragma once

#include <mt6d/result.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace mt6d {

class KernelInterface {
public:
    // Nothing if this network namespace has no such interface.
    static std::optional<KernelInterface> find(unsigned index);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] Result<std::uint16_t> mtu() const;
    [[nodiscard]] bool is_up() const;
    [[nodiscard]] bool is_promiscuous() const;
    [[nodiscard]] Result<> bring_up() const;

private:
    explicit KernelInterface(std::string name) : name_(std::move(name)) {}
    std::string name_;
};

} // namespace mt6d
