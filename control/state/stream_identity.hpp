// SPDX-License-Identifier: BSD-3-Clause
// How a configured stream is named on the disk.
#pragma once

#include "control/config/config.hpp"
#include "control/state/key_file_format.hpp"

namespace mt6d {

// Of the local host's true address and the remote one's, whatever the key.
StreamIdentity stream_identity(const config::Stream& stream);

} // namespace mt6d
