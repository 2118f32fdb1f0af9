// SPDX-License-Identifier: BSD-3-Clause
// The session keys that a gateway has on the disk (control/state/key_files.hpp), for who only
// looks: the gateway may run meanwhile, and nothing is changed, moved or locked.
#pragma once

#include "control/config/config.hpp"
#include "control/exchange/saved_keys.hpp"

#include <mt6d/result.hpp>

#include <string>
#include <vector>

namespace mt6d::ctl {

// Those of a stream that its gateways have agreed on: none where there is no file of it. The error
// names the file and says how to mend it.
Result<std::vector<EpochKey>> read_stored_keys(const std::string& state_dir,
                                               const config::Stream& stream);

} // namespace mt6d::ctl
