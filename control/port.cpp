// SPDX-License-Identifier: BSD-3-Clause
#include "control/port.hpp"

#include "control/kernel_interface.hpp"
#include "control/log.hpp"
#include "control/port_link.hpp"

#include <rte_errno.h>
#include <rte_ethdev.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

namespace mt6d {

namespace {

Error failure(const PortPlan& plan, std::string_view what, int code) {
    return Error{fmt::format("{} port, {}: {}: {}", plan.role, plan.config.device, what,
                             rte_strerror(std::abs(code)))};
}

bool is_paravirtual(const rte_eth_dev_info& info) {
    const std::string_view driver(info.driver_name == nullptr ? "" : info.driver_name);
    return driver.find("virtio") != driver.npos || driver.find("vmxnet3") != driver.npos;
}

std::uint64_t rx_offloads(const PortPlan& plan, const rte_eth_dev_info& info) {
    // Asking a paravirtual port for it would allow the other side to send packets whose checksum
    // nobody has computed; the software drivers would only sum the payload in our stead.
    if (!plan.device.is_pci() || is_paravirtual(info)) {
        return 0;
    }
    return info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_UDP_CKSUM;
}

std::uint64_t tx_offloads(const rte_eth_dev_info& info) {
    return info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
}

MacAddress to_mac(const rte_ether_addr& address) {
    MacAddress mac;
    std::memcpy(mac.bytes.data(), address.addr_bytes, mac.bytes.size());
    return mac;
}

// The kernel gives a queue of AF_XDP free some time after the process that had it was killed,
// seconds where it has much else to do with interfaces: the next one waits for that.
int set_up_receive_queue(const PortPlan& plan, std::uint16_t queue, rte_mempool& pool) {
    constexpr std::chrono::seconds patience{15};
    constexpr std::chrono::milliseconds pause{250};
    const bool may_be_taken = plan.config.device.starts_with("net_af_xdp");
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const int code = rte_eth_rx_queue_setup(plan.id, queue, plan.rx_descriptors,
                                                static_cast<unsigned>(plan.socket), nullptr, &pool);
        if (code == 0 || !may_be_taken || std::chrono::steady_clock::now() > deadline) {
            return code;
        }
        std::this_thread::sleep_for(pause);
    }
}

} // namespace

Port::Port(const PortPlan& plan) : plan_(plan) {}

Port::Port(Port&& other) noexcept
    : plan_(std::move(other.plan_)), mac_(other.mac_), mac_before_(other.mac_before_),
      hears_mac_(other.hears_mac_), promiscuous_(other.promiscuous_), started_(other.started_),
      owned_(std::exchange(other.owned_, false)), asked_(std::move(other.asked_)) {}

Port::~Port() {
    if (owned_) {
        stop();
        restore_mac();
        rte_eth_dev_close(plan_.id);
    }
}

Result<Port> Port::open(const PortPlan& plan, rte_mempool& pool) {
    Port port(plan);
    if (auto done = port.configure(pool); !done) {
        return std::move(done).error();
    }
    if (auto done = port.choose_mac(); !done) {
        return std::move(done).error();
    }
    return port;
}

Result<> Port::configure(rte_mempool& pool) {
    rte_eth_dev_info info{};
    if (const int code = rte_eth_dev_info_get(plan_.id, &info); code != 0) {
        return failure(plan_, "what it can do cannot be found out", code);
    }
    rte_eth_conf settings{};
    settings.rxmode.mtu = plan_.mtu;
    settings.rxmode.offloads = rx_offloads(plan_, info);
    settings.txmode.offloads = tx_offloads(info);
    if (plan_.rss_types != 0) {
        settings.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
        settings.rx_adv_conf.rss_conf.rss_hf = plan_.rss_types;
    }
    if (const int code = configure_device(settings); code != 0) {
        return failure(plan_,
                       fmt::format("{} receive and {} transmit queues at MTU {} are refused",
                                   plan_.rx_queues, plan_.tx_queues, plan_.mtu),
                       code);
    }
    // The drivers that use an interface of the kernel change its MTU only when told so.
    if (plan_.config.mtu) {
        const int code = rte_eth_dev_set_mtu(plan_.id, plan_.mtu);
        if (code != 0 && code != -ENOTSUP) {
            return failure(plan_, fmt::format("MTU {} is refused: choose another mtu", plan_.mtu),
                           code);
        }
    }
    return set_up_queues(pool, settings.txmode.offloads);
}

// No driver says beforehand whether it has receive interrupts; some refuse to be asked for them.
int Port::configure_device(rte_eth_conf& settings) const {
    const auto configure = [&](bool interrupts) {
        settings.intr_conf.rxq = interrupts ? 1 : 0;
        return rte_eth_dev_configure(plan_.id, plan_.rx_queues, plan_.tx_queues, &settings);
    };
    return plan_.interrupts && configure(true) == 0 ? 0 : configure(false);
}

Result<> Port::set_up_queues(rte_mempool& pool, std::uint64_t offloads) {
    rte_eth_dev_info info{};
    rte_eth_dev_info_get(plan_.id, &info);
    for (std::uint16_t queue = 0; queue < plan_.rx_queues; ++queue) {
        const int code = set_up_receive_queue(plan_, queue, pool);
        if (code != 0) {
            return failure(plan_,
                           fmt::format("receive queue {} cannot be set up: is its interface or "
                                       "queue in use by another program, or memory too small?",
                                       queue),
                           code);
        }
    }
    rte_eth_txconf settings = info.default_txconf;
    settings.offloads = offloads;
    for (std::uint16_t queue = 0; queue < plan_.tx_queues; ++queue) {
        const int code = rte_eth_tx_queue_setup(plan_.id, queue, plan_.tx_descriptors,
                                                static_cast<unsigned>(plan_.socket), &settings);
        if (code != 0) {
            return failure(plan_, fmt::format("transmit queue {} cannot be set up", queue), code);
        }
    }
    return {};
}

Result<> Port::choose_mac() {
    rte_ether_addr address{};
    if (const int code = rte_eth_macaddr_get(plan_.id, &address); code != 0) {
        return failure(plan_, "its MAC address cannot be read", code);
    }
    const MacAddress own = to_mac(address);
    mac_ = plan_.config.mac.value_or(own);
    if (plan_.is("net_tap")) {
        // The interface has this address too, and the kernel behind it is a host on the link.
        if (!plan_.config.mac) {
            mac_.bytes.back() ^= 1U;
        } else if (mac_ == own) {
            return Error{fmt::format("{} port, {}: mac: {} is the address of the kernel's own "
                                     "interface: give the gateway another, or the interface "
                                     "(mac=… in the device)",
                                     plan_.role, plan_.config.device, mac_.text())};
        }
        return {};
    }
    if (mac_.is_zero() || mac_.is_multicast()) {
        return Error{fmt::format("{} port, {}: it has no MAC address of its own: give one with "
                                 "mac: 02:00:00:00:00:01",
                                 plan_.role, plan_.config.device)};
    }
    if (mac_ != own) {
        std::memcpy(address.addr_bytes, mac_.bytes.data(), mac_.bytes.size());
        hears_mac_ = rte_eth_dev_default_mac_addr_set(plan_.id, &address) == 0;
        if (hears_mac_ && plan_.interface != 0) {
            mac_before_ = own;
        }
    }
    return {};
}

Result<> Port::start() {
    const auto interface = KernelInterface::find(plan_.interface);
    if (interface && !interface->is_up()) {
        log::info("port", "{}: interface {} is down: bringing it up", plan_.role,
                  interface->name());
        if (auto done = interface->bring_up(); !done) {
            return std::move(done).error().in(plan_.role + " port");
        }
    }
    if (const int code = rte_eth_dev_start(plan_.id); code != 0) {
        return failure(plan_, "it cannot be started", code);
    }
    started_ = true;
    hear_all_groups();
    warn_of_scattering();
    return {};
}

// Packets are taken in one buffer each: the pool's buffers are made for that. A driver may see it
// in another way.
void Port::warn_of_scattering() const {
    rte_eth_rxq_info info{};
    if (rte_eth_rx_queue_info_get(plan_.id, 0, &info) == 0 && info.scattered_rx != 0) {
        log::warning("port",
                     "{}: the driver may spread a frame over several buffers; such frames are "
                     "dropped (frame_segmented): lower mtu, now {}",
                     plan_.role, plan_.mtu);
    }
}

// Solicitations for many addresses come in, each by a group of its own (RFC 4291, 2.7.1): the port
// must not filter groups. One that cannot be told so, or does not know the gateway's address, must
// pass everything; one that can do neither has no filter (null, pcap, ring, vhost).
void Port::hear_all_groups() {
    const bool all_groups = rte_eth_allmulticast_enable(plan_.id) == 0;
    if (all_groups && hears_mac_) {
        return;
    }
    const auto interface = KernelInterface::find(plan_.interface);
    const bool before = interface && interface->is_promiscuous();
    promiscuous_ = rte_eth_promiscuous_enable(plan_.id) == 0 && !before;
}

void Port::stop() {
    if (!std::exchange(started_, false)) {
        return;
    }
    if (std::exchange(promiscuous_, false)) {
        rte_eth_promiscuous_disable(plan_.id);
    }
    if (const int code = rte_eth_dev_stop(plan_.id); code != 0) {
        log::warning("port", "{}", failure(plan_, "it does not stop", code).message);
    }
}

// The kernel's interface outlives the port, and its host goes on with the address that it had.
void Port::restore_mac() {
    if (!mac_before_) {
        return;
    }
    rte_ether_addr address{};
    std::memcpy(address.addr_bytes, mac_before_->bytes.data(), mac_before_->bytes.size());
    if (const int code = rte_eth_dev_default_mac_addr_set(plan_.id, &address); code != 0) {
        log::warning("port", "{}",
                     failure(plan_,
                             fmt::format("its interface's address cannot be set back to {}",
                                         mac_before_->text()),
                             code)
                         .message);
    }
    mac_before_.reset();
}

bool Port::link_is_up() const {
    return PortLink(plan_.id).is_up();
}

} // namespace mt6d
