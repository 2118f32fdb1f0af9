// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/suggestion.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <vector>

namespace mt6d::config {

namespace {

char folded(char c) {
    return c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

// Edits from `a` to `b`: a letter replaced, added or removed, or two neighbours swapped. '-' and
// '_', and the two cases of a letter, are the same.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1,
                                               std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                cost[i][j] = i + j;
                continue;
            }
            const auto same = [&](std::size_t x, std::size_t y) {
                return folded(a[x]) == folded(b[y]);
            };
            cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                                   cost[i - 1][j - 1] + (same(i - 1, j - 1) ? 0U : 1U)});
            if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1)) {
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
            }
        }
    }
    return cost[a.size()][b.size()];
}

} // namespace

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates) {
    constexpr std::size_t longest = 64; // nothing here is longer, so nothing longer is near
    if (word.empty() || word.size() > longest) {
        return "";
    }
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string_view candidate : candidates) {
        const std::size_t d = distance(word, candidate);
        if (d < best_distance) {
            best = candidate;
            best_distance = d;
        }
    }
    return best.empty() ? "" : "; did you mean '" + std::string(best) + "'?";
}

} // namespace mt6d::config
