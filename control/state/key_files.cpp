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
    const auto group = records.first(std::min(records.size(), files_at_once));
    WriteProgress progress;
    const auto is_done = [&progress](const Result<>& result) {
        if (!result && !progress.error) {
            progress.error = result.error();
        }
        return static_cast<bool>(result);
    };
    for (Stored& stored : group) {
        if (is_done(put(stored))) {
            std::swap(stored, group[progress.written++]);
        }
    }
    if (progress.written > 0 && !is_done(files_.sync())) {
        return {0, progress.error};
    }
    for (const Stored& stored : group.first(progress.written)) {
        if (!stored.state.empty()) {
            is_done(files_.remove_file(stored.identity.hex() + damaged_suffix));
        }
    }
    return progress;
}

} // namespace mt6d
