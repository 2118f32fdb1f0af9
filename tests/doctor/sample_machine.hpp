// SPDX-License-Identifier: BSD-3-Clause
// A machine in a directory: the files of /sys, /proc, /dev and /etc that the doctor reads. As it is
// made it lacks nothing that a gateway needs; tests break it.
#pragma once

#include "control/config/loader.hpp"
#include "control/doctor/checks.hpp"
#include "tests/support/temporary_directory.hpp"

#include <string>
#include <vector>

namespace mt6d::doctor {

class SampleMachine {
public:
    // Two nodes with two CPUs each, of which 2 and 3 are isolated, so that no process has them by
    // itself; two free NICs on node 0, with
    // groups of their own, bound to vfio-pci; a third one with the default route.
    SampleMachine();

    void put(const std::string& path, const std::string& text) const;
    void link(const std::string& path, const std::string& target) const;
    void remove(const std::string& path) const;
    void make_directory(const std::string& path, unsigned mode = 0755) const;

    struct Nic {
        std::string address;
        std::string driver{};     // none
        std::string interface {}; // likewise
        std::string group{};
        std::string modalias = "pci:v00008086d00001572";
    };
    // In the place of what is there of that address.
    void put_nic(const Nic& nic) const;
    // Of the kernel's, up and with a link, without addresses.
    void put_interface(const std::string& name, unsigned mtu = 1500) const;

    // Of two NICs, unless something else is said of the ports; `more` are top-level lines.
    void configure(const std::string& internal, const std::string& external,
                   const std::string& more = "");

    // What one check of all_checks() says. Precondition: there is one of that name.
    [[nodiscard]] std::vector<Finding> examine(std::string_view check) const;

    // Where a file of the machine's lies on this one.
    [[nodiscard]] std::string real(const std::string& path) const {
        return directory_.path() + path;
    }
    [[nodiscard]] FileTree files() const { return FileTree(directory_.path()); }

    ClockState clock{true, std::chrono::microseconds(20)};

    static constexpr const char* inside = "0000:01:00.0";
    static constexpr const char* outside = "0000:01:00.1";
    static constexpr const char* management = "0000:02:00.0";

private:
    void put_cpus() const;
    void put_memory() const;
    void put_network() const;
    void put_process() const;

    test::TemporaryDirectory directory_;
    std::optional<config::Config> config_;
};

} // namespace mt6d::doctor
