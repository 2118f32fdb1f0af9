// SPDX-License-Identifier: BSD-3-Clause
#include "control/service/movement.hpp"

#include <fmt/format.h>

namespace mt6d::service {

std::vector<std::string> Movement::standing_still(const VitalSigns& signs) {
    std::vector<std::string> still;
    for (std::size_t i = 0; i < before_.worker_polls.size(); ++i) {
        if (signs.worker_polls[i] == before_.worker_polls[i]) {
            still.push_back(fmt::format("worker {}", i));
        }
    }
    if (!before_.worker_polls.empty() && signs.control_ticks == before_.control_ticks) {
        still.emplace_back("the control lcore");
    }
    before_ = signs;
    return still;
}

} // namespace mt6d::service
