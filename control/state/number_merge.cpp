// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/number_merge.hpp"

#include <algorithm>
#include <limits>

namespace mt6d {

NumberRecord merge(const NumberRecord& first, const NumberRecord& second) {
    const bool in_order = first.newest_salt >= second.newest_salt;
    const NumberRecord& older = in_order ? second : first;
    NumberRecord merged = in_order ? first : second;
    merged.sent_before = std::max(first.sent_before, second.sent_before);
    merged.received_before = std::max(first.received_before, second.received_before);

    // The salts that both remember. Another seed gives other numbers, and how they overlap is not
    // for here to say: such a salt counts as used up.
    const Salt apart = merged.newest_salt - older.newest_salt;
    const Salt common = apart < NumberRecord::salts ? NumberRecord::salts - apart : 0;
    for (Salt back = 0; back < common && back <= older.newest_salt; ++back) {
        const std::size_t slot = (older.newest_salt - back) % NumberRecord::salts;
        if (older.seed == merged.seed) {
            merged.used[slot] = std::max(merged.used[slot], older.used[slot]);
        } else if (older.used[slot] != 0) {
            merged.used[slot] = std::numeric_limits<std::uint16_t>::max();
        }
    }
    return merged;
}

} // namespace mt6d
