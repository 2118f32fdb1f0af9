// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/clock_sync.hpp"

#include <sys/timex.h>

namespace mt6d {

bool clock_is_synchronised() {
    timex question{}; // no modes: changes nothing, and needs no privilege
    const int state = ::adjtimex(&question);
    return state >= 0 && state != TIME_ERROR && (question.status & STA_UNSYNC) == 0;
}

} // namespace mt6d
