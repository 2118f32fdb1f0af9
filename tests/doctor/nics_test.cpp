// SPDX-License-Identifier: BSD-3-Clause
#include "tests/doctor/findings.hpp"
#include "tests/doctor/sample_machine.hpp"

#include <gtest/gtest.h>

namespace mt6d::doctor {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* bind_outside = "mt6d-bind to vfio-pci 0000:01:00.1 --persist";

class DoctorDrivers : public testing::Test {
protected:
    SampleMachine machine;
};
using DoctorIommu = DoctorDrivers;
using DoctorPackages = DoctorDrivers;

TEST_F(DoctorDrivers, must_be_vfio_for_a_nic_that_the_kernel_has) {
    machine.put_nic({.address = machine.outside, .driver = "i40e", .interface = "eth2"});
    EXPECT_THAT(machine.examine("drivers"),
                Contains(Wrong("0000:01:00.1 is the kernel's (i40e)", bind_outside)));
}

TEST_F(DoctorDrivers, must_be_vfio_for_a_nic_that_nobody_has) {
    machine.put_nic({.address = machine.outside});
    EXPECT_THAT(machine.examine("drivers"),
                Contains(Wrong("0000:01:00.1 is bound to no driver", bind_outside)));
}

TEST_F(DoctorDrivers, stay_where_dpdk_works_on_top_of_the_kernels) {
    machine.put_nic({.address = machine.outside, .driver = "mlx5_core", .interface = "eth2"});
    EXPECT_THAT(machine.examine("drivers"), Contains(Ok("keeps its kernel driver mlx5_core")));
}

TEST_F(DoctorDrivers, are_noted_where_they_work_without_an_iommu) {
    machine.put_nic({.address = machine.outside, .driver = "uio_pci_generic"});
    EXPECT_THAT(machine.examine("drivers"), Contains(Note("can write all memory", bind_outside)));
}

TEST_F(DoctorDrivers, never_are_proposed_for_the_nic_of_the_default_route) {
    machine.configure(machine.inside, machine.management);
    EXPECT_THAT(machine.examine("drivers"),
                Contains(Wrong("0000:02:00.0 is how this machine is reached (eth0: the default "
                               "route leaves by it)",
                               "")));
}

TEST_F(DoctorDrivers, tell_that_a_nic_is_not_there) {
    machine.remove("/sys/bus/pci/devices/0000:01:00.1");
    EXPECT_THAT(machine.examine("drivers"),
                Contains(Wrong("0000:01:00.1 is not there", "mt6d-bind status")));
}

TEST_F(DoctorDrivers, must_not_be_taken_from_what_is_no_network_card) {
    machine.put("/sys/bus/pci/devices/0000:01:00.1/class", "0x010802");
    EXPECT_THAT(machine.examine("drivers"),
                Contains(Wrong("0000:01:00.1 is no network card", "mt6d-bind status")));
}

// Cards that the kernel has, and no IOMMU.
class DoctorWithoutIommu : public testing::Test {
protected:
    DoctorWithoutIommu() {
        machine.remove("/sys/kernel/iommu_groups");
        machine.put_nic({.address = machine.inside, .driver = "i40e", .interface = "eth1"});
        machine.put_nic({.address = machine.outside, .driver = "i40e", .interface = "eth2"});
    }
    void put_table(const char* name) const {
        machine.put(std::string("/sys/firmware/acpi/tables/") + name, "");
    }
    SampleMachine machine;
};

TEST_F(DoctorWithoutIommu, switches_intels_on) {
    put_table("DMAR");
    EXPECT_THAT(
        machine.examine("iommu"),
        ElementsAre(Wrong("there, and switched off",
                          "mkdir -p /etc/default/grub.d && echo 'GRUB_CMDLINE_LINUX=\""
                          "$GRUB_CMDLINE_LINUX intel_iommu=on iommu=pt\"' > "
                          "/etc/default/grub.d/mt6d-iommu.cfg && update-grub   # then reboot")));
}

TEST_F(DoctorWithoutIommu, takes_back_what_the_kernel_was_told) {
    put_table("IVRS");
    machine.put("/proc/cmdline", "root=/dev/vda1 amd_iommu=off quiet");
    EXPECT_THAT(machine.examine("iommu"),
                ElementsAre(Wrong("command line says amd_iommu=off",
                                  "sed -i 's/amd_iommu=off//g' $(grep -rl amd_iommu=off "
                                  "/etc/default/grub*) && update-grub   # then reboot")));
}

TEST_F(DoctorWithoutIommu, knows_no_parameter_that_would_switch_on_amds_or_a_virtual_one) {
    put_table("VIOT");
    EXPECT_THAT(machine.examine("iommu").front().text, HasSubstr("virtio-iommu"));
    put_table("IVRS");
    EXPECT_THAT(machine.examine("iommu"),
                ElementsAre(Wrong("did not take AMD's", "dmesg | grep -i -e amd-vi -e iommu")));
}

TEST_F(DoctorWithoutIommu, lets_all_ports_go_without) {
    EXPECT_THAT(
        machine.examine("iommu"),
        ElementsAre(Wrong("absent",
                          "mt6d-bind to vfio-pci 0000:01:00.0 0000:01:00.1 --no-iommu --persist")));
}

TEST_F(DoctorWithoutIommu, never_proposes_to_bind_the_nic_of_the_default_route) {
    machine.configure(machine.management, machine.outside);
    EXPECT_THAT(machine.examine("iommu"),
                ElementsAre(Wrong("0000:02:00.0 must stay with the kernel (eth0: the default route",
                                  "mt6d-bind to vfio-pci 0000:01:00.1 --no-iommu --persist")));
    machine.put_nic({.address = machine.outside, .driver = "vfio-pci"});
    EXPECT_THAT(machine.examine("iommu"), ElementsAre(Wrong("0000:02:00.0 must stay", "")));
}

TEST_F(DoctorWithoutIommu, notes_that_vfio_goes_without) {
    for (const auto& [address, group] : {std::pair{machine.inside, "0"}, {machine.outside, "1"}}) {
        machine.put_nic({.address = address, .driver = "vfio-pci", .group = group});
        machine.put("/sys/kernel/iommu_groups/" + std::string(group) + "/name", "vfio-noiommu");
    }
    EXPECT_THAT(machine.examine("iommu"),
                ElementsAre(Note("absent, and vfio goes without: the ports' NICs can write all "
                                 "memory",
                                 "")));
}

TEST_F(DoctorIommu, is_not_asked_for_by_ports_that_are_not_bound) {
    machine.remove("/sys/kernel/iommu_groups");
    machine.configure("net_af_packet0,iface=eth1", "net_af_packet1,iface=eth2");
    EXPECT_THAT(machine.examine("iommu"), ElementsAre(Ok("absent, and no port needs one")));
}

TEST_F(DoctorIommu, gives_a_group_whole_or_not_at_all) {
    machine.put_nic({.address = "0000:01:00.2", .driver = "i40e", .group = "12"});
    EXPECT_THAT(machine.examine("iommu"),
                Contains(Wrong("0000:01:00.1 shares IOMMU group 12 with 0000:01:00.2, which i40e "
                               "has",
                               "mt6d-bind to vfio-pci 0000:01:00.2 --persist")));
}

TEST_F(DoctorIommu, never_proposes_to_take_a_lifeline_out_of_a_shared_group) {
    machine.put_nic(
        {.address = machine.management, .driver = "igb", .interface = "eth0", .group = "12"});
    EXPECT_THAT(machine.examine("iommu"),
                Contains(Wrong("which must stay with the kernel (eth0: the default route", "")));
}

TEST_F(DoctorIommu, never_proposes_to_take_a_disk_or_a_nic_that_needs_its_driver) {
    const std::string other = "0000:01:00.2";
    machine.put_nic({.address = other, .driver = "nvme", .group = "12"});
    machine.put("/sys/bus/pci/devices/" + other + "/class", "0x010802");
    EXPECT_THAT(machine.examine("iommu"),
                Contains(Wrong("with 0000:01:00.2, which nvme has, and which is no network card: "
                               "put the NIC into another slot",
                               "")));
    machine.put_nic({.address = other, .driver = "mlx5_core", .group = "12"});
    EXPECT_THAT(
        machine.examine("iommu"),
        Contains(Wrong("which needs its kernel driver: put the NIC into another slot", "")));
}

TEST_F(DoctorIommu, does_not_mind_a_bridge_in_the_group) {
    machine.put_nic({.address = "0000:00:01.0", .driver = "pcieport", .group = "12"});
    machine.put("/sys/bus/pci/devices/0000:00:01.0/class", "0x060400");
    EXPECT_THAT(machine.examine("iommu"), Contains(Ok("0000:01:00.1 is in IOMMU group 12")));
}

TEST_F(DoctorPackages, are_missed_by_what_the_nic_needs_whoever_has_it_now) {
    machine.remove("/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0/librte_net_i40e.so.23");
    machine.put("/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0/librte_net_ring.so.23", "");
    EXPECT_THAT(machine.examine("packages"),
                Contains(Wrong("librte_net_i40e.so.23", "apt-get install librte-net-i40e23")));
}

TEST_F(DoctorPackages, are_found_where_dpdk_names_a_driver_differently) {
    machine.put_nic(
        {.address = machine.outside, .driver = "virtio-pci", .modalias = "pci:v00001AF4d00001041"});
    EXPECT_THAT(machine.examine("packages"),
                Contains(Wrong("librte_net_virtio.so.23", "apt-get install librte-net-virtio23")));
}

TEST_F(DoctorPackages, are_missed_by_virtual_ports_too) {
    machine.configure("net_af_packet0,iface=eth1", "net_af_xdp1,iface=eth2");
    machine.put("/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0/librte_net_af_packet.so.23", "");
    EXPECT_THAT(
        machine.examine("packages"),
        ElementsAre(Ok("net_af_packet is installed"),
                    Wrong("librte_net_af_xdp.so.23", "apt-get install librte-net-af-xdp23")));
}

TEST_F(DoctorPackages, are_all_proposed_for_a_nic_that_no_kernel_module_knows) {
    machine.put_nic(
        {.address = machine.outside, .driver = "vfio-pci", .modalias = "pci:v0000FFFFd0000FFFF"});
    EXPECT_THAT(machine.examine("packages"),
                Contains(Note("is not known", "apt-get install librte-meta-net")));
}

} // namespace
} // namespace mt6d::doctor
