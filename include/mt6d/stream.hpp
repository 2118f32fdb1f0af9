// SPDX-License-Identifier: BSD-3-Clause
// What the control lcore writes for the workers to read: a stream with the header templates of
// its routes, the routes to receive on, next hops, and the active salts. Aligned so that one
// packet touches few cache lines.
#pragma once

#include <mt6d/path_mtu.hpp>
#include <mt6d/reason.hpp>
#include <mt6d/replay.hpp>
#include <mt6d/salt.hpp>
#include <mt6d/wire.hpp>

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace mt6d {

inline constexpr std::size_t cache_line = 64;

// --- active salts -----------------------------------------------------------------------------

// Distinct rotation times of one gateway.
inline constexpr std::size_t max_rotation_times = 16;

// One word for each rotation time, stored at the boundary of the clock: that store rotates every
// stream. Written by control, read by workers once a burst.
struct alignas(cache_line) ActiveSalts {
    std::array<std::atomic<Salt>, max_rotation_times> salt{};
};

// --- next hops --------------------------------------------------------------------------------

// What the packet path needs to know of a next hop.
enum class AdjacencyState : std::uint8_t {
    waiting,     // no MAC yet: at most Adjacency::max_waiting packets wait
    usable,      // send to the MAC
    unconfirmed, // send to the MAC, and say that it was used
    failed,      // drop, and say that it was wanted
};

using AdjacencyId = std::uint32_t;

// One next hop, indexed by AdjacencyId: a router that changes its MAC is one store.
class Adjacency {
public:
    // MAC and state in one word, as it is stored: packets take the MAC from a register.
    class Value {
    public:
        constexpr Value(const MacAddress& mac, AdjacencyState state, std::uint8_t generation = 0)
            : word_(std::bit_cast<std::uint64_t>(Parts{mac, state, generation})) {}
        constexpr explicit Value(std::uint64_t word) : word_(word) {}

        [[nodiscard]] constexpr MacAddress mac() const { return std::bit_cast<Parts>(word_).mac; }
        [[nodiscard]] constexpr AdjacencyState state() const {
            return std::bit_cast<Parts>(word_).state;
        }
        // Of the neighbours that have had this entry one after the other.
        [[nodiscard]] constexpr std::uint8_t generation() const {
            return std::bit_cast<Parts>(word_).generation;
        }
        [[nodiscard]] constexpr std::uint64_t word() const { return word_; }

    private:
        struct Parts {
            MacAddress mac;
            AdjacencyState state;
            std::uint8_t generation;
        };
        static_assert(sizeof(Parts) == sizeof(std::uint64_t));
        std::uint64_t word_;
    };

    // Control alone.
    void store(const MacAddress& mac, AdjacencyState state) {
        publish(Value(mac, state, load().generation()));
    }
    // Control alone: this neighbour is needed no more. What waits for it is let go, also where
    // the entry has become another neighbour's by then.
    void retire() {
        const auto next = static_cast<std::uint8_t>(load().generation() + 1);
        publish(Value(MacAddress{}, AdjacencyState::failed, next));
    }
    [[nodiscard]] Value load() const { return Value(word_.load(std::memory_order_acquire)); }

    // Workers: a packet was sent while the entry was not known to be reachable.
    void mark_used() {
        if (!used_.load(std::memory_order_relaxed)) {
            used_.store(true, std::memory_order_relaxed);
        }
    }
    // Control: whether it was used since it was last asked.
    bool take_used() {
        return used_.load(std::memory_order_relaxed)
               && used_.exchange(false, std::memory_order_relaxed);
    }

    // Workers: packets that wait for the answer, over all workers (section 7.4: at most three).
    static constexpr std::uint8_t max_waiting = 3;
    bool start_waiting() {
        if (waiting_.fetch_add(1, std::memory_order_relaxed) < max_waiting) {
            return true;
        }
        waiting_.fetch_sub(1, std::memory_order_relaxed);
        return false;
    }
    void stop_waiting() { waiting_.fetch_sub(1, std::memory_order_relaxed); }

private:
    void publish(const Value& value) { word_.store(value.word(), std::memory_order_release); }

    std::atomic<std::uint64_t> word_{0}; // a Value's
    std::atomic<bool> used_{false};
    std::atomic<std::uint8_t> waiting_{0};
};
static_assert(sizeof(Adjacency) == 16);

// --- counters of a stream ---------------------------------------------------------------------

// Written by one thread, read by any.
class Counter {
public:
    void add(std::uint64_t n = 1) {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    void reset() { value_.store(0, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

inline constexpr auto no_drop = static_cast<Reason>(reason_count);

// Written by the stream's owning worker.
struct alignas(cache_line) StreamCounters {
    Counter encapsulated_packets;
    Counter encapsulated_bytes; // of inner packets
    Counter decapsulated_packets;
    Counter decapsulated_bytes; // of inner packets
    Counter dropped_packets;    // of packets that were known to be this stream's
    Counter control_packets_sent;
    Counter control_packets_heard;
    // Why the last of the dropped ones was, from hosts and from the network.
    std::array<std::atomic<Reason>, 2> last_drop{no_drop, no_drop};
    // Of the streams that have had these counters one after the other: what else is counted by.
    std::atomic<std::uint16_t> life{0};

    // Control, of a stream that no worker knows.
    void reset() {
        life.fetch_add(1, std::memory_order_relaxed);
        for (Counter* const counter : {&encapsulated_packets, &encapsulated_bytes,
                                       &decapsulated_packets, &decapsulated_bytes, &dropped_packets,
                                       &control_packets_sent, &control_packets_heard}) {
            counter->reset();
        }
        for (std::atomic<Reason>& reason : last_drop) {
            reason.store(no_drop, std::memory_order_relaxed);
        }
    }
};
static_assert(sizeof(StreamCounters) == cache_line);

// --- keys and numbers of a stream (docs/protocol.md, section 6) -------------------------------

// A key as the crypto back end made it ready: each one derives its own from this.
struct CipherKey {
    Cipher cipher = Cipher::none;
};

inline constexpr Salt no_salt = ~Salt{0};

// What one key, of aes-256-cbc one key and salt, seals with.
struct alignas(cache_line) SealState {
    const CipherKey* key = nullptr;
    // aes-256-cbc: the number that counting begins with. aes-256-gcm: 0.
    std::uint64_t first = 0;
    std::array<std::uint8_t, 4> nonce_salt{}; // aes-256-gcm
    std::uint32_t record = 0;                 // whose step it counts in: NumberEvent::record
    std::atomic<std::uint64_t> next{0};       // to be counted to: the owning worker
    std::atomic<std::uint64_t> recorded{0};   // all below are on the disk as used: control
    // When `next` gets here control has to record more: control; workers, who ask: never.
    std::atomic<std::uint64_t> ask_at{never};

    static constexpr std::uint64_t never = ~std::uint64_t{0};
    static constexpr std::uint64_t cbc_numbers = 1ULL << 24U; // of one salt
};
static_assert(sizeof(SealState) == cache_line);

// What one key opens with. Of the owning worker, but for what control reads.
struct alignas(cache_line) OpenState {
    const CipherKey* key = nullptr;           // null: cipher none
    std::array<std::uint8_t, 4> nonce_salt{}; // aes-256-gcm
    std::uint32_t epoch = 0;                  // of the session key (section 9)
    // One more than the highest number accepted under this key: workers write, control records.
    std::atomic<std::uint64_t> next{0};
    // `next` when the active salt was last seen to change: windows of salts that became live then
    // begin with it.
    std::uint64_t next_at_rotation = 0;
    Salt seen_active = no_salt;
    Counter heard; // packets of this key that passed section 6, but messages of key exchange
    // Epoch 0's, while another epoch is the current one: control.
    std::atomic<bool> for_exchange_alone{false};
    std::uint32_t newest_salt = 0; // that opened: its low bits
    std::uint64_t last_opened = 0; // when, in cycles; 0: never
};
static_assert(sizeof(OpenState) == cache_line);

// When a peer's authenticated packets last changed to a newer salt: its boundary, as it is seen
// here. The owning worker writes, `salt` last; control reads.
struct PeerClock {
    std::atomic<Salt> salt{no_salt};      // no_salt: no change was seen yet
    std::atomic<std::uint64_t> before{0}; // when the last packet of an older salt came, in cycles
    std::atomic<std::uint64_t> first{0};  // and the first of this one
};

// --- a stream, sending ------------------------------------------------------------------------

// Headers of the tunnel packets of one salt, and what their checksum is known to begin with.
struct alignas(cache_line) RouteSlot {
    std::atomic<Salt> salt{no_salt}; // no_salt while control writes the rest
    Ipv6Header ipv6;                 // payload length and traffic class 0
    be16_t source_port;              // of UDP
    std::uint16_t partial_sum = 0;   // pseudo header but its length, and source port: memory order
    std::atomic<AdjacencyId> adjacency{0};
    SealState* seal = nullptr; // null: cipher none
};
static_assert(sizeof(RouteSlot) == cache_line);

// One more than the salts a gateway may look at: previous, active, next, in preparation.
inline constexpr std::size_t route_slots = 4;

// Those of one session key.
struct alignas(cache_line) RouteSlots {
    std::array<RouteSlot, route_slots> slots; // by salt modulo route_slots

    RouteSlot& of(Salt salt) { return slots[salt % route_slots]; }
    [[nodiscard]] const RouteSlot& of(Salt salt) const { return slots[salt % route_slots]; }
};

// Session keys that a stream may have at a time (section 9): epoch 0's, the previous, the current
// and the pending one.
inline constexpr std::size_t epochs_held = 4;

// Messages of key exchange that a stream may hear: so many a second, or a flood of forged ones on
// one stream would crowd out those of all others. A peer sends three at the most, and the path may
// bring some of them twice.
class MessagePace {
public:
    // The owning worker.
    bool allow() {
        const std::uint32_t heard = heard_.load(std::memory_order_relaxed);
        if (heard - renewed_at_.load(std::memory_order_relaxed) >= a_second) {
            return false;
        }
        heard_.store(heard + 1, std::memory_order_relaxed);
        return true;
    }
    // Control, each second.
    void renew() {
        renewed_at_.store(heard_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    }

private:
    static constexpr std::uint32_t a_second = 32;
    std::atomic<std::uint32_t> heard_{0};      // so far: worker
    std::atomic<std::uint32_t> renewed_at_{0}; // of these: control
};

// Where messages of key exchange are sent: each goes on the routes of its own epoch.
struct alignas(cache_line) StreamEpochs {
    struct Held {
        std::atomic<RouteSlots*> slots{nullptr}; // control; null: none of this epoch is sent
        std::atomic<std::uint32_t> epoch{0};     // changes while slots is null
    };
    std::array<Held, epochs_held> held;
    MessagePace heard;

    // Workers. Null where none of this epoch is sent.
    [[nodiscard]] const RouteSlots* find(std::uint32_t epoch) const {
        for (const Held& one : held) {
            const RouteSlots* const slots = one.slots.load(std::memory_order_acquire);
            // Looked at again: a place may become another epoch's in between.
            if (slots != nullptr && one.epoch.load(std::memory_order_acquire) == epoch
                && slots == one.slots.load(std::memory_order_acquire)) {
                return slots;
            }
        }
        return nullptr;
    }
};

// Constant once published, but for the atomics.
struct alignas(cache_line) StreamContext {
    Ipv6Address local;                         // true address
    Ipv6Address remote;                        // true address
    std::atomic<RouteSlots*> sending{nullptr}; // the epoch that packets leave with: control
    PathMtu path_mtu;                          // of tunnel packets: owning worker and control
    std::atomic<std::uint8_t> key_state{0};    // 0 to 3 (section 9): control
    std::atomic<bool> disabled{false};         // hosts' packets are dropped: control
    std::uint16_t base_port = 0;               //
    std::uint16_t inner_pair_sum = 0;          // local and remote, memory order
    std::uint16_t owner = 0;                   // worker
    std::uint8_t rotation = 0;                 // index into ActiveSalts
    Cipher cipher = Cipher::none;
    std::atomic<bool> lower_mss{true}; // of TCP connections that pass: control
    // What of the inner traffic class the outer one shows: control.
    std::atomic<std::uint8_t> class_mask{0x3};
    std::uint32_t id = 0; // of its StreamCounters too

    // The template to send with; null if control has not made it.
    [[nodiscard]] const RouteSlot* slot(Salt salt) const {
        return template_of(*sending.load(std::memory_order_acquire), salt);
    }
    static const RouteSlot* template_of(const RouteSlots& slots, Salt salt) {
        const RouteSlot& slot = slots.of(salt);
        return slot.salt.load(std::memory_order_acquire) == salt ? &slot : nullptr;
    }
};
static_assert(sizeof(StreamContext) == cache_line);

// What opens this gateway's own packets where an ICMPv6 error quotes them (section 8.2): a quote
// is mostly cut off, so that no tag can be compared. Constant once published.
struct QuoteKey {
    // aes-256-cbc: to open. aes-256-gcm: to seal, which in counter mode is the same as to open.
    const CipherKey* key = nullptr;
    std::array<std::uint8_t, 4> nonce_salt{}; // aes-256-gcm
};

// --- a stream, receiving ----------------------------------------------------------------------

// One pair of hashed addresses to receive on. Constant once published.
struct alignas(cache_line) RouteContext {
    StreamContext* stream = nullptr;
    Salt salt = 0;
    OpenState* open = nullptr;      // null: cipher none, and no key exchange
    ReplayWindow* window = nullptr; // aes-256-gcm alone: the owning worker's
    MacAddress host_mac;
    std::uint16_t owner = 0;           // worker
    std::uint32_t live_before = 0;     // salts before the active one that are live: L/R - 1
    std::uint8_t rotation = 0;         // index into ActiveSalts
    bool accept_zero_checksum = false; // RFC 6935
    bool exchanges_keys = false;       // else no message of section 9 is for anybody
    be16_t source_port;                // of what is sent on this route
    const QuoteKey* quote = nullptr;   // null: cipher none
};
static_assert(sizeof(RouteContext) == cache_line);

} // namespace mt6d
