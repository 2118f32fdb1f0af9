// SPDX-License-Identifier: BSD-3-Clause
// Whether the clock can be trusted to be past its last use, where nothing else says what that was
// (docs/protocol.md, section 6).
#pragma once

namespace mt6d {

// Whether a time service keeps this machine's clock right, as far as the kernel was told. False
// too where the kernel does not answer.
bool clock_is_synchronised();

} // namespace mt6d
