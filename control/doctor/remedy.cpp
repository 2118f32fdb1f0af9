// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/remedy.hpp"

#include <fmt/format.h>

namespace mt6d::doctor {

namespace {

constexpr std::string_view update_grub = "update-grub   # then reboot";

} // namespace

std::string quoted_for_shell(std::string_view word) {
    constexpr std::string_view harmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789@%+=:,./_-";
    if (!word.empty() && word.find_first_not_of(harmless) == std::string_view::npos) {
        return std::string(word);
    }
    std::string quoted = "'";
    for (const char one : word) {
        quoted += one == '\'' ? std::string("'\\''") : std::string(1, one);
    }
    return quoted + "'";
}

std::string add_kernel_parameters(std::string_view topic, std::string_view parameters) {
    return fmt::format(
        "mkdir -p /etc/default/grub.d && echo 'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX "
        "{}\"' > /etc/default/grub.d/mt6d-{}.cfg && {}",
        parameters, topic, update_grub);
}

std::string remove_kernel_parameter(std::string_view parameter) {
    return fmt::format("sed -i 's/{0}//g' $(grep -rl {0} /etc/default/grub*) && {1}", parameter,
                       update_grub);
}

std::string edit(std::string_view file, std::string_view line) {
    return fmt::format("sensible-editor {}   # {}", quoted_for_shell(file), line);
}

std::string bind_to_vfio(std::string_view devices) {
    return fmt::format("mt6d-bind to vfio-pci {} --persist", devices);
}

} // namespace mt6d::doctor
