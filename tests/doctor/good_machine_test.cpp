// SPDX-License-Identifier: BSD-3-Clause
// A machine that lacks nothing, and one of which nothing is known.
#include "tests/doctor/findings.hpp"
#include "tests/doctor/sample_machine.hpp"

#include <gtest/gtest.h>

#include <set>

namespace mt6d::doctor {
namespace {

using testing::ElementsAre;

TEST(Doctor, finds_nothing_wrong_with_a_machine_that_is_prepared) {
    const SampleMachine machine;
    for (const Check& check : all_checks()) {
        const auto findings = machine.examine(check.name);
        EXPECT_FALSE(findings.empty()) << check.name << " says nothing";
        for (const Finding& finding : findings) {
            EXPECT_EQ(finding.verdict, Verdict::ok) << check.name << ": " << finding.text;
        }
    }
}

TEST(Doctor, examines_a_machine_without_any_files_or_configuration) {
    const test::TemporaryDirectory nothing;
    const Subject subject{.files = FileTree(nothing.path()),
                          .clock = {},
                          .config_file = {},
                          .complaints = {},
                          .config = {}};
    for (const Check& check : all_checks()) {
        Findings findings;
        check.run(subject, findings);
        EXPECT_FALSE(findings.all().empty()) << check.name << " says nothing";
    }
}

TEST(Doctor, has_checks_of_different_names) {
    std::set<std::string_view> names;
    for (const Check& check : all_checks()) {
        EXPECT_TRUE(names.insert(check.name).second) << check.name;
        EXPECT_FALSE(check.about.empty());
    }
}

TEST(DoctorConfiguration, repeats_all_that_the_loader_complains_of) {
    const Subject subject{.files = FileTree(),
                          .clock = {},
                          .config_file = "a.yaml",
                          .complaints = {"a.yaml:1:1: one", "a.yaml:2:1: two"},
                          .config = {}};
    Findings findings;
    check_configuration(subject, findings);
    EXPECT_THAT(findings.all(), ElementsAre(Wrong("a.yaml:1:1: one", "mt6dctl check a.yaml"),
                                            Wrong("a.yaml:2:1: two", "mt6dctl check a.yaml")));
}

} // namespace
} // namespace mt6d::doctor
