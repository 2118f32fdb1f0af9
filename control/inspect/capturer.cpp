// SPDX-License-Identifier: BSD-3-Clause
#include "control/inspect/capturer.hpp"

#include "control/cycle_time.hpp"
#include "control/log.hpp"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <utility>
#include <vector>

namespace mt6d {
namespace {

using dataplane::CaptureHeader;
using dataplane::CapturePoint;
using dataplane::CaptureQueue;
using Direction = pcapng::Blocks::Direction;

constexpr std::size_t blocks_at_once = 256U << 10U; // bytes that are written together
constexpr std::chrono::milliseconds idle_wait{10};

constexpr std::array<std::string_view, dataplane::capture_points> descriptions{
    "as it came in by the internal port", "as it leaves by the internal port",
    "as it came in by the external port", "as it leaves by the external port",
    "as it came in, and was dropped"};

Direction direction_of(CapturePoint point) {
    return point == CapturePoint::internal_out || point == CapturePoint::external_out
               ? Direction::outbound
               : Direction::inbound;
}

// "external cipher_tag: The tag is wrong …"
std::string comment_of(const CaptureHeader& header) {
    if (header.point != CapturePoint::dropped) {
        return "";
    }
    return fmt::format("{} {}: {}", name(header.side), text(header.reason).symbol,
                       text(header.reason).sentence);
}

} // namespace

// One capture, from its start to its end.
class Capturer::Session {
public:
    Session(Inspector& inspector, const CaptureOrder& order, CaptureFile file,
            std::optional<PacketFilter> filter);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // What workers have put into their queues until now is written yet.
    void stop();
    [[nodiscard]] CaptureStatus status() const;

private:
    void write_until_stopped();
    Result<> write_waiting(bool& any);
    Result<> end_file();
    void fail(const Error& error);

    Inspector& inspector_;
    CaptureFile file_;
    const std::optional<PacketFilter> filter_;
    dataplane::Capture capture_;
    std::array<std::uint64_t, dataplane::capture_points> written_{};
    std::atomic<std::uint64_t> packets_{0};
    std::atomic<std::uint64_t> bytes_{0};
    std::vector<std::uint8_t> frame_;

    mutable std::mutex mutex_; // of the next three
    std::condition_variable wake_;
    bool stopping_ = false;
    std::string error_;
    std::thread writer_;
};

Capturer::Session::Session(Inspector& inspector, const CaptureOrder& order, CaptureFile file,
                           std::optional<PacketFilter> filter)
    : inspector_(inspector), file_(std::move(file)), filter_(std::move(filter)) {
    capture_.points = order.points;
    capture_.stream = order.stream;
    capture_.filter = filter_ ? filter_->program() : nullptr;
    for (std::size_t worker = 0; worker < inspector.workers(); ++worker) {
        capture_.queues.push_back(std::make_unique<CaptureQueue>(order.queue_bytes));
    }
    file_.blocks().add_section("mt6d-gateway " MT6D_VERSION);
    for (std::size_t point = 0; point < dataplane::capture_points; ++point) {
        file_.blocks().add_interface(capture_point_names[point], descriptions[point]);
    }
    inspector_.show(&capture_);
    writer_ = std::thread([this] { write_until_stopped(); });
}

Capturer::Session::~Session() {
    stop();
}

void Capturer::Session::stop() {
    if (!writer_.joinable()) {
        return;
    }
    inspector_.show(static_cast<dataplane::Capture*>(nullptr));
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    writer_.join();
}

void Capturer::Session::write_until_stopped() {
    while (true) {
        bool stopping = false;
        {
            const std::lock_guard lock(mutex_);
            stopping = stopping_;
        }
        bool any = false;
        if (auto written = write_waiting(any); !written) {
            return fail(written.error());
        }
        if (stopping && !any) {
            break;
        }
        if (!any) {
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, idle_wait, [this] { return stopping_; });
        }
    }
    if (auto ended = end_file(); !ended) {
        fail(ended.error());
    }
}

Result<> Capturer::Session::write_waiting(bool& any) {
    const CycleTime time = CycleTime::now();
    // Each has its share: a busy worker does not starve the others.
    const std::size_t share = blocks_at_once / capture_.queues.size();
    for (const auto& queue : capture_.queues) {
        const std::size_t most = file_.blocks().bytes().size() + share;
        CaptureHeader header;
        while (file_.blocks().bytes().size() < most && queue->pop(header, frame_)) {
            const auto point = static_cast<std::uint32_t>(header.point);
            const std::string comment = comment_of(header);
            file_.blocks().add_packet({.interface = point,
                                       .unix_ns = time.unix_ns(header.cycles),
                                       .frame = frame_,
                                       .direction = direction_of(header.point),
                                       .comment = comment});
            ++written_[point];
            any = true;
        }
    }
    auto flushed = file_.flush();
    if (flushed) {
        bytes_ = file_.size();
        std::uint64_t packets = 0;
        for (const std::uint64_t count : written_) {
            packets += count;
        }
        packets_ = packets;
    }
    return flushed;
}

// What each interface saw, and lost.
Result<> Capturer::Session::end_file() {
    const std::int64_t now = SystemClock().unix_ns();
    for (std::uint32_t point = 0; point < dataplane::capture_points; ++point) {
        std::uint64_t lost = 0;
        for (const auto& queue : capture_.queues) {
            lost += queue->lost(static_cast<CapturePoint>(point));
        }
        file_.blocks().add_statistics(point, now, written_[point] + lost, lost);
    }
    return file_.flush();
}

// Workers are not to go on copying for nobody.
void Capturer::Session::fail(const Error& error) {
    log::error("shell", "{}: the capture has ended", error.message);
    inspector_.show(static_cast<dataplane::Capture*>(nullptr));
    const std::lock_guard lock(mutex_);
    error_ = error.message;
}

CaptureStatus Capturer::Session::status() const {
    const std::lock_guard lock(mutex_);
    CaptureStatus status{.file = file_.path(),
                         .running = error_.empty(),
                         .packets = packets_,
                         .bytes = bytes_,
                         .error = error_};
    for (const auto& queue : capture_.queues) {
        for (std::size_t point = 0; point < dataplane::capture_points; ++point) {
            status.lost += queue->lost(static_cast<CapturePoint>(point));
        }
    }
    return status;
}

Capturer::Capturer(Inspector& inspector) : inspector_(inspector) {}

Capturer::~Capturer() = default;

Result<> Capturer::start(const CaptureOrder& order) {
    std::optional<PacketFilter> filter;
    if (!order.filter.empty()) {
        auto compiled = PacketFilter::compile(order.filter); // may ask a name server
        if (!compiled) {
            return std::move(compiled).error();
        }
        filter = *std::move(compiled);
    }
    const std::lock_guard lock(mutex_);
    if (session_ != nullptr && session_->status().running) {
        return Error{"a capture to " + session_->status().file
                     + " runs already: end it by capture stop"};
    }
    session_.reset(); // one that has failed
    auto file = CaptureFile::open(order.file, order.overwrite);
    if (!file) {
        return std::move(file).error();
    }
    session_ = std::make_unique<Session>(inspector_, order, *std::move(file), std::move(filter));
    return {};
}

Result<CaptureStatus> Capturer::stop() {
    const std::lock_guard lock(mutex_);
    if (session_ == nullptr) {
        return Error{"no capture runs: capture start FILE begins one"};
    }
    session_->stop();
    last_ = session_->status();
    last_->running = false;
    session_.reset();
    return *last_;
}

std::optional<CaptureStatus> Capturer::status() const {
    const std::lock_guard lock(mutex_);
    return session_ != nullptr ? session_->status() : last_;
}

} // namespace mt6d
