// SPDX-License-Identifier: BSD-3-Clause
// What service threads want to see of packets, or want done between two bursts. A worker reads one
// pointer a poll; while that is null, nothing of this costs it anything else.
//
// A packet that somebody wants to see is taken alone, in its turn, and what it did is read off the
// worker's counters and queues (dataplane/footprint.hpp): the stages know nothing of it. Meanwhile
// the others go on in bursts, smaller ones.
#pragma once

#include "dataplane/capture.hpp"
#include "dataplane/trace.hpp"

#include <atomic>
#include <cstdint>

namespace mt6d::dataplane {

struct WorkerSettings;

// Something to be done once, on one worker's lcore, between two bursts.
class Errand {
public:
    explicit Errand(std::uint16_t worker) : worker_(worker) {}
    Errand(const Errand&) = delete;
    Errand& operator=(const Errand&) = delete;
    virtual ~Errand() = default;

    // --- the worker ---------------------------------------------------------------------------
    void run_once(const Forwarding& forwarding, const WorkerSettings& settings);

    // --- any thread ---------------------------------------------------------------------------
    // From here on its results may be read.
    [[nodiscard]] bool is_done() const { return done_.load(std::memory_order_acquire); }

protected:
    // As short as a burst: no packet is received meanwhile.
    virtual void run(const Forwarding& forwarding, const WorkerSettings& settings) = 0;

private:
    const std::uint16_t worker_;
    std::atomic<bool> done_{false};
};

// Constant once published: replaced as a whole by control/inspect/inspector.hpp, which waits for a
// grace period before anything goes that it pointed to.
struct Inspection {
    Trace* trace = nullptr;     // each may be null
    Capture* capture = nullptr; //
    Errand* errand = nullptr;   //

    [[nodiscard]] bool empty() const {
        return trace == nullptr && capture == nullptr && errand == nullptr;
    }
};

} // namespace mt6d::dataplane
