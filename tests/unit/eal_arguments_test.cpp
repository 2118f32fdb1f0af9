// SPDX-License-Identifier: BSD-3-Clause
#include "control/cpu_list.hpp"
#include "control/eal_arguments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mt6d {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::StartsWith;

constexpr std::uint64_t mebibyte = 1024 * 1024;

config::Config virtual_ports() {
    config::Config config;
    config.name = "site-a";
    config.internal.device = "net_af_xdp0,iface=inside";
    config.external.device = "net_af_packet0,iface=outside";
    return config;
}

Machine machine() {
    Machine machine;
    machine.allowed_cpus = {0, 1, 2, 3};
    machine.usable_cpus = machine.allowed_cpus;
    machine.online_cpus = {0, 1, 2, 3, 4, 5, 6, 7};
    machine.hugepage_size = 2 * mebibyte;
    machine.pci_devices = {{"0000:01:00.0", "vfio-pci", ""},
                           {"0000:01:00.1", "mlx5_core", "enp1s0f1"},
                           {"0000:02:00.0", "virtio-pci", "eth0"},
                           {"0000:03:00.0", "nvme", ""}};
    return machine;
}

Machine with_hugepages(std::uint64_t pages) {
    Machine machine = mt6d::machine();
    machine.hugepages_total = pages;
    machine.hugepages_free = pages;
    machine.hugepage_bytes_free = pages * machine.hugepage_size;
    return machine;
}

EalArguments arguments(const config::Config& config, const Machine& where,
                       const std::vector<std::string>& extra = {}) {
    auto result = eal_arguments(config, where, extra);
    EXPECT_TRUE(result) << result.error().message;
    return result ? *result : EalArguments{};
}

std::string refusal(const config::Config& config, const Machine& where,
                    const std::vector<std::string>& extra = {}) {
    const auto result = eal_arguments(config, where, extra);
    EXPECT_FALSE(result);
    return result ? "" : result.error().message;
}

// --- cores
// ----------------------------------------------------------------------------------------

TEST(EalCores, FloatOverAllAllowedCpusByDefault) {
    EXPECT_THAT(arguments(virtual_ports(), machine()).arguments,
                IsSupersetOf({"--lcores=0@(0-3),1@(0-3)", "--main-lcore=0"}));
}

TEST(EalCores, ArePinnedWhereTheConfigurationSaysSo) {
    auto config = virtual_ports();
    config.control_core = 0;
    config.workers = {1, 3};
    EXPECT_THAT(arguments(config, machine()).arguments, Contains("--lcores=0@(0),1@(1),2@(3)"));
}

TEST(EalCores, LeavePinnedCpusToTheirThreads) {
    auto config = virtual_ports();
    config.workers = {1, config::Core{}};
    EXPECT_THAT(arguments(config, machine()).arguments,
                Contains("--lcores=0@(0,2-3),1@(1),2@(0,2-3)"));
}

TEST(EalCores, ShareTheOnlyCpuThereIs) {
    auto config = virtual_ports();
    config.idle = config::Idle::sleep;
    config.workers = {5};
    auto where = machine();
    where.allowed_cpus = where.usable_cpus = {5};
    const auto result = arguments(config, where);
    EXPECT_THAT(result.arguments, Contains("--lcores=0@(5),1@(5)"));
}

TEST(EalCores, OfAnotherCpuSetAreRefusedWithTheAllowedOnes) {
    auto config = virtual_ports();
    config.workers = {6};
    EXPECT_THAT(refusal(config, machine()),
                AllOf(StartsWith("workers: CPU 6 is not allowed"), HasSubstr("0-3")));
}

TEST(EalCores, MayBeIsolatedOnesOverWhichNobodyFloats) {
    auto config = virtual_ports();
    config.workers = {1, 2};
    auto where = machine();
    where.allowed_cpus = {0, 3}; // isolcpus=1-2
    EXPECT_THAT(arguments(config, where).arguments, Contains("--lcores=0@(0,3),1@(1),2@(2)"));
    EXPECT_THAT(arguments(config, where).warnings, Not(Contains(HasSubstr("share"))));
}

TEST(EalCores, ThatAreOfflineAreRefusedWithTheOnlineOnes) {
    auto config = virtual_ports();
    config.control_core = 64;
    EXPECT_THAT(refusal(config, machine()),
                AllOf(StartsWith("control_core: CPU 64 is not online"), HasSubstr("0-7")));
}

TEST(EalCores, AreAtMostWhatEalCanRun) {
    auto config = virtual_ports();
    config.workers.assign(4, config::Core{});
    auto where = machine();
    where.lcores = 4;
    EXPECT_THAT(refusal(config, where), HasSubstr("at most 3"));
}

TEST(EalCores, PollingOnTooFewCpusAreWarnedAbout) {
    auto config = virtual_ports();
    config.workers.assign(4, config::Core{});
    EXPECT_THAT(arguments(config, machine()).warnings, Contains(HasSubstr("idle: sleep")));
    for (const config::Idle idle : {config::Idle::sleep, config::Idle::interrupt}) {
        config.idle = idle;
        EXPECT_THAT(arguments(config, machine()).warnings, Not(Contains(HasSubstr("idle: sleep"))));
    }
}

TEST(EalCores, GivenTwiceAreWarnedAbout) {
    auto config = virtual_ports();
    config.control_core = 2;
    config.workers = {2};
    EXPECT_THAT(arguments(config, machine()).warnings, Contains(StartsWith("CPU 2 is given to")));
}

TEST(EalCores, AreNotTakenFromTheOperatorsEalArguments) {
    for (const char* option : {"--lcores=0-1", "-l", "-c3", "--main-lcore"}) {
        EXPECT_THAT(refusal(virtual_ports(), machine(), {option}), HasSubstr("control_core"));
    }
}

// --- memory
// ---------------------------------------------------------------------------------------

TEST(EalMemory, IsOfHugepagesWhereThereAreEnough) {
    const auto result = arguments(virtual_ports(), with_hugepages(256));
    EXPECT_TRUE(result.hugepages);
    EXPECT_THAT(result.arguments, IsSupersetOf({"--in-memory", "--single-file-segments",
                                                "--iova-mode=va", "-m", "512"}));
    EXPECT_THAT(result.arguments, Not(Contains("--no-huge")));
    EXPECT_THAT(result.warnings, IsEmpty());
}

TEST(EalMemory, IsOrdinaryWhereHugepagesAreOneTooFew) {
    const auto result = arguments(virtual_ports(), with_hugepages(255));
    EXPECT_FALSE(result.hugepages);
    EXPECT_THAT(result.arguments, IsSupersetOf({"--no-huge", "--no-shconf", "-m", "512"}));
    EXPECT_THAT(result.arguments, Not(Contains("--in-memory")));
}

TEST(EalMemory, WithoutHugepagesSaysOnceHowToReserveThem) {
    EXPECT_THAT(arguments(virtual_ports(), machine()).warnings,
                ElementsAre(HasSubstr("echo 256 > /proc/sys/vm/nr_hugepages")));
}

TEST(EalMemory, CountsThePagesOfOthersIntoTheNumberToReserve) {
    auto where = with_hugepages(100);
    where.hugepages_free = 30; // 70 are in use
    where.hugepage_bytes_free = 30 * where.hugepage_size;
    EXPECT_THAT(arguments(virtual_ports(), where).warnings,
                ElementsAre(HasSubstr("echo 326 > /proc/sys/vm/nr_hugepages")));
}

TEST(EalMemory, RoundsUpToWholeHugepages) {
    auto where = machine();
    where.hugepage_size = 1024 * mebibyte;
    EXPECT_THAT(arguments(virtual_ports(), where).warnings,
                ElementsAre(HasSubstr("echo 1 > /proc/sys/vm/nr_hugepages")));
}

TEST(EalMemory, NamesNoCommandWhereTheKernelHasNoHugepages) {
    auto where = machine();
    where.hugepage_size = 0;
    EXPECT_THAT(arguments(virtual_ports(), where).warnings,
                ElementsAre(AllOf(HasSubstr("no hugepages"), Not(HasSubstr("echo")))));
}

TEST(EalMemory, WithHugepagesOffIsOrdinaryAndNothingIsSaid) {
    auto config = virtual_ports();
    config.hugepages = false;
    const auto result = arguments(config, with_hugepages(1000));
    EXPECT_FALSE(result.hugepages);
    EXPECT_THAT(result.arguments, Contains("--no-huge"));
    EXPECT_THAT(result.warnings, IsEmpty());
}

TEST(EalMemory, IsLeftToTheOperatorWhoSaysHowToGetIt) {
    const auto result =
        arguments(virtual_ports(), with_hugepages(1000), {"--huge-dir=/mnt/huge", "-m", "64"});
    EXPECT_THAT(result.arguments, Not(Contains("--in-memory")));
    EXPECT_THAT(result.arguments, Not(Contains("512")));
}

// --- devices
// --------------------------------------------------------------------------------------

TEST(EalDevices, AreTheConfiguredVirtualOnesAndNoPciDevice) {
    EXPECT_THAT(arguments(virtual_ports(), machine()).arguments,
                IsSupersetOf({"--vdev=net_af_xdp0,iface=inside",
                              "--vdev=net_af_packet0,iface=outside", "--no-pci"}));
}

TEST(EalDevices, AreTheConfiguredPciOnesAlone) {
    auto config = virtual_ports();
    config.internal.device = "01:00.0";
    config.external.device = "0000:01:00.1,mprq_en=1";
    const auto result = arguments(config, with_hugepages(256));
    EXPECT_THAT(result.arguments,
                IsSupersetOf({"--allow=0000:01:00.0", "--allow=0000:01:00.1,mprq_en=1"}));
    EXPECT_THAT(result.arguments, Not(Contains("--no-pci")));
}

TEST(EalDevices, OnPciDecideHowMemoryIsAddressed) {
    auto config = virtual_ports();
    config.internal.device = "01:00.0";
    EXPECT_THAT(arguments(config, with_hugepages(256)).arguments,
                Not(Contains(StartsWith("--iova-mode"))));
}

TEST(EalDevices, ThatTheKernelUsesAreLeftToItWithTheWayToChangeThat) {
    auto config = virtual_ports();
    config.external.device = "02:00.0";
    EXPECT_THAT(refusal(config, machine()),
                AllOf(StartsWith("0000:02:00.0: the kernel uses this device as eth0"),
                      HasSubstr("mt6d-bind to vfio-pci 0000:02:00.0"),
                      HasSubstr("net_af_xdp0,iface=eth0")));
    config.external.device = "03:00.0";
    EXPECT_THAT(refusal(config, machine()),
                AllOf(HasSubstr("driver nvme"), Not(HasSubstr("net_af_xdp0"))));
}

TEST(EalDevices, ThatNoKernelDriverHoldsAreUsable) {
    auto config = virtual_ports();
    config.external.device = "04:00.0";
    auto where = machine();
    where.pci_devices.push_back({"0000:04:00.0", "", ""});
    EXPECT_THAT(arguments(config, where).arguments, Contains("--allow=0000:04:00.0"));
}

TEST(EalDevices, ThatAreNotThereAreRefused) {
    auto config = virtual_ports();
    config.internal.device = "0000:09:00.0";
    EXPECT_THAT(refusal(config, machine()),
                StartsWith("0000:09:00.0: there is no such PCI device"));
}

TEST(EalDevices, OfTheOperatorKeepThePciBus) {
    EXPECT_THAT(arguments(virtual_ports(), machine(), {"-a", "0000:02:00.0"}).arguments,
                Not(Contains("--no-pci")));
}

TEST(EalDevices, OfVirtioUserGetALongerQueueUnlessTheySayWhich) {
    auto config = virtual_ports();
    config.internal.device = "net_virtio_user0,path=/run/a";
    config.external.device = "net_virtio_user1,path=/run/b,queue_size=512";
    EXPECT_THAT(arguments(config, machine()).arguments,
                IsSupersetOf({"--vdev=net_virtio_user0,path=/run/a,queue_size=1024",
                              "--vdev=net_virtio_user1,path=/run/b,queue_size=512"}));
}

TEST(EalDevices, ThatAreNoneAreRefused) {
    auto config = virtual_ports();
    config.internal.device = "eth0";
    EXPECT_THAT(refusal(config, machine()), HasSubstr("eth0"));
}

// --- the rest
// -------------------------------------------------------------------------------------

TEST(EalArguments, TellGatewaysOfOneMachineApart) {
    EXPECT_THAT(arguments(virtual_ports(), machine()).arguments,
                Contains("--file-prefix=mt6d-site-a"));
}

TEST(EalArguments, KeepTelemetryUnlessItsSocketHasNoPlace) {
    auto where = machine();
    EXPECT_THAT(arguments(virtual_ports(), where).arguments, Not(Contains("--no-telemetry")));
    where.runtime_directory = false;
    const auto result = arguments(virtual_ports(), where);
    EXPECT_THAT(result.arguments, Contains("--no-telemetry"));
    EXPECT_THAT(result.warnings, Contains(HasSubstr("RUNTIME_DIRECTORY")));
}

TEST(EalArguments, EndWithTheOperatorsOwnAsTheyAre) {
    const std::vector<std::string> extra{"--log-level=pmd.net:debug", "--vdev=net_null9"};
    const auto result = arguments(virtual_ports(), machine(), extra).arguments;
    ASSERT_GE(result.size(), extra.size());
    EXPECT_EQ(std::vector<std::string>(result.end() - 2, result.end()), extra);
}

TEST(CpuList, IsWrittenInRanges) {
    EXPECT_EQ(cpu_list(std::vector<std::uint32_t>{}), "");
    EXPECT_EQ(cpu_list(std::vector<std::uint32_t>{7}), "7");
    EXPECT_EQ(cpu_list(std::vector<std::uint32_t>{0, 1, 2, 5, 7, 8}), "0-2,5,7-8");
}

TEST(CpuList, IsReadAsTheKernelWritesIt) {
    EXPECT_THAT(parse_cpu_list("0-2,5,7-8"), ElementsAre(0, 1, 2, 5, 7, 8));
    EXPECT_THAT(parse_cpu_list("3"), ElementsAre(3));
    EXPECT_THAT(parse_cpu_list(""), IsEmpty());
    EXPECT_THAT(parse_cpu_list("1,x"), ElementsAre(1));
    EXPECT_THAT(parse_cpu_list("4-"), IsEmpty());
}

TEST(DriverLibrary, IsTheDriversPlugInAndItsDebianPackage) {
    const auto xdp = driver_library("net_af_xdp", "23");
    EXPECT_EQ(xdp.file, "librte_net_af_xdp.so.23");
    EXPECT_EQ(xdp.package, "librte-net-af-xdp23");
    const auto user = driver_library("net_virtio_user", "23");
    EXPECT_EQ(user.file, "librte_net_virtio.so.23");
    EXPECT_EQ(user.package, "librte-net-virtio23");
}

} // namespace
} // namespace mt6d
