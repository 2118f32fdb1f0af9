// SPDX-License-Identifier: BSD-3-Clause
// CPUs that a thread may be put on: of invented machines, and of the one that the test runs on.
#include "control/usable_cpus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

namespace mt6d {
namespace {

using testing::ElementsAre;

using Cpus = std::vector<std::uint32_t>;

TEST(UsableCpus, are_the_allowed_ones_and_the_isolated_ones_that_the_kernel_permits) {
    const auto permits = [](std::uint32_t cpu) { return cpu != 3; };
    EXPECT_THAT(usable_cpus(Cpus{0, 4}, Cpus{1, 3}, permits), ElementsAre(0, 1, 4));
}

TEST(UsableCpus, count_once_where_the_process_has_isolated_ones_already) {
    const auto permits = [](std::uint32_t) { return true; };
    EXPECT_THAT(usable_cpus(Cpus{1, 2}, Cpus{1, 2}, permits), ElementsAre(1, 2));
}

TEST(UsableCpus, are_tried_and_the_threads_own_stay_as_they_were) {
    cpu_set_t before;
    ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
    for (std::uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &before)) {
            EXPECT_TRUE(kernel_permits(cpu)) << cpu;
        }
    }
    EXPECT_FALSE(kernel_permits(CPU_SETSIZE - 1)) << "no machine has that one";
    EXPECT_FALSE(kernel_permits(CPU_SETSIZE));
    cpu_set_t after;
    ASSERT_EQ(sched_getaffinity(0, sizeof(after), &after), 0);
    EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

} // namespace
} // namespace mt6d
