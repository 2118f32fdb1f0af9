// SPDX-License-Identifier: BSD-3-Clause
// The way that one packet took through a worker, as `show trace` tells it.
//
// Handshake: a service thread makes the buffers and publishes them with the Trace
// (dataplane/inspection.hpp). A worker fills records of its own buffer one after the other and
// never touches one again that it has counted in `finished`; who reads that count may read those
// records. Buffers are freed after the Trace was withdrawn and a grace period has passed.
#pragma once

#include "dataplane/counters.hpp"
#include "dataplane/forwarding.hpp"

#include <mt6d/reason.hpp>
#include <mt6d/salt.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace mt6d::dataplane {

// X(symbol, what it says; {} is the step's value)
#define MT6D_STAGES(X)                                                                             \
    X(received, "came in, {} bytes")                                                               \
    X(relayed, "came from another worker, {} bytes")                                               \
    X(classified_frame, "no IPv6 packet for a stream: {} bytes of frame")                          \
    X(classified_discovery, "neighbour discovery")                                                 \
    X(classified_packet, "an IPv6 packet, its addresses are looked up")                            \
    X(found, "a stream has this pair of addresses")                                                \
    X(not_found, "no stream has this pair of addresses")                                           \
    X(quotes, "an error about a packet of a stream, which it quotes")                              \
    X(encapsulated, "put into the tunnel, {} bytes of inner packet")                               \
    X(sealed, "sealed with number {}")                                                             \
    X(fragmented, "sent in {} fragments")                                                          \
    X(reassembled, "put together of {} fragments")                                                 \
    X(opened, "opened, its number is {}")                                                          \
    X(decapsulated, "taken out of the tunnel, {} bytes of inner packet")                           \
    X(passed, "let pass unprotected")                                                              \
    X(answered, "the gateway made {} packets about it")                                            \
    X(waiting_for_fragments, "waits for the other fragments of its packet")                        \
    X(waiting_for_neighbor, "waits for its next hop to answer")                                    \
    X(sent, "given to the port, {} bytes")                                                         \
    X(ended, "")

enum class Stage : std::uint8_t {
#define MT6D_X(symbol, sentence) symbol,
    MT6D_STAGES(MT6D_X)
#undef MT6D_X
};

struct StageText {
    std::string_view symbol;
    std::string_view sentence;
};
inline constexpr std::array stage_texts{
#define MT6D_X(symbol, sentence) StageText{#symbol, sentence},
    MT6D_STAGES(MT6D_X)
#undef MT6D_X
};
constexpr const StageText& text(Stage stage) {
    return stage_texts[static_cast<std::size_t>(stage)];
}

struct TraceStep {
    Stage stage = Stage::received;
    Side side = Side::internal; // of received, sent, ended
    Reason reason{};            // of ended
    std::uint64_t value = 0;
};

enum class Verdict : std::uint8_t { sent, waiting, consumed, dropped };

struct TraceRecord {
    static constexpr std::size_t most_steps = 16;

    std::uint64_t cycles = 0; // when the packet was taken up
    std::uint16_t worker = 0;
    Side side = Side::internal; // that it came in by
    Verdict verdict = Verdict::sent;
    std::optional<Reason> reason{};  // why it was dropped or consumed
    std::optional<AddressPair> came; // addresses as they were; none: not IPv6
    std::optional<StreamRef> stream;
    // Of a stream's packet: the addresses inside and outside the tunnel, the way that it goes.
    AddressPair true_pair{};
    AddressPair hashed_pair{};
    Salt salt = 0;
    std::uint32_t epoch = 0;
    std::array<TraceStep, most_steps> steps{};
    std::size_t step_count = 0;

    void add(const TraceStep& step) {
        if (step_count < most_steps) {
            steps[step_count++] = step;
        }
    }
};

// One worker's.
class TraceBuffer {
public:
    explicit TraceBuffer(std::size_t capacity) : records_(capacity) {}

    // --- the worker ---------------------------------------------------------------------------
    // The next record, as it was left by the last call; null: the buffer is full.
    TraceRecord* next() {
        const std::size_t finished = finished_.load(std::memory_order_relaxed);
        return finished == records_.size() ? nullptr : &records_[finished];
    }
    // It is the readers' from here on.
    void finish() {
        finished_.store(finished_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }

    // --- any thread ---------------------------------------------------------------------------
    [[nodiscard]] std::size_t finished() const { return finished_.load(std::memory_order_acquire); }
    [[nodiscard]] const TraceRecord& operator[](std::size_t i) const { return records_[i]; }

private:
    std::vector<TraceRecord> records_;
    std::atomic<std::size_t> finished_{0};
};

// What is to be traced: the next packets that fit.
struct Trace {
    std::optional<Side> side; // that they come in by
    std::optional<StreamRef> stream;
    std::optional<Reason> reason;                      // only what ends so
    std::atomic<std::uint32_t> left{0};                // so many more: workers
    std::vector<std::unique_ptr<TraceBuffer>> buffers; // by worker
};

} // namespace mt6d::dataplane
