// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/key_files.hpp"

#include <algorithm>

namespace mt6d {

namespace {

// One synchronisation of the directory serves so many files, and none of them is reported before.
constexpr std::size_t files_at_once = 64;

} // namespace

Result<> KeyFiles::put(const Stored& stored) {
    const std::string name = stored.identity.hex();
    if (!stored.state.empty()) {
        const KeyFileBytes bytes(stored.identity, stored.state.get());
        const auto file = files_.put_file(name, bytes.get());
        return file ? Result<>() : file.error();
    }
    auto removed = files_.remove_file(name);
    return removed ? files_.remove_file(name + damaged_suffix) : removed;
}

WriteProgress KeyFiles::write_some(std::span<Stored> records) {
    WriteProgress progress;
    const auto is_done = [&progress](const Result<>& result) {
        if (!result && !progress.error) {
            progress.error = result.error();
        }
        return static_cast<bool>(result);
    };
    // What fails goes to the end: however many do, all others have their turn.
    std::size_t untried = records.size();
    while (progress.written < std::min(untried, files_at_once)) {
        Stored& next = records[progress.written];
        if (is_done(put(next))) {
            ++progress.written;
        } else {
            std::swap(next, records[--untried]);
        }
    }
    std::reverse(records.begin() + static_cast<std::ptrdiff_t>(untried),
                 records.end()); // as before
    if (progress.written > 0 && !is_done(files_.sync())) {
        return {0, progress.error};
    }
    for (const Stored& stored : records.first(progress.written)) {
        if (!stored.state.empty()) {
            is_done(files_.remove_file(stored.identity.hex() + damaged_suffix));
        }
    }
    return progress;
}

} // namespace mt6d
