// SPDX-License-Identifier: BSD-3-Clause
// Ports that are interfaces of the kernel, and what fits through them.
#include "tests/doctor/findings.hpp"
#include "tests/doctor/sample_machine.hpp"

#include <gtest/gtest.h>

namespace mt6d::doctor {
namespace {

using testing::Contains;
using testing::ElementsAre;

class DoctorInterfaces : public testing::Test {
protected:
    DoctorInterfaces() {
        machine.put_interface("eth1");
        machine.put_interface("eth2");
        machine.configure("net_af_packet0,iface=eth1", "net_af_packet1,iface=eth2");
    }
    SampleMachine machine;
};
using DoctorMtu = DoctorInterfaces;

TEST_F(DoctorInterfaces, are_well_when_they_are_up_and_bare) {
    EXPECT_THAT(machine.examine("interfaces"),
                ElementsAre(Ok("eth1 is up, and carries no addresses"), Ok("eth2 is up")));
}

TEST_F(DoctorInterfaces, must_be_there) {
    machine.remove("/sys/class/net/eth2");
    EXPECT_THAT(machine.examine("interfaces"),
                Contains(Wrong("external port: eth2 is not there", "ip link show")));
}

TEST_F(DoctorInterfaces, must_not_carry_ipv6_addresses_but_link_local_ones) {
    machine.put("/proc/net/if_inet6", "20010db8000000000000000000000001 02 40 00 80 eth2\n"
                                      "fe800000000000000000000000000002 03 40 20 80 eth1\n");
    EXPECT_THAT(
        machine.examine("interfaces"),
        ElementsAre(Ok("eth1"), Wrong("eth2 carries addresses", "ip address flush dev eth2")));
}

TEST_F(DoctorInterfaces, must_not_carry_ipv4_addresses) {
    machine.put("/proc/net/route", "eth2 0002A8C0 00000000 0001 0 0 0 00FFFFFF\n");
    EXPECT_THAT(machine.examine("interfaces"),
                Contains(Wrong("eth2 carries addresses", "ip address flush dev eth2")));
}

TEST_F(DoctorInterfaces, that_are_down_are_noted) {
    machine.put("/sys/class/net/eth1/flags", "0x1002");
    EXPECT_THAT(machine.examine("interfaces"),
                Contains(Note("eth1 is down", "ip link set eth1 up")));
}

TEST_F(DoctorInterfaces, without_a_link_are_noted) {
    machine.put("/sys/class/net/eth1/carrier", "0");
    EXPECT_THAT(machine.examine("interfaces"), Contains(Note("eth1 has no link", "")));
}

TEST_F(DoctorInterfaces, are_never_to_be_stripped_where_the_machine_is_reached_by_them) {
    machine.configure("net_af_packet0,iface=eth1", "net_af_packet1,iface=eth0");
    EXPECT_THAT(machine.examine("interfaces"),
                Contains(Wrong("eth0 is how this machine is reached (the default route", "")));
}

TEST_F(DoctorMtu, tells_what_is_left_for_the_hosts) {
    EXPECT_THAT(machine.examine("mtu"),
                ElementsAre(Ok("hosts learn that their packets may have 1452 bytes; for 1500 the "
                               "external port and the path need an MTU of 1548")));
}

TEST_F(DoctorMtu, suffices_where_the_external_port_has_room_for_the_tunnel) {
    machine.put_interface("eth2", 1548);
    EXPECT_THAT(machine.examine("mtu"), ElementsAre(Ok("hosts' packets of 1500 bytes fit")));
}

TEST_F(DoctorMtu, is_small_where_packets_that_ipv6_promises_need_two_fragments) {
    machine.put_interface("eth2", 1300);
    EXPECT_THAT(machine.examine("mtu"),
                ElementsAre(Note("takes packets of 1252 bytes into the tunnel",
                                 "ip link set eth2 mtu 1328")));
}

TEST_F(DoctorMtu, is_too_large_for_af_xdp) {
    machine.put_interface("eth2", 9000);
    machine.configure("net_af_packet0,iface=eth1", "net_af_xdp1,iface=eth2");
    EXPECT_THAT(machine.examine("mtu"), Contains(Wrong("AF_XDP cannot carry its MTU of 9000",
                                                       "ip link set eth2 mtu 3438")));
}

} // namespace
} // namespace mt6d::doctor
