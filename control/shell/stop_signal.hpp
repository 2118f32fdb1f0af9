// SPDX-License-Identifier: BSD-3-Clause
// Tells threads that wait in poll() to end.
#pragma once

#include "control/state/descriptor.hpp"

#include <sys/eventfd.h>

#include <cstdint>
#include <cstdlib>

namespace mt6d::shell {

class StopSignal {
public:
    StopSignal() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (event_.get() < 0) {
            std::abort(); // there is no descriptor left, and nothing has begun
        }
    }
    // Readable from raise() on.
    [[nodiscard]] int descriptor() const { return event_.get(); }
    void raise() { static_cast<void>(eventfd_write(event_.get(), 1)); }

private:
    Descriptor event_;
};

} // namespace mt6d::shell
