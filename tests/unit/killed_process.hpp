// SPDX-License-Identifier: BSD-3-Clause
// A process that is killed at a system call of its choice's: before it, or right after it.
#pragma once

#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <utility>
#include <vector>

namespace mt6d::test {

struct Killed {
    bool could_trace = false;
    bool ended = false;      // before it could be killed
    std::vector<long> calls; // that it had begun, the last one of them perhaps not done
    bool did(long call) const { return std::find(calls.begin(), calls.end(), call) != calls.end(); }
};

// Runs `prepare` and then `work` on its result in a child, which is killed at stop number `stop`.
// Each system call of `work` has two stops: 0 is before the first one, 1 right after it.
template <class Prepare, class Work>
Killed kill_at(std::size_t stop, Prepare prepare, Work work) {
    Killed killed;
    const pid_t child = ::fork();
    if (child == 0) {
        auto prepared = prepare();
        if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) {
            ::_exit(1);
        }
        ::raise(SIGSTOP);
        work(prepared);
        ::_exit(0);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) {
        return killed;
    }
    killed.could_trace = true;
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    for (std::size_t i = 0; i <= stop; ++i) {
        if (::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) != 0
            || ::waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) {
            killed.ended = true;
            return killed;
        }
        __ptrace_syscall_info info{};
        ::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info);
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
            killed.calls.push_back(static_cast<long>(info.entry.nr));
        }
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return killed;
}

} // namespace mt6d::test
