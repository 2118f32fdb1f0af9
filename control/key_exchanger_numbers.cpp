// SPDX-License-Identifier: BSD-3-Clause
// Numbers of exchanged keys that have ended: they are recorded as long as the disk has the key.
#include "control/key_exchanger.hpp"

#include <algorithm>

namespace mt6d {

void KeyExchanger::end_numbers(const StreamIdentity& identity, NumberKeeper::Record numbers,
                               std::uint64_t generation) {
    ended_[identity].push_back({numbers, generation});
}

// This generation is submitted: it is without all keys that have ended by now.
void KeyExchanger::note_generation(const StreamIdentity& identity, std::uint64_t generation) {
    const auto found = ended_.find(identity);
    if (found == ended_.end()) {
        return;
    }
    for (Ended& ended : found->second) {
        ended.generation = std::min(ended.generation, generation);
    }
}

// A key that is held has the record that one of this epoch had before, if there is one: it goes on.
void KeyExchanger::take_back_numbers(const Entry& entry) {
    const auto found = ended_.find(entry.identity);
    if (found == ended_.end()) {
        return;
    }
    const auto in_use = streams_.exchanged_numbers(entry.stream);
    std::erase_if(found->second, [&](const Ended& ended) {
        return std::find(in_use.begin(), in_use.end(), ended.numbers) != in_use.end();
    });
}

// This generation is on the disk, and keys that ended before it are not.
void KeyExchanger::forget_numbers(const StreamIdentity& identity, std::uint64_t generation) {
    const auto found = ended_.find(identity);
    if (found == ended_.end()) {
        return;
    }
    std::erase_if(found->second, [&](const Ended& ended) {
        const bool gone = ended.generation <= generation;
        if (gone) {
            streams_.forget_numbers(ended.numbers);
        }
        return gone;
    });
    if (found->second.empty()) {
        ended_.erase(found);
    }
}

} // namespace mt6d
