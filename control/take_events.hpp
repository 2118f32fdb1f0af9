// SPDX-License-Identifier: BSD-3-Clause
// How control takes what workers tell it: never more at a time than was asked for, so that whoever
// makes them tell without end holds nothing up.
#pragma once

#include <cstddef>

namespace mt6d {

// Gives `hear` each event in turn, until the queue is empty or `most` were taken.
template <class Event, class Queue, class Hear>
void take_events(Queue& queue, std::size_t most, Hear hear) {
    Event event{};
    for (std::size_t i = 0; i < most && queue.pop(event); ++i) {
        hear(event);
    }
}

} // namespace mt6d
