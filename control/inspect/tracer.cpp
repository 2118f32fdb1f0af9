// SPDX-License-Identifier: BSD-3-Clause
#include "control/inspect/tracer.hpp"

#include <algorithm>

namespace mt6d {

using dataplane::TraceRecord;

void Tracer::start(const TraceOrder& order) {
    auto trace = std::make_unique<dataplane::Trace>();
    trace->side = order.side;
    trace->stream = order.stream;
    trace->reason = order.reason;
    trace->left = order.packets;
    for (std::size_t worker = 0; worker < inspector_.workers(); ++worker) {
        trace->buffers.push_back(std::make_unique<dataplane::TraceBuffer>(order.packets));
    }
    const std::lock_guard lock(mutex_);
    inspector_.show(trace.get());
    trace_ = std::move(trace);
}

void Tracer::clear() {
    const std::lock_guard lock(mutex_);
    if (trace_ != nullptr) {
        inspector_.show(static_cast<dataplane::Trace*>(nullptr));
        trace_.reset();
    }
}

std::vector<TraceRecord> Tracer::records() const {
    const std::lock_guard lock(mutex_);
    std::vector<TraceRecord> records;
    if (trace_ == nullptr) {
        return records;
    }
    for (const auto& buffer : trace_->buffers) {
        const std::size_t finished = buffer->finished();
        for (std::size_t i = 0; i < finished; ++i) {
            records.push_back((*buffer)[i]);
        }
    }
    std::stable_sort(
        records.begin(), records.end(),
        [](const TraceRecord& a, const TraceRecord& b) { return a.cycles < b.cycles; });
    return records;
}

std::uint32_t Tracer::left() const {
    const std::lock_guard lock(mutex_);
    return trace_ == nullptr ? 0 : trace_->left.load(std::memory_order_relaxed);
}

} // namespace mt6d
