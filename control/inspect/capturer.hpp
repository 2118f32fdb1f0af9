// SPDX-License-Identifier: BSD-3-Clause
// The capture that an operator asks for: at most one at a time. A thread of its own writes what
// workers put into their queues. Any thread but control's.
#pragma once

#include "control/inspect/capture_file.hpp"
#include "control/inspect/inspector.hpp"
#include "control/inspect/packet_filter.hpp"
#include "dataplane/capture.hpp"

#include <mt6d/result.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace mt6d {

// By CapturePoint: names of the file's interfaces too.
inline constexpr std::array<std::string_view, dataplane::capture_points> capture_point_names{
    "internal-in", "internal-out", "external-in", "external-out", "dropped"};

struct CaptureOrder {
    std::string file{}; // its whole path
    bool overwrite = false;
    std::array<bool, dataplane::capture_points> points{};
    std::optional<dataplane::StreamRef> stream{};
    std::string filter{};                // pcap-filter(7); empty: none
    std::size_t queue_bytes = 8U << 20U; // for each worker
};

struct CaptureStatus {
    std::string file;
    bool running = false;
    std::uint64_t packets = 0; // in the file
    std::uint64_t bytes = 0;   // of the file
    std::uint64_t lost = 0;    // packets that the file has not: it was not written fast enough
    std::string error{};       // why it ended before it was stopped; empty: it did not
};

class Capturer {
public:
    // The inspector outlives it.
    explicit Capturer(Inspector& inspector);
    ~Capturer();
    Capturer(const Capturer&) = delete;
    Capturer& operator=(const Capturer&) = delete;

    Result<> start(const CaptureOrder& order);
    // What became of it. An error: none runs.
    Result<CaptureStatus> stop();
    // Of the one that runs, else of the last one; nothing: there was none.
    [[nodiscard]] std::optional<CaptureStatus> status() const;

private:
    class Session;

    Inspector& inspector_;
    mutable std::mutex mutex_; // of all below
    std::unique_ptr<Session> session_;
    std::optional<CaptureStatus> last_;
};

} // namespace mt6d
