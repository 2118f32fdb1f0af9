// SPDX-License-Identifier: BSD-3-Clause
// The traces that an operator asks for: at most one at a time. Any thread but control's.
#pragma once

#include "control/inspect/inspector.hpp"
#include "dataplane/trace.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace mt6d {

struct TraceOrder {
    // Of one trace: each worker's buffer has room for all of them.
    static constexpr std::uint32_t most_packets = 1000;

    std::uint32_t packets = 0;
    std::optional<dataplane::Side> side{};
    std::optional<dataplane::StreamRef> stream{};
    std::optional<Reason> reason{};
};

class Tracer {
public:
    // The inspector outlives it.
    explicit Tracer(Inspector& inspector) : inspector_(inspector) {}
    ~Tracer() { clear(); }
    Tracer(const Tracer&) = delete;
    Tracer& operator=(const Tracer&) = delete;

    // Forgets what was traced before, and begins anew.
    void start(const TraceOrder& order);
    // Ends, and forgets.
    void clear();

    // What there is so far, in the order of their coming.
    [[nodiscard]] std::vector<dataplane::TraceRecord> records() const;
    // Packets that are still waited for.
    [[nodiscard]] std::uint32_t left() const;

private:
    Inspector& inspector_;
    mutable std::mutex mutex_; // of the next
    std::unique_ptr<dataplane::Trace> trace_;
};

} // namespace mt6d
