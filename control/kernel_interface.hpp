// SPDX-License-Identifier: BSD-3-Clause
// A network interface of the kernel, behind a port whose driver uses one (AF_XDP, AF_PACKET, TAP).
#pragma once

#include <mt6d/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace mt6d {

class KernelInterface {
public:
    // Nothing if this network namespace has no such interface.
    static std::optional<KernelInterface> find(unsigned index);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] Result<std::uint16_t> mtu() const;
    [[nodiscard]] bool is_up() const;
    [[nodiscard]] bool has_carrier() const; // and is up
    [[nodiscard]] bool is_promiscuous() const;
    [[nodiscard]] Result<> bring_up() const;

private:
    explicit KernelInterface(std::string name) : name_(std::move(name)) {}
    std::string name_;
};

// While it lives, no other gateway in this network namespace has the interface. Ends with the
// process, however that ends.
class InterfaceClaim {
public:
    static Result<InterfaceClaim> take(const std::string& name);
    InterfaceClaim(InterfaceClaim&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
    InterfaceClaim& operator=(InterfaceClaim&&) = delete;
    ~InterfaceClaim();

private:
    explicit InterfaceClaim(int handle) : handle_(handle) {}
    int handle_;
};

} // namespace mt6d
