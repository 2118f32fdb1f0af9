// SPDX-License-Identifier: BSD-3-Clause
// The directory that holds what must survive the process. One process has it at a time.
#pragma once

#include "control/state/descriptor.hpp"
#include "control/state/directory.hpp"

#include <mt6d/result.hpp>

#include <memory>
#include <string>
#include <utility>

namespace mt6d {

// All that keep something in it share one, and the lock is free when the last of them is gone.
class StateDirectory {
public:
    // Makes it if it is not there. Holds its lock from then on: another one that does is an error,
    // in this process too.
    static Result<std::shared_ptr<const StateDirectory>> open(std::string path);

    [[nodiscard]] const Directory& files() const { return files_; }

private:
    StateDirectory(Directory files, Descriptor lock)
        : files_(std::move(files)), lock_(std::move(lock)) {}

    Directory files_;
    Descriptor lock_;
};

} // namespace mt6d
