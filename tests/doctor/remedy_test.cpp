// SPDX-License-Identifier: BSD-3-Clause
// What is proposed can be pasted into a shell, whatever files and interfaces are called.
#include "control/doctor/remedy.hpp"
#include "tests/doctor/findings.hpp"
#include "tests/doctor/sample_machine.hpp"

#include <gtest/gtest.h>

namespace mt6d::doctor {
namespace {

using testing::Contains;

TEST(DoctorRemedy, leaves_a_word_as_it_is_that_a_shell_leaves_too) {
    EXPECT_EQ(quoted_for_shell("/etc/mt6d/site-a.yaml"), "/etc/mt6d/site-a.yaml");
    EXPECT_EQ(quoted_for_shell("0000:01:00.0"), "0000:01:00.0");
}

TEST(DoctorRemedy, quotes_all_else) {
    EXPECT_EQ(quoted_for_shell(""), "''");
    EXPECT_EQ(quoted_for_shell("my state; reboot"), "'my state; reboot'");
    EXPECT_EQ(quoted_for_shell("a'b"), "'a'\\''b'");
    EXPECT_EQ(edit("my site.yaml", "mtu: 1500"), "sensible-editor 'my site.yaml'   # mtu: 1500");
}

TEST(DoctorRemedy, quotes_what_the_configuration_says) {
    SampleMachine machine;
    machine.put("/proc/self/status", "Uid: 1 1 1 1\nGid: 1 1 1 1\nCapEff: 0\n");
    machine.configure(machine.inside, machine.outside,
                      "state_dir: \"/var/lib/mt6d/my state; reboot\"");
    EXPECT_THAT(machine.examine("permissions"),
                Contains(Wrong("state_dir /var/lib/mt6d/my state; reboot: user 1 may not write",
                               "install -d -o 1 '/var/lib/mt6d/my state; reboot'")));
}

} // namespace
} // namespace mt6d::doctor
