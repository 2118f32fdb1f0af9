// SPDX-License-Identifier: BSD-3-Clause
// Drives the key exchange of all streams that have one (docs/protocol.md, section 9): brings each
// stream's state machine messages, time and news of the disk, and does what it wants done. Control
// lcore alone, but for what is marked.
#pragma once

#include "control/clock.hpp"
#include "control/config/config.hpp"
#include "control/exchange/key_exchange.hpp"
#include "control/exchange/openssl_exchange_crypto.hpp"
#include "control/key_status.hpp"
#include "control/start_pace.hpp"
#include "control/state/key_store.hpp"
#include "control/stream_table.hpp"
#include "dataplane/events.hpp"

#include <mt6d/result.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace mt6d {

class KeyExchanger final : KeyExchangeServices {
public:
    // A stream has routes to make or to end: StreamTable::reconcile() is due.
    using RoutesChanged = std::function<void(std::size_t stream)>;

    // Goes on from what the store has of each stream. Before the streams' numbers are settled, and
    // before workers run. All of these outlive it.
    static Result<std::unique_ptr<KeyExchanger>>
    create(const config::Config& config, const Clock& clock, dataplane::Forwarding& forwarding,
           StreamTable& streams, std::shared_ptr<const StateDirectory> directory);

    void on_routes_changed(RoutesChanged routes_changed) {
        routes_changed_ = std::move(routes_changed);
    }
    void hear(const dataplane::KeyEvent& event);
    // Once a second for each stream of the configuration: what was sent and heard, and whether the
    // clock was set back, which is known here with that resolution.
    void visit(std::size_t stream);
    // Each tick: what is due.
    void advance();
    // At start, once the numbers of epoch 0 are on the disk: removes the keys of streams that
    // exchange none any more or are not configured. They would open recordings for ever. Whether
    // the disk has no keys now but those that are held.
    bool forget_unclaimed();
    // At the end: until all is on the disk.
    Result<> settle() { return store_->flush(); }

    // Any thread. Null where the stream exchanges no keys.
    [[nodiscard]] const KeyStatus* status(std::size_t stream) const {
        return entry_of_[stream] == none ? nullptr : &statuses_[entry_of_[stream]];
    }

private:
    static constexpr std::uint32_t none = UINT32_MAX;
    // A key that is dropped, while the disk still has it: its numbers stay there as well.
    struct Ended {
        NumberKeeper::Record numbers;
        std::uint64_t generation; // of the stream's state that is without the key
    };
    static constexpr std::uint64_t not_asked_for = UINT64_MAX; // a generation to come
    struct Entry {
        std::size_t stream;
        StreamIdentity identity;
        std::unique_ptr<KeyExchange> exchange;
        std::int64_t deadline = INT64_MAX; // in due_, unless it is this
        bool carries_data = false;
        bool waits = false;                     // for leave to start, in a queue and not in due_
        std::uint64_t generation = 0;           // submitted to the disk last
        std::uint64_t stored = 0;               // and there
        std::int64_t epoch_0_until = INT64_MAX; // made sendable for a recovery: until then
        std::vector<Ended> ended{};             // oldest first
        std::optional<std::uint32_t> awaited{}; // to send on once that can be
        std::uint32_t sending = 0;              // what packets leave with until then
        bool drop_after_switch = false;         // it has ended, but for that
    };

    // Streams that want to start an exchange, of one kind.
    struct Starts {
        struct Waiting {
            std::uint32_t entry;
            std::int64_t since;
        };
        StartPace pace;
        std::deque<Waiting> waiting{}; // longest first
    };

    KeyExchanger(const config::Config& config, const Clock& clock,
                 dataplane::Forwarding& forwarding, StreamTable& streams,
                 std::unique_ptr<KeyStore> store);
    // KeyExchangeServices
    void random(std::span<std::uint8_t> bytes) override;
    bool may_start() override;

    void note_unclaimed(const KeyStore::Opened& opened);
    void restore(Entry& entry, const SecretBuffer& state);
    void tick(Entry& entry, std::int64_t now);
    [[nodiscard]] bool has_leave(Starts& starts) const;
    void start_waiting(Starts& starts, std::int64_t now);
    void schedule(Entry& entry);
    [[nodiscard]] KeyTraffic traffic(const Entry& entry) const;
    // After each call into the state machine: does what it wants, and looks when it is next due.
    void carry_out(Entry& entry, KeyActions& actions);
    std::optional<std::uint32_t> perform_all(Entry& entry, KeyActions& actions);
    void perform(Entry& entry, const key_action::Send& send);
    bool perform(Entry& entry, const key_action::HoldKey& hold); // false: it cannot be held
    void perform(Entry& entry, const key_action::SendOn& send_on);
    void perform(Entry& entry, const key_action::DropKey& drop);
    void perform(Entry& entry, const key_action::Persist& persist);
    void send_when_ready(Entry& entry);
    void switch_to_awaited(Entry& entry);
    void make_sendable(Entry& entry, std::uint32_t epoch);
    void forget_numbers(Entry& entry, std::uint64_t generation);
    void show_to_peer(const Entry& entry);
    void show(const Entry& entry);

    const Clock& clock_;
    dataplane::Forwarding& forwarding_;
    StreamTable& streams_;
    std::unique_ptr<KeyStore> store_;
    OpensslExchangeCrypto crypto_;
    RoutesChanged routes_changed_;

    std::vector<Entry> entries_;
    std::vector<std::uint32_t> entry_of_;   // by stream
    std::unique_ptr<KeyStatus[]> statuses_; // by entry
    std::unordered_map<StreamIdentity, std::uint32_t> entry_of_identity_;
    std::set<std::pair<std::int64_t, std::uint32_t>> due_; // deadline, entry
    std::vector<StreamIdentity> unclaimed_;                // with a file, and no entry
    bool knows_all_keys_ = true;          // of each file that is there, also of those put aside
    std::vector<std::uint32_t> awaiting_; // entries with an epoch awaited, and perhaps others
    std::vector<KeyStore::Written> written_;
    KeyActions actions_;
    // Pacing (rule 1). Recoveries do not wait behind renewals.
    Starts renewals_;
    Starts recoveries_;
    bool recovers_ = false;         // the stream whose state machine is at work
    bool was_refused_ = false;      // leave to start, likewise
    std::size_t states_on_way_ = 0; // entries whose last state is not on the disk yet
};

// The store's name for a stream, whatever its key.
StreamIdentity stream_identity(const config::Stream& stream);

} // namespace mt6d
