// SPDX-License-Identifier: BSD-3-Clause
#include "tests/doctor/findings.hpp"
#include "tests/doctor/sample_machine.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace mt6d::doctor {
namespace {

using testing::Contains;
using testing::ElementsAre;
using namespace std::string_literals;

constexpr const char* reserve_2_mib = "/hugepages-2048kB/";

class DoctorCores : public testing::Test {
protected:
    SampleMachine machine;
};
using DoctorIsolation = DoctorCores;
using DoctorHugepages = DoctorCores;
using DoctorNuma = DoctorCores;

TEST_F(DoctorCores, must_be_online) {
    machine.configure(machine.inside, machine.outside, "workers: [2, 7]");
    EXPECT_THAT(machine.examine("cores"),
                ElementsAre(Wrong("workers: CPU 7 is not online (online are 0-3)",
                                  "sensible-editor site.yaml   # workers: a CPU of 0-3")));
}

TEST_F(DoctorCores, must_be_allowed) {
    machine.put("/proc/self/status", "Cpus_allowed_list: 0,2");
    machine.put("/sys/devices/system/cpu/isolated", "");
    machine.configure(machine.inside, machine.outside, "workers: [2]\ncontrol_core: 3");
    EXPECT_THAT(machine.examine("cores"),
                ElementsAre(Wrong("control_core: CPU 3 is not allowed to this process",
                                  "sensible-editor site.yaml   # control_core: a CPU of 0,2")));
}

TEST_F(DoctorCores, may_be_isolated_ones_that_no_process_has_by_itself) {
    machine.configure(machine.inside, machine.outside, "workers: [2, 3]");
    EXPECT_THAT(machine.examine("cores"), ElementsAre(Ok("4 CPUs online (0-3), workers on 2-3")));
}

TEST_F(DoctorCores, that_are_isolated_must_be_in_the_cpu_set_of_the_group_or_of_one_above) {
    machine.put("/proc/self/cgroup", "0::/system.slice/ssh.service");
    machine.put("/sys/fs/cgroup/system.slice/cpuset.cpus.effective", "0-2");
    machine.configure(machine.inside, machine.outside, "workers: [2, 3]");
    EXPECT_THAT(machine.examine("cores"),
                ElementsAre(Wrong("workers: CPU 3 is not allowed to this process",
                                  "sensible-editor site.yaml   # workers: a CPU of 0-2")));
}

TEST_F(DoctorCores, are_those_of_the_process_where_sys_does_not_tell) {
    machine.remove("/sys/devices/system/cpu");
    machine.configure(machine.inside, machine.outside, "workers: [2]");
    EXPECT_THAT(machine.examine("cores"),
                ElementsAre(Wrong("workers: CPU 2 is not online (online are 0-1)",
                                  "sensible-editor site.yaml   # workers: a CPU of 0-1")));
}

TEST_F(DoctorCores, are_too_few_where_polling_workers_leave_none) {
    machine.put("/proc/self/status", "Cpus_allowed_list: 2");
    machine.put("/sys/devices/system/cpu/isolated", "2");
    machine.configure(machine.inside, machine.outside, "workers: [2]");
    EXPECT_THAT(machine.examine("cores"),
                ElementsAre(Note("1 polling worker(s) and the control thread share 1 CPU(s) (2)",
                                 "sensible-editor site.yaml   # idle: sleep, or fewer workers")));
}

TEST_F(DoctorIsolation, is_missed_where_polling_workers_share_their_cpus) {
    machine.put("/sys/devices/system/cpu/isolated", "");
    const std::string remedy =
        "mkdir -p /etc/default/grub.d && echo 'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX isolcpus=2 "
        "nohz_full=2 rcu_nocbs=2\"' > /etc/default/grub.d/mt6d-isolation.cfg && update-grub   # "
        "then reboot";
    EXPECT_THAT(machine.examine("isolation"),
                ElementsAre(Note("CPU 2 may be given other work too", remedy)));
}

TEST_F(DoctorIsolation, may_come_from_a_partition_of_cgroups) {
    machine.put("/sys/devices/system/cpu/isolated", "");
    machine.put("/sys/fs/cgroup/cpuset.cpus.isolated", "2");
    EXPECT_THAT(machine.examine("isolation"), ElementsAre(Ok("CPU 2 is the workers' alone")));
}

TEST_F(DoctorIsolation, is_half_of_it_where_the_clock_still_ticks) {
    machine.put("/sys/devices/system/cpu/nohz_full", "(null)");
    EXPECT_EQ(machine.examine("isolation").front().verdict, Verdict::note);
}

TEST_F(DoctorIsolation, names_a_governor_that_saves_energy) {
    const std::string file = "/sys/devices/system/cpu/cpu2/cpufreq/scaling_governor";
    machine.put(file, "powersave");
    EXPECT_THAT(machine.examine("isolation"),
                Contains(Note("governor powersave", "echo performance > " + file)));
}

TEST_F(DoctorIsolation, is_not_needed_by_workers_that_sleep) {
    machine.put("/sys/devices/system/cpu/isolated", "");
    machine.configure(machine.inside, machine.outside, "idle: sleep");
    EXPECT_THAT(machine.examine("isolation"), ElementsAre(Ok("idle workers sleep")));
}

TEST_F(DoctorIsolation, is_not_needed_by_workers_that_ports_wake) {
    machine.put("/sys/devices/system/cpu/isolated", "");
    machine.configure("net_tap0,iface=a", "net_tap1,iface=b", "idle: interrupt");
    EXPECT_THAT(machine.examine("isolation"), ElementsAre(Ok("idle workers wait for the ports")));
    machine.configure("net_tap0,iface=a", "net_af_packet1,iface=b", "idle: interrupt");
    EXPECT_THAT(
        machine.examine("isolation"),
        ElementsAre(Note("external port, net_af_packet1,iface=b, cannot wake workers", "")));
}

TEST_F(DoctorHugepages, are_missing_and_how_many_to_reserve_beside_those_in_use) {
    // Of 100 others use 90; 512 MiB are 256 pages.
    const std::string folder = std::string("/sys/kernel/mm/hugepages") + reserve_2_mib;
    machine.put(folder + "nr_hugepages", "100");
    machine.put(folder + "free_hugepages", "20");
    machine.put(folder + "resv_hugepages", "10");
    EXPECT_THAT(machine.examine("hugepages"),
                ElementsAre(Wrong("10 of 100 pages of 2 MiB are free; 512 MiB are needed, and NICs "
                                  "can use no other memory",
                                  "echo vm.nr_hugepages=346 > /etc/sysctl.d/80-mt6d.conf && "
                                  "sysctl -p /etc/sysctl.d/80-mt6d.conf")));
}

TEST_F(DoctorHugepages, of_a_gateway_that_runs_are_not_asked_for_again) {
    machine.put(std::string("/sys/kernel/mm/hugepages") + reserve_2_mib + "free_hugepages", "0");
    machine.put("/proc/17/comm", "mt6d-gateway\n");
    machine.put("/proc/17/status", "Name: mt6d-gateway\nHugetlbPages:\t524288 kB\n");
    machine.put("/proc/17/cmdline", std::string("mt6d-gateway\0--config\0/etc/other\0", 33));
    EXPECT_EQ(machine.examine("hugepages").front().verdict, Verdict::wrong);
    machine.put("/proc/17/cmdline", std::string("mt6d-gateway\0--config\0", 22)
                                        + std::filesystem::absolute("site.yaml").string());
    EXPECT_THAT(machine.examine("hugepages"),
                ElementsAre(Ok("the gateway, which runs, has 512 MiB")));
}

TEST_F(DoctorHugepages, of_a_gateway_that_was_started_beside_its_file_are_counted_too) {
    machine.put(std::string("/sys/kernel/mm/hugepages") + reserve_2_mib + "free_hugepages", "0");
    machine.put("/proc/17/comm", "mt6d-gateway\n");
    machine.put("/proc/17/status", "HugetlbPages:\t524288 kB\n");
    machine.link("/proc/17/cwd", std::filesystem::current_path());
    for (const std::string& argument : {"--config\0site.yaml"s, "--config=site.yaml"s}) {
        machine.put("/proc/17/cmdline", "mt6d-gateway\0"s + argument + "\0"s);
        EXPECT_THAT(machine.examine("hugepages"), ElementsAre(Ok("has 512 MiB")));
    }
}

TEST_F(DoctorHugepages, are_not_insisted_on_by_ports_without_hardware) {
    machine.put(std::string("/sys/kernel/mm/hugepages") + reserve_2_mib + "free_hugepages", "0");
    machine.configure("net_af_packet0,iface=eth1", "net_af_packet1,iface=eth2");
    EXPECT_EQ(machine.examine("hugepages").front().verdict, Verdict::note);
}

TEST_F(DoctorHugepages, need_no_mount_and_name_the_one_there_is) {
    EXPECT_THAT(machine.examine("hugepages"), ElementsAre(Ok("no mount of hugetlbfs")));
    machine.put("/proc/mounts", "hugetlbfs /dev/hugepages hugetlbfs rw 0 0");
    EXPECT_THAT(machine.examine("hugepages"), ElementsAre(Ok("hugetlbfs at /dev/hugepages")));
}

TEST_F(DoctorNuma, notes_a_worker_far_from_its_nic) {
    machine.configure(machine.inside, machine.outside, "workers: [0]");
    EXPECT_THAT(machine.examine("numa"),
                Contains(Note("0000:01:00.0 is on node 0, and a worker on CPU 0 of another",
                              "sensible-editor site.yaml   # workers: CPUs of 2-3")));
}

TEST_F(DoctorNuma, notes_a_nic_without_hugepages_near_it) {
    const std::string folder =
        std::string("/sys/devices/system/node/node0/hugepages") + reserve_2_mib;
    machine.put(folder + "nr_hugepages", "4");
    machine.put(folder + "free_hugepages", "0");
    EXPECT_THAT(machine.examine("numa"),
                Contains(Note("0000:01:00.0 is on node 0, which has no free hugepages",
                              "echo 260 > " + folder + "nr_hugepages")));
}

TEST_F(DoctorNuma, does_not_ask_again_for_the_hugepages_of_a_gateway_that_runs) {
    const std::string folder =
        std::string("/sys/devices/system/node/node0/hugepages") + reserve_2_mib;
    machine.put(folder + "free_hugepages", "0");
    machine.put("/proc/17/comm", "mt6d-gateway\n");
    machine.put("/proc/17/status", "HugetlbPages:\t524288 kB\n");
    machine.put("/proc/17/cmdline", std::filesystem::absolute("site.yaml").string() + "\0"s);
    EXPECT_THAT(machine.examine("numa"), ElementsAre(Ok("what belongs together is on one")));
}

TEST_F(DoctorNuma, has_nothing_to_say_of_one_node) {
    machine.put("/sys/devices/system/node/online", "0");
    machine.configure(machine.inside, machine.outside, "workers: [0]");
    EXPECT_THAT(machine.examine("numa"), ElementsAre(Ok("one node")));
}

} // namespace
} // namespace mt6d::doctor
