// SPDX-License-Identifier: BSD-3-Clause
// The messages of libbpf and libxdp, which the AF_XDP driver uses and which write to standard
// error on their own.
#pragma once

namespace mt6d {

// Sends them to the log, if EAL has loaded these libraries.
void take_bpf_messages();

} // namespace mt6d
