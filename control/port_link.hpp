// SPDX-License-Identifier: BSD-3-Clause
// Whether a port's link is up. Drivers that use an interface of the kernel do not follow its link
// (AF_XDP's and AF_PACKET's say what it was when they were started): the kernel is asked instead.
#pragma once

#include "control/kernel_interface.hpp"

#include <cstdint>
#include <optional>

namespace mt6d {

class PortLink {
public:
    // `port`: DPDK's number of one that EAL has opened.
    explicit PortLink(std::uint16_t port);

    // Asks the device, or the kernel. What cannot be asked is not down. Any thread.
    [[nodiscard]] bool is_up() const;

private:
    std::uint16_t port_;
    std::optional<KernelInterface> interface_;
};

} // namespace mt6d
