// SPDX-License-Identifier: BSD-3-Clause
// Copies of frames for a file: workers put them into bounded queues of bytes, a service thread
// takes them out and writes (control/inspect/capturer.hpp). What finds no room is counted.
#pragma once

#include "dataplane/counters.hpp"

#include <mt6d/parse.hpp>
#include <mt6d/reason.hpp>

#include <boost/lockfree/spsc_queue.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

struct bpf_program;

namespace mt6d::dataplane {

// Where a frame is seen: as it came, as it leaves, or, as it came, when it is dropped.
enum class CapturePoint : std::uint8_t {
    internal_in,
    internal_out,
    external_in,
    external_out,
    dropped
};
inline constexpr std::size_t capture_points = 5;

constexpr CapturePoint point_in(Side side) {
    return side == Side::internal ? CapturePoint::internal_in : CapturePoint::external_in;
}
constexpr CapturePoint point_out(Side side) {
    return side == Side::internal ? CapturePoint::internal_out : CapturePoint::external_out;
}

// What lies before each frame's bytes in the queue.
struct CaptureHeader {
    std::uint64_t cycles = 0;
    std::uint32_t length = 0; // of the bytes
    CapturePoint point{};
    Side side{}; // of a dropped one: that it came in by
    Reason reason{};
};

// One worker's.
class CaptureQueue {
public:
    explicit CaptureQueue(std::size_t bytes) : bytes_(bytes), scratch_(largest_record) {}

    // --- the worker ---------------------------------------------------------------------------
    // Keeps a copy of the frame until the next call: it may be gone when push() is called.
    void keep(Bytes frame);
    // Of the frame that is kept.
    void push(CaptureHeader header);
    [[nodiscard]] Bytes kept() const { return Bytes(scratch_).subspan(header_size, length_); }

    // --- the service thread -------------------------------------------------------------------
    // The next one; false: there is none.
    bool pop(CaptureHeader& header, std::vector<std::uint8_t>& frame);

    // --- any thread ---------------------------------------------------------------------------
    [[nodiscard]] std::uint64_t lost(CapturePoint point) const {
        return lost_[static_cast<std::size_t>(point)].value();
    }

private:
    static constexpr std::size_t header_size = sizeof(CaptureHeader);
    static constexpr std::size_t largest_record = header_size + 65536;

    boost::lockfree::spsc_queue<std::uint8_t> bytes_;
    std::vector<std::uint8_t> scratch_; // a header and a frame
    std::size_t length_ = 0;            // of the frame
    std::array<Counter, capture_points> lost_;
};

// Which frames are to be captured, and where to.
struct Capture {
    std::array<bool, capture_points> points{};
    std::optional<StreamRef> stream;                   // none: all
    const bpf_program* filter = nullptr;               // null: none
    std::vector<std::unique_ptr<CaptureQueue>> queues; // by worker

    [[nodiscard]] bool wants(CapturePoint point) const {
        return points[static_cast<std::size_t>(point)];
    }
    [[nodiscard]] bool passes_filter(Bytes frame) const;
};

} // namespace mt6d::dataplane
