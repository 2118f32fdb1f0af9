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

// What a stream leaves behind that is withdrawn.
struct KeysLeft {
    SavedKeys saved;
    // Recorded of exchanged keys: of no use once the disk has no such keys.
    std::vector<NumberKeeper::Record> numbers;
};

class KeyExchanger final : KeyExchangeServices {
public:
    // A stream has routes to make or to end: StreamTable::reconcile() is due.
    using RoutesChanged = std::function<void(std::size_t stream)>;

    // Goes on from what the store has of each stream that is live. Before the streams' numbers are
    // settled, and before workers run. All of these outlive it.
    static Result<std::unique_ptr<KeyExchanger>>
    create(const Clock& clock, dataplane::Forwarding& forwarding, StreamTable& streams,
           std::shared_ptr<const StateDirectory> directory);

    // A stream that is live from now on. `before`: what another one for the same hosts had, to go
    // on from where the configured key is the same.
    void add(std::size_t stream, const std::optional<KeysLeft>& before);
    // The stream is withdrawn. What another one may go on from, which the disk has until forget();
    // none where it exchanges no keys.
    std::optional<KeysLeft> remove(std::size_t stream);
    // It is gone for good.
    void forget(const config::Stream& stream, const KeysLeft& left);

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

    // Replaces the stream's key as soon as can be. False where it exchanges none.
    bool rekey(std::size_t stream);
    // None where the stream exchanges no keys.
    [[nodiscard]] std::optional<KeyFacts> facts(std::size_t stream) const;

    // Any thread.
    [[nodiscard]] const KeyStatus& status(std::size_t stream) const { return statuses_[stream]; }

private:
    // A key that is dropped, while the disk still has it: its numbers stay there as well.
    struct Ended {
        NumberKeeper::Record numbers;
        std::uint64_t generation; // the store's, of the stream's state that is without the key
    };
    static constexpr std::uint64_t not_asked_for = UINT64_MAX; // a generation to come
    struct Entry {
        std::size_t stream = 0;
        StreamIdentity identity{};
        std::unique_ptr<KeyExchange> exchange; // null: no such stream, or it exchanges no keys
        std::int64_t deadline = INT64_MAX;     // in due_, unless it is this
        bool carries_data = false;
        bool waits = false; // for leave to start, in a queue and not in due_
        // What the store calls generations: after those of any stream that was there before.
        std::uint64_t first_generation = 0;
        std::uint64_t generation = 0;           // submitted to the disk last
        std::uint64_t stored = 0;               // and there
        std::int64_t epoch_0_until = INT64_MAX; // made sendable for a recovery: until then
        std::optional<std::uint32_t> awaited{}; // to send on once that can be
        std::optional<key_action::SendOn::Change> change{}; // how it came to that one
        std::uint32_t sending = 0;                          // what packets leave with until then
        bool drop_after_switch = false;                     // it has ended, but for that
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

    KeyExchanger(const Clock& clock, dataplane::Forwarding& forwarding, StreamTable& streams,
                 std::unique_ptr<KeyStore> store);
    Entry* begin(std::size_t stream);
    void take_written(std::int64_t now);
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
    void end_numbers(const StreamIdentity& identity, NumberKeeper::Record numbers,
                     std::uint64_t generation);
    void note_generation(const StreamIdentity& identity, std::uint64_t generation);
    void take_back_numbers(const Entry& entry);
    void forget_numbers(const StreamIdentity& identity, std::uint64_t generation);
    void show_to_peer(const Entry& entry);
    void show(const Entry& entry);

    const Clock& clock_;
    dataplane::Forwarding& forwarding_;
    StreamTable& streams_;
    std::unique_ptr<KeyStore> store_;
    OpensslExchangeCrypto crypto_;
    RoutesChanged routes_changed_;

    std::vector<Entry> entries_;            // by stream
    std::unique_ptr<KeyStatus[]> statuses_; // likewise
    std::unordered_map<StreamIdentity, std::uint32_t> entry_of_identity_;
    // Of streams that are there and of such that went.
    std::unordered_map<StreamIdentity, std::vector<Ended>> ended_;
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
    std::uint64_t generations_ = 0; // given to streams that are gone, at the most
};

} // namespace mt6d
