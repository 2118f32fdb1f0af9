// SPDX-License-Identifier: BSD-3-Clause
#include "control/kernel_interface.hpp"

#include <fmt/format.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace mt6d {

namespace {

// False on failure, with errno.
bool ask(const std::string& name, unsigned long request, ifreq& data) {
    const int handle = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (handle < 0) {
        return false;
    }
    name.copy(data.ifr_name, sizeof(data.ifr_name) - 1);
    const bool success = ioctl(handle, request, &data) == 0;
    const int why = errno;
    close(handle);
    errno = why;
    return success;
}

bool has_flag(const std::string& name, int flag) {
    ifreq data{};
    return ask(name, SIOCGIFFLAGS, data) && (data.ifr_flags & flag) != 0;
}

Error failure(const std::string& name, const char* what) {
    return Error{fmt::format("interface {}: {}: {}", name, what, std::strerror(errno))};
}

} // namespace

std::optional<KernelInterface> KernelInterface::find(unsigned index) {
    std::array<char, IF_NAMESIZE> name{};
    if (index == 0 || if_indextoname(index, name.data()) == nullptr) {
        return std::nullopt;
    }
    return KernelInterface(name.data());
}

Result<std::uint16_t> KernelInterface::mtu() const {
    ifreq data{};
    if (!ask(name_, SIOCGIFMTU, data)) {
        return failure(name_, "its MTU cannot be read");
    }
    return static_cast<std::uint16_t>(std::clamp(data.ifr_mtu, 0, 0xffff));
}

bool KernelInterface::is_up() const {
    return has_flag(name_, IFF_UP);
}

bool KernelInterface::has_carrier() const {
    return has_flag(name_, IFF_RUNNING);
}

bool KernelInterface::is_promiscuous() const {
    return has_flag(name_, IFF_PROMISC);
}

Result<> KernelInterface::bring_up() const {
    ifreq data{};
    if (!ask(name_, SIOCGIFFLAGS, data)) {
        return failure(name_, "its state cannot be read");
    }
    data.ifr_flags = static_cast<short>(data.ifr_flags | IFF_UP);
    if (!ask(name_, SIOCSIFFLAGS, data)) {
        return failure(name_, "it is down and cannot be brought up");
    }
    return {};
}

Result<InterfaceClaim> InterfaceClaim::take(const std::string& name) {
    if (name.size() >= IF_NAMESIZE) {
        return Error{fmt::format("interface {}: there is none of so long a name: at most {} "
                                 "characters; correct iface= in the device",
                                 name, IF_NAMESIZE - 1)};
    }
    const int handle = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (handle < 0) {
        return failure(name, "it cannot be claimed");
    }
    InterfaceClaim claim(handle);
    // Abstract socket names belong to the network namespace, as interfaces do.
    const std::string label = "mt6d-gateway/" + name;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    label.copy(address.sun_path + 1, sizeof(address.sun_path) - 1);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + label.size());
    if (bind(handle, reinterpret_cast<const sockaddr*>(&address), length) == 0) {
        return claim;
    }
    if (errno == EADDRINUSE) {
        return Error{fmt::format("interface {}: another mt6d-gateway has it: stop that one first, "
                                 "or choose another interface",
                                 name)};
    }
    return failure(name, "it cannot be claimed");
}

InterfaceClaim::~InterfaceClaim() {
    if (handle_ >= 0) {
        close(handle_);
    }
}

} // namespace mt6d
