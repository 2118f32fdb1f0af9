// SPDX-License-Identifier: BSD-3-Clause
#include "control/eal.hpp"

#include "control/eal_arguments.hpp"
#include "control/log.hpp"

#include <rte_config.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_log.h>

#include <fmt/ranges.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string_view>

namespace mt6d {

namespace {

// What drivers call an error and is none here: it would frighten, and says nothing to do.
constexpr std::array<std::string_view, 6> harmless{
    "hugepages reported on node", // none of one size, where another size has them
    "use random",                 // net_virtio_user has no MAC address from its peer
    // net_tap: for flow rules, which the gateway does not use, and secondary processes
    "qdisc",
    "Disabling rte flow support",
    "Failed to send start req to secondary",
    "Failed to send stop req to secondary",
};

bool is_harmless(std::string_view line) {
    return std::any_of(harmless.begin(), harmless.end(), [line](std::string_view text) {
        return line.find(text) != std::string_view::npos;
    });
}

// EAL and the drivers log whole messages to a stdio stream; this one passes them on. What is worth
// saying --log-level has decided already.
class EalLog {
public:
    EalLog() {
        cookie_io_functions_t functions{};
        functions.write = [](void* self, const char* text, std::size_t size) {
            static_cast<EalLog*>(self)->write(std::string_view(text, size));
            return static_cast<ssize_t>(size);
        };
        stream_ = fopencookie(this, "w", functions);
        if (stream_ != nullptr) {
            rte_openlog_stream(stream_);
        }
    }
    ~EalLog() {
        rte_openlog_stream(nullptr);
        if (stream_ != nullptr) {
            std::fclose(stream_);
        }
    }
    EalLog(const EalLog&) = delete;
    EalLog& operator=(const EalLog&) = delete;

    // Of the last error, or nothing.
    std::string last_error() {
        const std::lock_guard lock(mutex_);
        return last_error_;
    }

private:
    // Any thread.
    void write(std::string_view text) {
        const int level = rte_log_cur_msg_loglevel();
        const log::Level ours = level <= static_cast<int>(RTE_LOG_ERR)       ? log::Level::error
                                : level == static_cast<int>(RTE_LOG_WARNING) ? log::Level::warning
                                                                             : log::Level::info;
        while (!text.empty()) {
            const auto end = text.find('\n');
            std::string_view line = text.substr(0, end);
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
            if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
                continue;
            }
            constexpr std::string_view prefix = "EAL: ";
            line.remove_prefix(line.starts_with(prefix) ? prefix.size() : 0);
            if (is_harmless(line)) {
                log::write(log::Level::debug, "eal", line);
                continue;
            }
            log::write(ours, "eal", line);
            if (ours == log::Level::error) {
                const std::lock_guard lock(mutex_);
                last_error_ = line;
            }
        }
    }

    std::FILE* stream_ = nullptr;
    std::mutex mutex_;
    std::string last_error_;
};

std::vector<std::uint32_t> allowed_cpus() {
    std::vector<std::uint32_t> cpus;
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) == 0) {
        for (std::uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
            if (CPU_ISSET(cpu, &set)) {
                cpus.push_back(cpu);
            }
        }
    }
    return cpus;
}

std::uint64_t read_number(const std::filesystem::path& file) {
    std::uint64_t value = 0;
    std::ifstream(file) >> value;
    return value;
}

// Of the pages that "echo N > /proc/sys/vm/nr_hugepages" reserves, bytes.
std::uint64_t default_hugepage_size() {
    std::ifstream meminfo("/proc/meminfo");
    std::string key;
    std::uint64_t value = 0;
    for (std::string rest; meminfo >> key >> value; std::getline(meminfo, rest)) {
        if (key == "Hugepagesize:") {
            return value * 1024;
        }
    }
    return 0;
}

void find_hugepages(Machine& machine) {
    const std::uint64_t usual = default_hugepage_size();
    std::error_code failure;
    for (const auto& entry :
         std::filesystem::directory_iterator("/sys/kernel/mm/hugepages", failure)) {
        constexpr std::string_view prefix = "hugepages-"; // hugepages-2048kB
        const std::string name = entry.path().filename();
        if (!name.starts_with(prefix)) {
            continue;
        }
        const std::uint64_t size = std::strtoull(name.c_str() + prefix.size(), nullptr, 10) * 1024;
        const std::uint64_t unused = read_number(entry.path() / "free_hugepages");
        // Free, but promised to someone who has mapped and not yet touched them.
        const std::uint64_t promised = read_number(entry.path() / "resv_hugepages");
        const std::uint64_t pages = unused - std::min(unused, promised);
        machine.hugepage_bytes_free += pages * size;
        if (size == usual) {
            machine.hugepage_size = size;
            machine.hugepages_total = read_number(entry.path() / "nr_hugepages");
            machine.hugepages_free = pages;
        }
    }
}

// Where EAL makes its directory; it makes no parents.
bool runtime_directory_usable(const std::string& file_prefix) {
    const char* base = std::getenv("RUNTIME_DIRECTORY");
    if (base == nullptr) {
        base = getuid() == 0 ? "/var/run" : std::getenv("XDG_RUNTIME_DIR");
    }
    const std::string directory = std::string(base == nullptr ? "/tmp" : base) + "/dpdk";
    const std::string socket = directory + "/" + file_prefix + "/dpdk_telemetry.v2:99";
    return socket.size() < sizeof(sockaddr_un::sun_path)
           && (mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST)
           && access(directory.c_str(), R_OK | W_OK | X_OK) == 0;
}

Machine inspect_machine(const config::Config& config) {
    Machine machine;
    machine.allowed_cpus = allowed_cpus();
    std::string online;
    std::ifstream("/sys/devices/system/cpu/online") >> online;
    machine.online_cpus = online.empty() ? machine.allowed_cpus : parse_cpu_list(online);
    find_hugepages(machine);
    machine.runtime_directory = runtime_directory_usable("mt6d-" + config.name);
    machine.lcores = RTE_MAX_LCORE;
    return machine;
}

sigset_t real_time_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) {
        sigaddset(&signals, number);
    }
    return signals;
}

// net_tap has the kernel send a real-time signal for each packet, to whichever thread takes it, and
// to the main thread by preference: the control lcore's waits would end with each. So all threads
// but the workers block them, and a sleeping worker is just who should wake.
int take_real_time_signals(void*) {
    const sigset_t signals = real_time_signals();
    return pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void prepare_signals() {
    const sigset_t signals = real_time_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr); // EAL's threads inherit it
    // Sent when too many signals wait; by default it ends the process.
    std::signal(SIGIO, SIG_IGN);
}

std::string joined(std::span<const std::string> words) {
    std::string line;
    for (const std::string& word : words) {
        line += (line.empty() ? "" : " ") + word;
    }
    return line;
}

} // namespace

struct EalSession::State {
    EalLog log;
    std::vector<std::string> arguments; // EAL keeps pointers to them
    std::vector<char*> pointers;
    bool started = false;
};

void EalSession::Cleanup::operator()(State* state) const {
    if (state->started) {
        rte_eal_cleanup();
    }
    delete state;
}

EalSession::EalSession(std::unique_ptr<State, Cleanup> state) : state_(std::move(state)) {}

Result<EalSession> start_eal(const config::Config& config, std::span<const std::string> extra) {
    auto arguments = eal_arguments(config, inspect_machine(config), extra);
    if (!arguments) {
        return std::move(arguments).error();
    }
    for (const std::string& warning : arguments->warnings) {
        log::warning("eal", "{}", warning);
    }
    EalSession session{
        std::unique_ptr<EalSession::State, EalSession::Cleanup>(new EalSession::State)};
    EalSession::State& state = *session.state_;
    state.arguments = std::move(arguments->arguments);
    log::debug("eal", "arguments: {}", joined(state.arguments));
    state.arguments.insert(state.arguments.begin(), "mt6d-gateway");
    for (std::string& argument : state.arguments) {
        state.pointers.push_back(argument.data());
    }
    const int count = static_cast<int>(state.pointers.size());
    state.pointers.push_back(nullptr);
    prepare_signals();
    if (rte_eal_init(count, state.pointers.data()) < 0) {
        const std::string said = state.log.last_error();
        return Error{fmt::format(
            "DPDK's EAL did not start: {}{} (run as root, or with the capabilities that its ports "
            "need; hugepages: off does without hugepages; it was given: {})",
            rte_strerror(rte_errno), said.empty() ? "" : ": " + said, joined(state.arguments))};
    }
    state.started = true;
    rte_eal_mp_remote_launch(take_real_time_signals, nullptr, SKIP_MAIN);
    rte_eal_mp_wait_lcore();
    return session;
}

} // namespace mt6d
