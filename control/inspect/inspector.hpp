// SPDX-License-Identifier: BSD-3-Clause
// Publishes what service threads want workers to show, and takes it back
// (dataplane/inspection.hpp). Any thread but control's: it waits for grace periods.
#pragma once

#include "dataplane/forwarding.hpp"
#include "dataplane/inspection.hpp"

#include <mt6d/result.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>

namespace mt6d {

class Inspector {
public:
    static constexpr std::chrono::milliseconds patience{2000};

    // `forwarding`, of a gateway with so many workers, outlives it.
    Inspector(dataplane::Forwarding& forwarding, std::size_t workers);
    // Precondition: all that was shown was taken back.
    ~Inspector() = default;
    Inspector(const Inspector&) = delete;
    Inspector& operator=(const Inspector&) = delete;

    [[nodiscard]] std::size_t workers() const { return workers_; }
    [[nodiscard]] const dataplane::Forwarding& forwarding() const { return forwarding_; }

    // From its return on no worker has what was shown before. Null: nothing is wanted.
    void show(dataplane::Trace* trace);
    void show(dataplane::Capture* capture);
    // Returns when the worker has done it; an error if it does not come to it, nor ever will.
    Result<> run(dataplane::Errand& errand);

private:
    // Precondition: mutex_ is locked.
    void publish();

    dataplane::Forwarding& forwarding_;
    const std::size_t workers_;
    std::mutex errands_; // one at a time
    std::mutex mutex_;   // of all below
    dataplane::Inspection wanted_;
    std::unique_ptr<const dataplane::Inspection> published_;
};

} // namespace mt6d
