// SPDX-License-Identifier: BSD-3-Clause
// EAL starts once a process: before the tests, without huge pages, with three lcores for workers
// beside the tests' own, all on whatever CPUs this process may use.
#include "reasons_seen.hpp"

#include <rte_eal.h>

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

std::string own_cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set) != 0) {
        std::perror("sched_getaffinity");
        std::exit(1);
    }
    std::string list;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &set)) {
            list += (list.empty() ? "" : ",") + std::to_string(cpu);
        }
    }
    return "(" + list + ")";
}

void start_eal(char* program) {
    const std::string cpus = own_cpus();
    std::vector<std::string> arguments{
        program,
        "--no-huge",
        "-m",
        "256",
        "--no-pci",
        "--no-telemetry",
        "--no-shconf",
        "--log-level=*:error",
        "--file-prefix=mt6d_packet_tests_" + std::to_string(getpid()),
        "--lcores",
        "0@" + cpus + ",1@" + cpus + ",2@" + cpus + ",3@" + cpus,
    };
    std::vector<char*> pointers;
    for (std::string& argument : arguments) {
        pointers.push_back(argument.data());
    }
    if (rte_eal_init(static_cast<int>(pointers.size()), pointers.data()) < 0) {
        std::fprintf(stderr, "EAL did not start\n");
        std::exit(1);
    }
}

} // namespace

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    if (!GTEST_FLAG_GET(list_tests)) {
        start_eal(argv[0]);
    }
    testing::AddGlobalTestEnvironment(new mt6d::test::EachReasonSeen);
    const int result = RUN_ALL_TESTS();
    if (!GTEST_FLAG_GET(list_tests)) {
        rte_eal_cleanup();
    }
    return result;
}
