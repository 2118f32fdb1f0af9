// SPDX-License-Identifier: BSD-3-Clause
// The clock, and what the user of the gateway may do.
#include "tests/doctor/findings.hpp"
#include "tests/doctor/sample_machine.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mt6d::doctor {
namespace {

using testing::Contains;
using testing::ElementsAre;

class DoctorClock : public testing::Test {
protected:
    SampleMachine machine;
};

TEST_F(DoctorClock, is_unsynchronised_where_nothing_is_installed_that_could) {
    machine.clock = {};
    machine.remove("/usr/sbin/chronyd");
    EXPECT_THAT(machine.examine("clock"),
                ElementsAre(Wrong("nothing keeps it right", "apt-get install chrony")));
}

TEST_F(DoctorClock, is_unsynchronised_where_the_service_does_not_run) {
    machine.clock = {};
    EXPECT_THAT(machine.examine("clock"),
                ElementsAre(Wrong("not synchronised: chrony",
                                  "systemctl enable --now chrony; chronyc tracking")));
}

TEST_F(DoctorClock, may_be_off_by_a_quarter_of_the_shortest_rotation) {
    machine.configure(machine.inside, machine.outside, "defaults: { rotation: 2s, lifetime: 6s }");
    machine.clock.estimated_error = std::chrono::milliseconds(499);
    EXPECT_THAT(machine.examine("clock"), ElementsAre(Ok("of a rotation of 2 s")));
    machine.clock.estimated_error = std::chrono::milliseconds(501);
    EXPECT_THAT(machine.examine("clock"),
                ElementsAre(Wrong("it may be off by 0.501000 s", "chronyc tracking")));
}

// Files of the sample machine are this test's user's; the process looked at is another's.
class DoctorPermissions : public testing::Test {
protected:
    static constexpr unsigned other = 12345;

    DoctorPermissions() { run_as(other, 0); }

    void run_as(unsigned user, std::uint64_t capabilities) const {
        machine.put("/proc/self/status",
                    fmt::format("Uid: {0} {0} {0} {0}\nGid: {0} {0} {0} {0}\nGroups: {0}\n"
                                "CapEff: {1:016x}\nCpus_allowed_list: 0-1\n",
                                user, capabilities));
    }
    void allow_directories() const {
        for (const char* path : {"/var/lib/mt6d", "/run/mt6d"}) {
            machine.make_directory(path, 0777);
        }
    }
    SampleMachine machine;
};

TEST_F(DoctorPermissions, are_missed_for_directories) {
    EXPECT_THAT(machine.examine("permissions"),
                Contains(Wrong("state_dir /var/lib/mt6d/mt6d: user 12345 may not write to "
                               "/var/lib/mt6d",
                               "install -d -o 12345 /var/lib/mt6d/mt6d")));
    EXPECT_THAT(
        machine.examine("permissions"),
        Contains(Wrong("control.socket's directory /run/mt6d", "install -d -o 12345 /run/mt6d")));
}

TEST_F(DoctorPermissions, are_too_wide_for_a_state_directory_that_others_may_change) {
    run_as(::geteuid(), 0);
    machine.make_directory("/var/lib/mt6d/mt6d", 0770);
    EXPECT_THAT(
        machine.examine("permissions"),
        Contains(Wrong("may be written to by others (mode 0770)", "chmod 700 /var/lib/mt6d/mt6d")));
}

TEST_F(DoctorPermissions, are_never_mended_for_a_directory_that_serves_others_too) {
    run_as(::geteuid(), 0);
    machine.configure(machine.inside, machine.outside, "state_dir: /tmp");
    machine.make_directory("/tmp", 01777);
    EXPECT_THAT(machine.examine("permissions"),
                Contains(Wrong("state_dir /tmp may be written to by others (mode 1777)",
                               "sensible-editor site.yaml   # state_dir: /var/lib/mt6d/NAME")));
}

// The state directory is another user's than who asks.
class DoctorState : public DoctorPermissions {
protected:
    static constexpr const char* state = "/var/lib/mt6d/mt6d";

    DoctorState() { machine.make_directory(state, 0700); }
    void SetUp() override {
        if (::geteuid() != 0) {
            GTEST_SKIP() << "only root can give a directory away";
        }
    }
    void give_to(uid_t user) const {
        ASSERT_EQ(::chown(machine.real(state).c_str(), user, static_cast<gid_t>(-1)), 0);
    }
    void make_service_user() const {
        machine.put("/etc/passwd",
                    fmt::format("root:x:0:0\nmt6d:x:{}:998::/var/lib/mt6d\n", other));
    }
};

TEST_F(DoctorState, is_not_taken_from_another_user) {
    run_as(0, ~std::uint64_t{0});
    give_to(other);
    EXPECT_THAT(machine.examine("permissions"),
                Contains(Wrong("belongs to user 12345, who is neither root nor 0, who asks",
                               "sensible-editor site.yaml   # state_dir: /var/lib/mt6d/NAME")));
}

TEST_F(DoctorState, of_the_services_user_is_well_where_root_examines) {
    run_as(0, ~std::uint64_t{0});
    give_to(other);
    make_service_user();
    EXPECT_THAT(machine.examine("permissions"), ElementsAre(Ok("user 0 may do what is needed")));
}

TEST_F(DoctorState, that_root_has_left_goes_to_the_services_user_with_all_that_is_in_it) {
    make_service_user();
    const std::string give = "chown -R mt6d /var/lib/mt6d/mt6d";
    EXPECT_THAT(machine.examine("permissions"),
                Contains(Wrong("is root's, who ran this gateway before", give)));
    run_as(0, ~std::uint64_t{0});
    EXPECT_THAT(machine.examine("permissions"),
                ElementsAre(Note("the unit's user mt6d may not write to it", give)));
}

TEST_F(DoctorPermissions, are_missed_for_the_devices_of_bound_nics) {
    allow_directories();
    const std::string group = machine.files().exists("/dev/vfio/11") ? "/dev/vfio/11" : "";
    EXPECT_THAT(machine.examine("permissions"),
                Contains(Wrong("internal port: user 12345 may not use " + group,
                               "udevadm control --reload && udevadm trigger "
                               "--subsystem-match=vfio")));
    machine.remove(group);
    EXPECT_THAT(machine.examine("permissions"),
                Contains(Wrong("/dev/vfio/11 is not there", "modprobe vfio-pci")));
}

TEST_F(DoctorPermissions, are_others_for_nics_without_an_iommu) {
    allow_directories();
    machine.put_nic({.address = machine.inside, .driver = "vfio-pci", .group = "11"});
    machine.put("/sys/kernel/iommu_groups/11/name", "vfio-noiommu");
    EXPECT_THAT(machine.examine("permissions"),
                Contains(Wrong("/dev/vfio/noiommu-11 is not there", "modprobe vfio-pci")));
    machine.put("/dev/vfio/noiommu-11", "");
    EXPECT_THAT(machine.examine("permissions"),
                Contains(Wrong("0000:01:00.0 has no IOMMU, and needs CAP_SYS_RAWIO",
                               "systemctl edit mt6d-gateway@NAME   # [Service] "
                               "CapabilityBoundingSet=CAP_SYS_RAWIO "
                               "AmbientCapabilities=CAP_SYS_RAWIO")));
}

TEST_F(DoctorPermissions, are_missed_for_memory_that_nics_need_locked) {
    machine.put("/proc/self/limits", "Max locked memory 8388608 8388608 bytes");
    EXPECT_THAT(machine.examine("permissions"),
                Contains(Wrong("may lock 8192 KiB of memory, and NICs need all 512 MiB",
                               "echo '12345:12345 - memlock unlimited' > "
                               "/etc/security/limits.d/mt6d.conf   # then log in anew; the unit "
                               "has LimitMEMLOCK=infinity")));
}

TEST_F(DoctorPermissions, are_missed_for_interfaces_of_the_kernel) {
    allow_directories();
    machine.configure("net_af_packet0,iface=eth1", "net_af_xdp1,iface=eth2");
    constexpr std::uint64_t net_admin = 1U << 12U;
    run_as(other, net_admin);
    EXPECT_THAT(
        machine.examine("permissions"),
        ElementsAre(
            Wrong("internal port: net_af_packet0 needs CAP_NET_RAW,",
                  "systemctl start mt6d-gateway@NAME   # its unit grants them"),
            Wrong(
                "external port: net_af_xdp1 needs CAP_NET_RAW CAP_SYS_ADMIN",
                "systemctl start mt6d-gateway@NAME   # its unit, with af-xdp.conf, grants them")));
}

TEST_F(DoctorPermissions, are_all_there_for_the_superuser) {
    run_as(0, ~std::uint64_t{0});
    EXPECT_THAT(machine.examine("permissions"), ElementsAre(Ok("user 0 may do what is needed")));
}

} // namespace
} // namespace mt6d::doctor
