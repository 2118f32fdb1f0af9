// SPDX-License-Identifier: BSD-3-Clause
#include "control/port_link.hpp"

#include <rte_ethdev.h>

namespace mt6d {

PortLink::PortLink(std::uint16_t port) : port_(port) {
    rte_eth_dev_info info{};
    if (rte_eth_dev_info_get(port, &info) == 0) {
        interface_ = KernelInterface::find(info.if_index);
    }
}

bool PortLink::is_up() const {
    if (interface_) {
        return interface_->has_carrier();
    }
    rte_eth_link link{};
    return rte_eth_link_get_nowait(port_, &link) != 0 || link.link_status == RTE_ETH_LINK_UP;
}

} // namespace mt6d
