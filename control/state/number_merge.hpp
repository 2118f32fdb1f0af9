// SPDX-License-Identifier: BSD-3-Clause
// One record of two that are of the same key.
#pragma once

#include "control/state/number_file.hpp"

namespace mt6d {

// What may have been used by either counts as used.
NumberRecord merge(const NumberRecord& first, const NumberRecord& second);

} // namespace mt6d
