// SPDX-License-Identifier: BSD-3-Clause
// The service thread that puts number records on the disk, so that the control lcore never waits
// for it.
#pragma once

#include "control/state/number_file.hpp"

#include <memory>
#include <vector>

namespace mt6d {

class NumberWriter {
public:
    // `file` outlives the writer. Its thread takes no signals.
    explicit NumberWriter(NumberFile& file);
    ~NumberWriter(); // after all that was submitted is written, or has failed once more
    NumberWriter(const NumberWriter&) = delete;
    NumberWriter& operator=(const NumberWriter&) = delete;

    // Control. Gives a record to write; never blocks for longer than a vector's push. A record
    // submitted while an older one of its cell waits takes that one's place.
    void submit(const NumberFile::Stored& record);
    // Control. Cells whose last submitted record is on the disk now; each once, since the last
    // call.
    void take_written(std::vector<NumberFile::Cell>& cells);
    // Waits until all that was submitted is on the disk; the error is that of the write that
    // failed. At start and end, not while workers depend on control.
    Result<> flush();
};

} // namespace mt6d
