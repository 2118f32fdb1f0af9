// SPDX-License-Identifier: BSD-3-Clause
// In place of what upstream's build makes: nothing to export from a static library.
#pragma once
#define PROMETHEUS_CPP_CORE_EXPORT
