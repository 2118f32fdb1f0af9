// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/device.hpp"

#include "control/config/diagnostics.hpp"
#include "control/config/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace mt6d::config {

namespace {

struct Driver {
    std::string_view name;
    std::string_view needed;   // an argument that EAL would miss later and with fewer words
    std::string_view example;  // a device string that works
    std::string_view resource; // the argument that names what the device opens
};

// Longer names first: net_virtio_user is not a net_virtio.
constexpr std::array drivers{
    Driver{"net_virtio_user", "path", "net_virtio_user0,path=/run/mt6d.sock", "path"},
    Driver{"net_af_packet", "iface", "net_af_packet0,iface=eth1", "iface"},
    Driver{"net_af_xdp", "iface", "net_af_xdp0,iface=eth1", "iface"},
    Driver{"net_vhost", "iface", "net_vhost0,iface=/run/mt6d.sock", "iface"},
    Driver{"net_memif", "", "net_memif0,role=client,socket=/run/memif.sock", ""},
    Driver{"net_pcap", "", "net_pcap0,iface=eth1", "iface"},
    Driver{"net_null", "", "net_null0", ""},
    Driver{"net_ring", "", "net_ring0", ""},
    Driver{"net_tap", "", "net_tap0,iface=mt6d0", "iface"},
};

constexpr std::size_t max_name = 63; // RTE_DEV_NAME_MAX_LEN with its final zero

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::string driver_list() {
    std::string list;
    for (const Driver& driver : drivers) {
        list += (list.empty() ? "" : ", ") + std::string(driver.name);
    }
    return list;
}

// "01:00.0" or "0000:01:00.0".
std::optional<std::string> parse_pci(std::string_view text) {
    const std::string full = (text.size() == 7 ? "0000:" : "") + std::string(text);
    constexpr std::string_view form = "hhhh:hh:hh.d";
    if (full.size() != form.size()) {
        return std::nullopt;
    }
    std::string name;
    for (std::size_t i = 0; i < form.size(); ++i) {
        const char c = full[i];
        const bool fits = form[i] == 'h'   ? is_hex(c)
                          : form[i] == 'd' ? c >= '0' && c <= '7'
                                           : c == form[i];
        if (!fits) {
            return std::nullopt;
        }
        name += static_cast<char>(c >= 'A' && c <= 'F' ? c | 0x20 : c);
    }
    return name;
}

Result<> parse_arguments(std::string_view text, Device& device) {
    while (!text.empty()) {
        const auto comma = text.find(',');
        const std::string_view argument = text.substr(0, comma);
        text = comma == std::string_view::npos ? "" : text.substr(comma + 1);
        const auto equals = argument.find('=');
        if (equals == 0 || argument.empty()) {
            return Error{fmt::format("{} is no device argument: write key=value, separated by "
                                     "single commas and no spaces",
                                     quoted(argument))};
        }
        const std::string key(argument.substr(0, equals));
        // libpcap's driver takes one file a queue under one key.
        if (device.driver != "net_pcap" && device.argument(key)) {
            return Error{
                fmt::format("the device argument {} stands twice: keep one of them", quoted(key))};
        }
        device.arguments.emplace_back(
            key, equals == std::string_view::npos ? "" : argument.substr(equals + 1));
    }
    return {};
}

const Driver* find_driver(std::string_view name) {
    const auto driver = std::find_if(drivers.begin(), drivers.end(), [name](const Driver& d) {
        return name.starts_with(d.name)
               && std::all_of(name.begin() + static_cast<std::ptrdiff_t>(d.name.size()), name.end(),
                              is_digit);
    });
    return driver == drivers.end() ? nullptr : &*driver;
}

Error unknown_device(std::string_view text, std::string_view name) {
    std::array<std::string_view, drivers.size()> names{};
    std::transform(drivers.begin(), drivers.end(), names.begin(),
                   [](const Driver& driver) { return driver.name; });
    const auto suffix = name.find_last_not_of("0123456789");
    return Error{fmt::format("{} is no device: write a PCI address like 0000:01:00.0, or a virtual "
                             "device: one of {} and a number, like net_af_xdp0,iface=eth1{}",
                             quoted(text), driver_list(),
                             suggestion(name.substr(0, suffix + 1), names))};
}

} // namespace

std::optional<std::string> Device::argument(std::string_view key) const {
    const auto found = std::find_if(arguments.begin(), arguments.end(),
                                    [key](const auto& argument) { return argument.first == key; });
    return found == arguments.end() ? std::nullopt : std::optional(found->second);
}

Result<Device> parse_device(std::string_view text) {
    const auto comma = text.find(',');
    const std::string_view name = text.substr(0, comma);
    const bool has_arguments = comma != std::string_view::npos;
    Device device;
    const Driver* driver = nullptr;
    if (const auto pci = parse_pci(name)) {
        device.name = *pci;
    } else if (driver = find_driver(name); driver != nullptr && name.size() <= max_name) {
        device.name = name;
        device.driver = driver->name;
    } else {
        return unknown_device(text, name);
    }
    if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c == 0x7f; })) {
        return Error{fmt::format("{} has white space in it: remove it", quoted(text))};
    }
    if (has_arguments && comma + 1 == text.size()) {
        return Error{fmt::format("{} ends in a comma: remove it", quoted(text))};
    }
    if (const auto parsed =
            parse_arguments(has_arguments ? text.substr(comma + 1) : std::string_view{}, device);
        !parsed) {
        return parsed.error();
    }
    if (driver != nullptr && !driver->needed.empty()
        && device.argument(driver->needed).value_or("").empty()) {
        return Error{fmt::format("{} needs {}=: write it like {}", driver->name, driver->needed,
                                 driver->example)};
    }
    return device;
}

Result<std::string> parse_crypto_device(std::string_view text) {
    constexpr std::string_view prefix = "crypto_";
    if (const auto pci = parse_pci(text)) {
        return *pci;
    }
    const bool printable =
        std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (!text.starts_with(prefix) || text.size() == prefix.size() || !printable) {
        return Error{
            fmt::format("{} is no crypto device: write a PCI address like 0000:3d:00.0, or "
                        "a virtual device like crypto_openssl",
                        quoted(text))};
    }
    return std::string(text);
}

std::optional<std::string> shared_resource(const Device& a, const Device& b) {
    if (a.name == b.name) {
        return "device " + a.name;
    }
    const auto resource = [](const Device& device) -> std::optional<std::string> {
        const Driver* const driver = find_driver(device.name);
        return driver == nullptr || driver->resource.empty() ? std::nullopt
                                                             : device.argument(driver->resource);
    };
    const auto first = resource(a);
    if (first && first == resource(b)) {
        return (first->find('/') == std::string::npos ? "interface " : "socket ") + *first;
    }
    return std::nullopt;
}

} // namespace mt6d::config
