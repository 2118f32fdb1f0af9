// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/kernel_routes.hpp"

#include "control/state/descriptor.hpp"

#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <span>

namespace mt6d::doctor {

namespace {

// Of rtnetlink(7): a message, or an attribute within one, and the bytes that it may take.
using Bytes = std::span<const std::byte>;

template <class Header>
std::optional<Header> header_of(Bytes bytes) {
    Header header{};
    if (bytes.size() < sizeof(header)) {
        return std::nullopt;
    }
    std::memcpy(&header, bytes.data(), sizeof(header));
    return header;
}

constexpr std::size_t aligned(std::size_t size) {
    return (size + 3U) & ~std::size_t{3};
}

Bytes after(Bytes bytes, std::size_t size) {
    return bytes.subspan(std::min(aligned(size), bytes.size()));
}

// Calls `take` with the type and the value of each attribute.
template <class Take>
void for_each_attribute(Bytes bytes, Take take) {
    while (const auto header = header_of<rtattr>(bytes)) {
        if (header->rta_len < sizeof(rtattr) || header->rta_len > bytes.size()) {
            return;
        }
        take(header->rta_type & NLA_TYPE_MASK,
             bytes.subspan(sizeof(rtattr), header->rta_len - sizeof(rtattr)));
        bytes = after(bytes, header->rta_len);
    }
}

std::string interface_name(std::uint32_t index) {
    std::array<char, IF_NAMESIZE> name{};
    return if_indextoname(index, name.data()) == nullptr ? std::string() : name.data();
}

// IPv4 in its IPv6 form.
Ipv6Address address_of(Bytes bytes) {
    Ipv6Address address{};
    std::size_t at = 0;
    if (bytes.size() == sizeof(in_addr)) {
        address.bytes[10] = address.bytes[11] = 0xff;
        at = address.bytes.size() - sizeof(in_addr);
    }
    std::memcpy(address.bytes.data() + at, bytes.data(),
                std::min(bytes.size(), address.bytes.size() - at));
    return address;
}

void take_next_hops(Bytes bytes, std::vector<std::uint32_t>& interfaces) {
    while (const auto hop = header_of<rtnexthop>(bytes)) {
        if (hop->rtnh_len < sizeof(rtnexthop) || hop->rtnh_len > bytes.size()) {
            return;
        }
        interfaces.push_back(static_cast<std::uint32_t>(hop->rtnh_ifindex));
        bytes = after(bytes, hop->rtnh_len);
    }
}

// What follows the header of a message RTM_NEWROUTE.
void take_route(Bytes bytes, std::vector<Route>& found) {
    const auto message = header_of<rtmsg>(bytes);
    if (!message || message->rtm_type != RTN_UNICAST || (message->rtm_flags & RTM_F_CLONED) != 0) {
        return;
    }
    const bool is_ipv4 = message->rtm_family == AF_INET;
    Route route{.interface = {}, .destination = {}, .table = message->rtm_table};
    if (is_ipv4) {
        route.destination.address = address_of(std::array<std::byte, sizeof(in_addr)>{});
    }
    route.destination.length =
        static_cast<std::uint8_t>(message->rtm_dst_len + (is_ipv4 ? mapped_bits : 0));
    std::vector<std::uint32_t> interfaces;
    for_each_attribute(after(bytes, sizeof(rtmsg)), [&](unsigned type, Bytes value) {
        if (type == RTA_DST) {
            route.destination.address = address_of(value);
        } else if (type == RTA_OIF || type == RTA_TABLE) {
            const auto number = header_of<std::uint32_t>(value).value_or(0);
            if (type == RTA_OIF) {
                interfaces.push_back(number);
            } else {
                route.table = number;
            }
        } else if (type == RTA_MULTIPATH) {
            take_next_hops(value, interfaces);
        }
    });
    for (const std::uint32_t index : interfaces) {
        route.interface = interface_name(index);
        if (!route.interface.empty() && route.interface != "lo") {
            found.push_back(route);
        }
    }
}

// False at the end of the answer, or of what is one.
bool take_messages(Bytes bytes, std::vector<Route>& found) {
    while (const auto header = header_of<nlmsghdr>(bytes)) {
        if (header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > bytes.size()
            || header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR) {
            return false;
        }
        if (header->nlmsg_type == RTM_NEWROUTE) {
            take_route(bytes.subspan(sizeof(nlmsghdr), header->nlmsg_len - sizeof(nlmsghdr)),
                       found);
        }
        bytes = after(bytes, header->nlmsg_len);
    }
    return true;
}

void ask_for_routes(unsigned char family, std::vector<Route>& found) {
    const Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    struct {
        nlmsghdr header;
        rtmsg message;
    } question{};
    question.header.nlmsg_len = sizeof(question);
    question.header.nlmsg_type = RTM_GETROUTE;
    question.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    question.message.rtm_family = family;
    if (!socket || ::send(socket.get(), &question, sizeof(question), 0) < 0) {
        return;
    }
    constexpr std::size_t largest_answer = 65536; // the kernel's are 32 KiB at most
    std::vector<std::byte> answer(largest_answer);
    ssize_t size = 0;
    do {
        size = ::recv(socket.get(), answer.data(), answer.size(), 0);
    } while (size > 0
             && take_messages(std::span(answer).first(static_cast<std::size_t>(size)), found));
}

} // namespace

std::vector<Route> kernel_routes() {
    std::vector<Route> found;
    ask_for_routes(AF_INET, found);
    ask_for_routes(AF_INET6, found);
    return found;
}

std::vector<InterfaceAddress> kernel_addresses() {
    std::vector<InterfaceAddress> found;
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) {
        return found;
    }
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, ::freeifaddrs);
    for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr) {
            continue;
        }
        if (one->ifa_addr->sa_family == AF_INET) {
            sockaddr_in address{};
            std::memcpy(&address, one->ifa_addr, sizeof(address));
            found.push_back(
                {one->ifa_name, address_of(std::as_bytes(std::span(&address.sin_addr, 1)))});
        } else if (one->ifa_addr->sa_family == AF_INET6) {
            sockaddr_in6 address{};
            std::memcpy(&address, one->ifa_addr, sizeof(address));
            found.push_back(
                {one->ifa_name, address_of(std::as_bytes(std::span(&address.sin6_addr, 1)))});
        }
    }
    return found;
}

} // namespace mt6d::doctor
