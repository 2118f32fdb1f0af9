// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/lobby.hpp"

#include <algorithm>

namespace mt6d::dataplane {

bool Lobby::admit(const Entry& entry, bool& first) {
    const auto others =
        std::count_if(entries_.begin(), entries_.begin() + count_, [&](const Entry& other) {
            return other.to == entry.to && other.neighbor == entry.neighbor;
        });
    first = others == 0;
    if (count_ == capacity || others >= most_of_one) {
        return false;
    }
    entries_[count_++] = entry;
    return true;
}

} // namespace mt6d::dataplane
