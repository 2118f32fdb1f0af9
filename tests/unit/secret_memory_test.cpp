// SPDX-License-Identifier: BSD-3-Clause
// Memory for expanded keys.
#include "control/crypto/secret_memory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace mt6d {
namespace {

constexpr std::size_t key_size = 1000;

bool is_zero(const void* block, std::size_t from, std::size_t to) {
    const auto* const bytes = static_cast<const std::uint8_t*>(block);
    return std::all_of(bytes + from, bytes + to, [](std::uint8_t byte) { return byte == 0; });
}

// The kernel's flags of the mapping that holds `address` (proc(5), VmFlags).
std::string flags_of(const void* address) {
    std::ifstream maps("/proc/self/smaps");
    const auto wanted = reinterpret_cast<std::uintptr_t>(address);
    bool found = false;
    for (std::string line; std::getline(maps, line);) {
        std::uintptr_t begin = 0;
        std::uintptr_t end = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) {
            found = begin <= wanted && wanted < end;
        } else if (found && line.starts_with("VmFlags:")) {
            return line + " ";
        }
    }
    return "";
}

TEST(SecretMemory, gives_zeroed_blocks_of_their_own_each_on_a_cache_line) {
    SecretMemory memory(key_size);
    std::set<std::uintptr_t> begins;
    for (int i = 0; i < 2000; ++i) {
        void* const block = memory.allocate();
        ASSERT_NE(block, nullptr);
        EXPECT_TRUE(is_zero(block, 0, key_size));
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 64, 0U);
        begins.insert(reinterpret_cast<std::uintptr_t>(block));
        std::memset(block, 0xff, key_size);
    }
    ASSERT_EQ(begins.size(), 2000U);
    std::uintptr_t last = 0;
    for (const std::uintptr_t begin : begins) {
        EXPECT_GE(begin - last, key_size);
        last = begin;
    }
}

TEST(SecretMemory, wipes_what_is_freed_and_gives_it_out_again) {
    SecretMemory memory(key_size);
    void* const block = memory.allocate();
    std::memset(block, 0xff, key_size);
    memory.free(block);
    EXPECT_TRUE(is_zero(block, sizeof(void*), key_size)); // it is still mapped
    EXPECT_EQ(memory.allocate(), block);
    EXPECT_TRUE(is_zero(block, 0, key_size));
}

TEST(SecretMemory, takes_blocks_larger_than_a_chunk) {
    constexpr std::size_t large = 3 << 20;
    SecretMemory memory(large);
    void* const one = memory.allocate();
    void* const two = memory.allocate();
    ASSERT_NE(one, nullptr);
    ASSERT_NE(two, nullptr);
    std::memset(one, 0xff, large);
    EXPECT_TRUE(is_zero(two, 0, large));
}

TEST(SecretMemory, is_in_no_dump) {
    SecretMemory memory(key_size);
    const std::string flags = flags_of(memory.allocate());
    EXPECT_NE(flags.find(" dd "), std::string::npos) << flags;
}

} // namespace
} // namespace mt6d
