// SPDX-License-Identifier: BSD-3-Clause
// Many random steps of the replay window beside the naive model: replay_model [STEPS [SEED]].
#include "tests/support/replay_model.hpp"

#include <mt6d/replay.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <random>
#include <span>
#include <string_view>

namespace {

bool read(std::string_view text, std::uint64_t& value) {
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && at == end;
}

} // namespace

int main(int count, char** values) {
    const std::span<char*> arguments(values, static_cast<std::size_t>(count));
    std::uint64_t steps = 100'000'000;
    std::uint64_t seed = std::random_device()();
    if (arguments.size() > 3 || (arguments.size() > 1 && !read(arguments[1], steps))
        || (arguments.size() > 2 && !read(arguments[2], seed))) {
        std::fputs("usage: replay_model [STEPS [SEED]]\n", stderr);
        return 2;
    }
    std::uint64_t accepted = 0;
    const auto begin = std::chrono::steady_clock::now();
    const auto difference =
        mt6d::test::replay_difference<mt6d::ReplayWindow>(seed, steps, accepted);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    if (difference) {
        std::printf("DIFFERENT: %s\n", difference->c_str());
        return 1;
    }
    std::printf("alike in %llu steps, %llu of them accepted, seed %llu, %.1f s\n",
                static_cast<unsigned long long>(steps), static_cast<unsigned long long>(accepted),
                static_cast<unsigned long long>(seed), elapsed.count());
    return 0;
}
