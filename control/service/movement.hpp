// SPDX-License-Identifier: BSD-3-Clause
// Who of a gateway's lcores stands still.
#pragma once

#include "control/service/vital_signs.hpp"

#include <string>
#include <vector>

namespace mt6d::service {

class Movement {
public:
    // Those that have not moved since the last call, by name: "worker 0", "the control lcore".
    // Nobody has, at the first: what they did before is not known.
    std::vector<std::string> standing_still(const VitalSigns& signs);

private:
    VitalSigns before_;
};

} // namespace mt6d::service
