// SPDX-License-Identifier: BSD-3-Clause
// By which interfaces a machine is reached: the rule that keeps an operator from locking himself
// out.
#include "control/doctor/lifelines.hpp"
#include "tests/doctor/sample_machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mt6d::doctor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* route_head = "Iface Destination Gateway Flags RefCnt Use Metric Mask\n";
constexpr const char* by_route = "the default route leaves by it";
constexpr const char* by_ssh = "somebody is logged in over it by SSH";

class Lifelines : public testing::Test {
protected:
    Lifelines() { machine.put("/proc/net/route", route_head); } // none

    std::vector<std::string> found() const {
        std::vector<std::string> texts;
        for (const Lifeline& line : lifelines(machine.files())) {
            texts.push_back(line.interface + ": " + line.reason);
        }
        return texts;
    }
    SampleMachine machine;
};

// 192.168.2.0/24 by eth1, without a router.
constexpr const char* local_route = "eth1 0002A8C0 00000000 0001 0 0 0 00FFFFFF\n";
// 10.0.0.0/8 by a router on eth2.
constexpr const char* far_route = "eth2 0000000A 0102A8C0 0003 0 0 0 000000FF\n";

TEST_F(Lifelines, are_none_on_a_machine_without_routes_and_sessions) {
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(Lifelines, are_the_default_routes_of_both_versions) {
    machine.put("/proc/net/route",
                std::string(route_head) + "eth1 00000000 0102A8C0 0003 0 0 0 00000000\n");
    const std::string zero(32, '0');
    machine.put("/proc/net/ipv6_route",
                zero + " 00 " + zero + " 00 fe800000000000000000000000000001 00000400 1 0 00000003 "
                    + "eth2\n" + zero + " 00 " + zero + " 00 " + zero
                    + " ffffffff 1 0 00200200 lo\n");
    EXPECT_THAT(found(),
                ElementsAre(std::string("eth1: ") + by_route, std::string("eth2: ") + by_route));
}

TEST_F(Lifelines, are_what_packets_of_an_ssh_session_come_and_leave_by) {
    machine.put("/proc/net/route", std::string(route_head) + local_route + far_route);
    // 192.168.2.5:22 with 10.1.1.1, established.
    machine.put("/proc/net/tcp", "  0: 0502A8C0:0016 0101010A:C350 01 0");
    EXPECT_THAT(found(),
                ElementsAre(std::string("eth1: ") + by_ssh, std::string("eth2: ") + by_ssh));
}

TEST_F(Lifelines, are_found_for_ipv4_sessions_of_a_socket_for_both_versions) {
    machine.put("/proc/net/route", std::string(route_head) + local_route);
    machine.put("/proc/net/tcp6", "  0: 0000000000000000FFFF00000502A8C0:0016 "
                                  "0000000000000000FFFF00000902A8C0:C350 01 0");
    EXPECT_THAT(found(), ElementsAre(std::string("eth1: ") + by_ssh));
}

TEST_F(Lifelines, are_what_has_the_address_of_an_ipv6_session) {
    machine.put("/proc/net/if_inet6", "20010db8000000000000000000000001 02 40 00 80 eth1\n"
                                      "fe800000000000000000000000000002 03 40 20 80 eth2\n");
    machine.put("/proc/net/tcp6", "  0: B80D0120000000000000000001000000:0016 "
                                  "B80D0120000000000000000009000000:C350 01 0");
    EXPECT_THAT(found(), ElementsAre(std::string("eth1: ") + by_ssh));
}

TEST_F(Lifelines, follow_the_ports_that_sshd_is_told_to_listen_at) {
    machine.put("/proc/net/route", std::string(route_head) + local_route);
    machine.put("/proc/net/tcp", "  0: 0502A8C0:08AE 0902A8C0:C350 01 0"); // 2222
    EXPECT_THAT(found(), IsEmpty());
    for (const char* line : {"Port 2222", "port 2222", "PORT=2222", "Port \"2222\"",
                             "ListenAddress 192.168.2.5:2222", "listenaddress [fe80::1]:2222"}) {
        machine.put("/etc/ssh/sshd_config.d/site.conf", line);
        EXPECT_THAT(found(), ElementsAre(std::string("eth1: ") + by_ssh)) << line;
    }
    for (const char* line : {"#Port 2222", "ListenAddress fe80::2222", "Port many", "Port"}) {
        machine.put("/etc/ssh/sshd_config.d/site.conf", line);
        EXPECT_THAT(found(), IsEmpty()) << line;
    }
}

TEST_F(Lifelines, follow_the_ports_that_systemd_listens_at_for_sshd) {
    machine.put("/proc/net/route", std::string(route_head) + local_route);
    machine.put("/proc/net/tcp", "  0: 0502A8C0:08AE 0902A8C0:C350 01 0"); // 2222
    machine.put("/etc/systemd/system/ssh.socket.d/port.conf",
                "[Socket]\nListenStream=\nListenStream=[::]:2222");
    EXPECT_THAT(found(), ElementsAre(std::string("eth1: ") + by_ssh));
}

TEST_F(Lifelines, are_not_what_only_listens_or_is_another_service) {
    machine.put("/proc/net/route", std::string(route_head) + local_route);
    machine.put("/proc/net/tcp", "  0: 00000000:0016 00000000:0000 0A 0\n"
                                 "  1: 0502A8C0:0050 0902A8C0:C350 01 0");
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(Lifelines, are_also_what_lies_below_a_bridge_a_bond_or_a_vlan) {
    machine.put("/proc/net/route",
                std::string(route_head) + "bridge 00000000 0102A8C0 0003 0 0 0 00000000\n");
    machine.link("/sys/class/net/bridge/lower_bond0", "../bond0");
    machine.link("/sys/class/net/bond0/lower_eth1", "../eth1");
    const std::string under_bridge = std::string("it carries bridge, and ") + by_route;
    EXPECT_THAT(found(), ElementsAre(std::string("bridge: ") + by_route, "bond0: " + under_bridge,
                                     "eth1: it carries bond0, and " + under_bridge));
}

TEST_F(Lifelines, are_what_belongs_to_a_switch_that_does_not_tell_what_it_carries) {
    machine.put("/proc/net/route",
                std::string(route_head) + "ovsbr0 00000000 0102A8C0 0003 0 0 0 00000000\n");
    machine.link("/sys/class/net/eth1/upper_ovs-system", "../ovs-system");
    machine.link("/sys/class/net/eth2/upper_bridge", "../bridge");
    machine.put("/sys/class/net/bridge/uevent", "DEVTYPE=bridge\nINTERFACE=bridge");
    EXPECT_THAT(found(),
                ElementsAre(std::string("ovsbr0: ") + by_route,
                            "eth1: it belongs to ovs-system, and what that carries is not known"));
}

TEST_F(Lifelines, are_what_carries_a_ppp_session) {
    machine.put("/proc/net/route",
                std::string(route_head) + "ppp0 00000000 00000000 0001 0 0 0 00000000\n");
    machine.put("/sys/class/net/ppp0/type", "512");
    machine.put("/proc/net/pppoe", "Id       Address              Device\n"
                                   "00000100 02:00:00:00:00:01      eth1");
    EXPECT_THAT(found(), ElementsAre(std::string("ppp0: ") + by_route,
                                     std::string("eth1: it carries ppp0, and ") + by_route));
}

TEST_F(Lifelines, are_all_cards_that_are_up_where_a_tunnel_does_not_tell_which_it_takes) {
    machine.put("/proc/net/route",
                std::string(route_head) + "ppp0 00000000 00000000 0001 0 0 0 00000000\n");
    machine.put("/sys/class/net/ppp0/type", "512");
    for (const char* card : {"eth1", "eth2", "eth3"}) {
        machine.put_interface(card);
        machine.make_directory("/sys/class/net/" + std::string(card) + "/device");
    }
    machine.put("/sys/class/net/eth2/flags", "0x1002"); // down
    const std::string may = std::string(": it may carry ppp0, and ") + by_route;
    EXPECT_THAT(found(), ElementsAre(std::string("ppp0: ") + by_route, "eth1" + may, "eth3" + may));
}

TEST_F(Lifelines, tell_of_a_nic_by_its_interface) {
    machine.put("/proc/net/route",
                std::string(route_head) + "eth0 00000000 0102A8C0 0003 0 0 0 00000000\n");
    const auto reason =
        is_lifeline(machine.files(), *find_nic(machine.files(), machine.management));
    EXPECT_EQ(reason, std::string("eth0: ") + by_route);
    EXPECT_FALSE(is_lifeline(machine.files(), *find_nic(machine.files(), machine.inside)));
}

} // namespace
} // namespace mt6d::doctor
