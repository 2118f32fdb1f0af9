// SPDX-License-Identifier: BSD-3-Clause
// The streams of a gateway at one moment, for threads other than control: made anew at each change,
// never changed itself. What it names may have gone meanwhile: StreamTable::is_now().
#pragma once

#include "control/config/config.hpp"
#include "control/stream_id.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace mt6d {

struct StreamEntry {
    StreamId id;
    std::uint8_t rotation = 0; // StreamContext::rotation
    config::StreamPtr stream;
};

struct StreamDirectory {
    std::vector<StreamEntry> entries; // in the order of the configuration; later ones last

    [[nodiscard]] std::size_t size() const { return entries.size(); }
    // Null: there is none of this name.
    [[nodiscard]] const StreamEntry* find(std::string_view name) const {
        const auto found = std::find_if(entries.begin(), entries.end(), [&](const auto& entry) {
            return entry.stream->name == name;
        });
        return found == entries.end() ? nullptr : &*found;
    }
};
using StreamDirectoryPtr = std::shared_ptr<const StreamDirectory>;

} // namespace mt6d
