// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/session_key.hpp"

#include "control/config/files.hpp"

#include <fmt/format.h>
#include <linux/capability.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace mt6d::config {

namespace {

// White space between digits is welcome, but a key file is a small file.
constexpr std::size_t max_file_size = 4096;

// Bytes that were a key's text and do not stay in memory.
struct Scratch {
    std::array<char, max_file_size + 1> bytes{};
    std::size_t size = 0;

    Scratch() = default;
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

Result<> read_all(Input& input, Scratch& scratch) {
    while (scratch.size < scratch.bytes.size()) {
        const auto count = input.read(std::span(scratch.bytes).subspan(scratch.size));
        if (!count) {
            return count.error();
        }
        if (*count == 0) {
            return {};
        }
        scratch.size += *count;
    }
    return Error{fmt::format("is larger than {} bytes: a key file holds one key in hexadecimal "
                             "digits; make one with mt6dctl keygen",
                             max_file_size)};
}

// CAP_IPC_LOCK is in effect. Not every root has it: those of containers may not.
bool may_lock_memory() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
    return syscall(SYS_capget, &header, data.data()) == 0
           && (data[0].effective & 1U << CAP_IPC_LOCK) != 0;
}

} // namespace

SessionKey::~SessionKey() {
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

Result<SessionKey> SessionKey::from_hex(std::string_view text) {
    if (!std::all_of(text.begin(), text.end(), [](char c) { return hex_digit(c) >= 0; })) {
        return Error{"the key has a character that is no hexadecimal digit: make a key with "
                     "mt6dctl keygen"};
    }
    if (text.size() % 2 != 0) {
        return Error{fmt::format("the key has {} hexadecimal digits, an odd number: one is missing "
                                 "or too many",
                                 text.size())};
    }
    if (text.size() < 2 * min_size || text.size() > 2 * max_size) {
        return Error{fmt::format("the key has {} bytes, and a session key has {} to {}: make one "
                                 "with mt6dctl keygen",
                                 text.size() / 2, min_size, max_size)};
    }
    SessionKey key;
    key.size_ = text.size() / 2;
    for (std::size_t i = 0; i < key.size_; ++i) {
        key.bytes_[i] =
            static_cast<std::uint8_t>(hex_digit(text[2 * i]) * 16 + hex_digit(text[2 * i + 1]));
    }
    return key;
}

Result<SessionKey> SessionKey::from_bytes(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < min_size || bytes.size() > max_size) {
        return Error{fmt::format("the key has {} bytes, and a session key has {} to {}",
                                 bytes.size(), min_size, max_size)};
    }
    SessionKey key;
    key.size_ = bytes.size();
    std::copy(bytes.begin(), bytes.end(), key.bytes_.begin());
    return key;
}

bool operator==(const SessionKey& a, const SessionKey& b) {
    return a.size_ == b.size_
           && CRYPTO_memcmp(a.bytes_.data(), b.bytes_.data(), a.bytes_.size()) == 0;
}

Result<SessionKey> SessionKey::generate() {
    SessionKey key;
    key.size_ = max_size;
    if (RAND_bytes(key.bytes_.data(), static_cast<int>(key.size_)) != 1) {
        return Error{"the random number generator failed: no key was made"};
    }
    return key;
}

SecretText SessionKey::hex() const {
    constexpr std::string_view digits = "0123456789abcdef";
    SecretText text;
    text.reserve(2 * size_);
    for (const std::uint8_t byte : bytes()) {
        text.push_back(digits[byte >> 4U]);
        text.push_back(digits[byte & 15U]);
    }
    return text;
}

Result<SessionKey> read_key_file(const std::string& path, FileReader& files) {
    auto input = files.open(path, Privacy::owner_only);
    if (!input) {
        return std::move(input).error();
    }
    Scratch scratch;
    if (const auto read = read_all(**input, scratch); !read) {
        return read.error();
    }
    char* const begin = scratch.bytes.data();
    char* const end = std::remove_if(begin, begin + scratch.size, is_space);
    if (begin == end) {
        return Error{"is empty: make a key with mt6dctl keygen"};
    }
    return SessionKey::from_hex({begin, static_cast<std::size_t>(end - begin)});
}

Result<SessionKey> read_key_file(const std::string& path) {
    return read_key_file(path, system_files());
}

void keep_keys_from_core_dumps() {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
}

bool keep_keys_from_swap() {
    // With a limit and no privilege, locking what is there may succeed and what comes later fail.
    rlimit limit{};
    getrlimit(RLIMIT_MEMLOCK, &limit);
    const bool unlimited = limit.rlim_cur == RLIM_INFINITY || may_lock_memory();
    // Pages as they are touched: the heap's, stacks, OpenSSL's contexts.
    return unlimited && mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

} // namespace mt6d::config
