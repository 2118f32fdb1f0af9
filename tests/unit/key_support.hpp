// SPDX-License-Identifier: BSD-3-Clause
// Saved keys of tests.
#pragma once

#include "control/state/key_files.hpp"
#include "tests/unit/state_support.hpp"

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace mt6d {

inline StreamIdentity stream_of(std::uint32_t number) {
    StreamIdentity identity;
    for (std::size_t i = 0; i < identity.bytes.size(); ++i) {
        identity.bytes[i] = static_cast<std::uint8_t>((number >> (i % 4 * 8)) + i);
    }
    return identity;
}

// Says in each byte whose it is and how new; the size differs with the age too.
inline FileBytes state_of(std::uint32_t number, std::uint64_t age = 0) {
    FileBytes state(100 + (number + 37 * age) % 1500);
    for (std::size_t i = 0; i < state.size(); ++i) {
        state[i] = static_cast<std::uint8_t>(5 * i + number + 101 * age);
    }
    return state;
}

inline KeyFiles::Stored stored_of(std::uint32_t number, std::uint64_t age = 0) {
    return {number, stream_of(number), age, SecretBuffer(state_of(number, age))};
}
inline KeyFiles::Stored forgotten(std::uint32_t number) {
    return {number, stream_of(number), 0, SecretBuffer()};
}

inline KeyFiles::Opened open_keys(const std::string& path) {
    auto directory = StateDirectory::open(path);
    auto opened = directory ? KeyFiles::open(*std::move(directory)) : std::move(directory).error();
    if (!opened) {
        throw std::runtime_error(opened.error().message);
    }
    return *std::move(opened);
}

using States = std::map<StreamIdentity, FileBytes>;

inline States states_of(const std::unordered_map<StreamIdentity, SecretBuffer>& found) {
    States states;
    for (const auto& [identity, state] : found) {
        states.emplace(identity, FileBytes(state.get().begin(), state.get().end()));
    }
    return states;
}
// Each of these streams in its state of age 0.
inline States states_of_streams(std::uint32_t first, std::uint32_t end) {
    States states;
    for (std::uint32_t number = first; number < end; ++number) {
        states.emplace(stream_of(number), state_of(number));
    }
    return states;
}

// Writes them all; throws if that fails.
inline void write_all(KeyFiles& files, std::vector<KeyFiles::Stored> records) {
    while (!records.empty()) {
        const WriteProgress progress = files.write_some(records);
        if (progress.error) {
            throw std::runtime_error(progress.error->message);
        }
        records.erase(records.begin(),
                      records.begin() + static_cast<std::ptrdiff_t>(progress.written));
    }
}

template <class... Stored>
std::vector<KeyFiles::Stored> list_of(Stored... stored) {
    std::vector<KeyFiles::Stored> list;
    (list.push_back(std::move(stored)), ...);
    return list;
}

} // namespace mt6d
