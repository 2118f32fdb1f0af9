// SPDX-License-Identifier: BSD-3-Clause
// What a device can do, and what the gateway makes of it.
#include "control/kernel_interface.hpp"
#include "control/log.hpp"
#include "control/port.hpp"

#include <rte_ethdev.h>

#include <fmt/format.h>

#include <algorithm>

namespace mt6d {

namespace {

constexpr std::uint16_t usual_descriptors = 1024;
// The AF_XDP driver gives the kernel 2048 buffers a queue, whatever the ring's size; were the ring
// smaller, it would overflow first, which this driver does not count as missed packets.
constexpr std::uint16_t af_xdp_descriptors = 2048;
constexpr std::uint16_t least_mtu = 1280; // RFC 8200, 5

Error no_port(const PortPlan& plan) {
    std::string how = "the log says above why DPDK did not open it";
    const auto interface = plan.device.argument("iface");
    if (plan.device.is_pci()) {
        how += fmt::format("; bind it to vfio-pci (mt6d-bind to vfio-pci {}), and install "
                           "its driver's package (librte-meta-net has all)",
                           plan.device.name);
    } else if (const auto path = plan.device.argument("path")) {
        how += fmt::format("; is the other side (net_vhost, or a switch) listening at {}?", *path);
    } else if (interface && interface->find('/') == interface->npos) {
        how += fmt::format("; is there an interface {} in this network namespace, and may this "
                           "process use it?",
                           *interface);
    }
    return Error{
        fmt::format("{} port, {}: there is no such port: {}", plan.role, plan.config.device, how)};
}

// The largest packet that the driver takes, without its Ethernet header.
std::uint32_t largest_mtu(const rte_eth_dev_info& info) {
    const bool known = info.max_mtu != UINT16_MAX && info.max_rx_pktlen > info.max_mtu;
    const std::uint32_t overhead =
        known ? info.max_rx_pktlen - info.max_mtu : RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;
    const std::uint32_t by_frame =
        info.max_rx_pktlen > overhead ? info.max_rx_pktlen - overhead : UINT16_MAX;
    return std::min<std::uint32_t>(info.max_mtu == 0 ? UINT16_MAX : info.max_mtu, by_frame);
}

Result<std::uint16_t> choose_mtu(const PortPlan& plan, const rte_eth_dev_info& info) {
    const std::uint32_t largest =
        plan.is("net_af_xdp") ? std::min<std::uint32_t>(largest_mtu(info), af_xdp_largest_mtu)
                              : largest_mtu(info);
    if (plan.config.mtu) {
        if (*plan.config.mtu > largest) {
            return Error{fmt::format("mtu: {} is more than this driver takes: at most {}",
                                     *plan.config.mtu, largest)};
        }
        return *plan.config.mtu;
    }
    std::uint16_t mtu = RTE_ETHER_MTU;
    if (const auto interface = KernelInterface::find(plan.interface)) {
        auto kernels = interface->mtu();
        if (!kernels) {
            return std::move(kernels).error();
        }
        mtu = *kernels;
        if (mtu > largest) {
            log::warning("port",
                         "{}: interface {} has MTU {}, but its driver {} takes packets of at most "
                         "{} bytes; larger ones are lost: lower the MTU of the link",
                         plan.role, interface->name(), mtu, plan.device.driver, largest);
        }
    } else {
        rte_eth_dev_get_mtu(plan.id, &mtu);
    }
    mtu = static_cast<std::uint16_t>(std::min<std::uint32_t>(mtu, largest));
    if (mtu < least_mtu) {
        return Error{
            fmt::format("its MTU is {}, and IPv6 needs {}: raise it, or give mtu", mtu, least_mtu)};
    }
    return mtu;
}

// Which queue a packet comes in by shall depend on its addresses alone, so that a stream's packets
// come to one worker.
std::uint64_t choose_rss(const rte_eth_dev_info& info) {
    const std::uint64_t offered = info.flow_type_rss_offloads;
    const std::uint64_t by_address =
        RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_FRAG_IPV6 | RTE_ETH_RSS_NONFRAG_IPV6_OTHER;
    if ((offered & RTE_ETH_RSS_IPV6) != 0) {
        return offered & by_address;
    }
    // Drivers that know packets by their transport protocol only, and hash its ports too.
    return offered & (by_address | RTE_ETH_RSS_NONFRAG_IPV6_TCP | RTE_ETH_RSS_NONFRAG_IPV6_UDP);
}

// The argument of a virtual device that asks for more queues.
std::string_view queues_argument(std::string_view driver) {
    if (driver == "net_af_xdp") {
        return "queue_count";
    }
    return driver == "net_af_packet" ? "qpairs" : "queues";
}

void say_queues(const PortPlan& plan, std::uint16_t workers) {
    if (plan.rx_queues < workers) {
        log::info("port", "{}: {} queue(s) for {} workers{}", plan.role, plan.rx_queues, workers,
                  plan.device.is_pci() ? ""
                                       : fmt::format("; if the device has more, ask for them with "
                                                     "{}={} in its device string",
                                                     queues_argument(plan.device.driver), workers));
    }
    if (plan.rx_queues > 1 && plan.rss_types == 0) {
        log::info(
            "port",
            "{}: the port does not spread packets by their addresses: workers hand over those "
            "of each other's streams",
            plan.role);
    }
}

Error in_context(Error error, const PortPlan& plan) {
    return std::move(error).in(fmt::format("{} port, {}", plan.role, plan.config.device));
}

} // namespace

Result<PortPlan> plan_port(const std::string& role, const config::Port& config,
                           std::uint16_t workers) {
    auto device = config::parse_device(config.device);
    if (!device) {
        return std::move(device).error().in(role + " port");
    }
    PortPlan plan{.role = role, .config = config, .device = *device};
    if (rte_eth_dev_get_port_by_name(device->name.c_str(), &plan.id) != 0) {
        return no_port(plan);
    }
    rte_eth_dev_info info{};
    if (rte_eth_dev_info_get(plan.id, &info) != 0) {
        return in_context(Error{"what it can do cannot be found out"}, plan);
    }
    plan.socket = rte_eth_dev_socket_id(plan.id);
    plan.interface = info.if_index;
    auto mtu = choose_mtu(plan, info);
    if (!mtu) {
        return in_context(std::move(mtu).error(), plan);
    }
    plan.mtu = *mtu;
    plan.rx_queues = std::min(workers, info.max_rx_queues);
    plan.tx_queues = std::min(workers, info.max_tx_queues);
    if (plan.rx_queues == 0 || plan.tx_queues == 0) {
        return in_context(Error{"it offers no queues"}, plan);
    }
    // Some software drivers offer what they do not do (net_tap: the kernel chooses as it likes).
    plan.rss_types = plan.rx_queues > 1 && device->is_pci() ? choose_rss(info) : 0;
    plan.rx_descriptors = plan.is("net_af_xdp") ? af_xdp_descriptors : usual_descriptors;
    plan.tx_descriptors = plan.rx_descriptors;
    if (rte_eth_dev_adjust_nb_rx_tx_desc(plan.id, &plan.rx_descriptors, &plan.tx_descriptors)
        != 0) {
        return in_context(Error{"it offers no descriptors"}, plan);
    }
    say_queues(plan, workers);
    return plan;
}

} // namespace mt6d
