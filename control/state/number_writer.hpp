// SPDX-License-Identifier: BSD-3-Clause
// Writes number records.
#pragma once

#include "control/state/number_file.hpp"
#include "control/state/record_writer.hpp"

namespace mt6d {

using NumberWriter = RecordWriter<NumberFile>;

} // namespace mt6d
