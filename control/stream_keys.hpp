// SPDX-License-Identifier: BSD-3-Clause
// Keys of the streams as workers use them: made ready by the crypto back end, with the numbers they
// seal with and the windows they open with (docs/protocol.md, sections 5 and 6). Control lcore
// alone.
#pragma once

#include "control/chunk_pool.hpp"
#include "control/config/config.hpp"
#include "control/crypto/backend.hpp"
#include "control/number_keeper.hpp"

#include <mt6d/replay.hpp>
#include <mt6d/result.hpp>
#include <mt6d/stream.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace mt6d {

// What one session key of a stream seals and opens with. Never moves.
struct EpochKeys {
    Cipher cipher = Cipher::none;
    CipherKeyPtr seal;
    CipherKeyPtr open;
    CipherKeyPtr quote;                                       // aes-256-cbc alone
    SealState* gcm_state = nullptr;                           // aes-256-gcm alone
    std::array<SealState, route_slots>* cbc_states = nullptr; // aes-256-cbc alone, by salt
    OpenState* open_state = nullptr;
    // What opens the stream's own packets, quoted by ICMPv6 errors. Null: cipher none.
    QuoteKey* quote_key = nullptr;
    std::uint32_t epoch = 0;
    std::optional<NumberKeeper::Record> record; // none: no numbers yet, or any more, or cipher none
};

class StreamKeys {
public:
    // Back end and keeper outlive it; both are null where no stream encrypts.
    StreamKeys(CryptoBackend* backend, NumberKeeper* keeper) : backend_(backend), keeper_(keeper) {}
    ~StreamKeys(); // wipes
    StreamKeys(const StreamKeys&) = delete;
    StreamKeys& operator=(const StreamKeys&) = delete;

    // The stream's keys of one epoch, without numbers: nothing can be sealed with them yet.
    Result<EpochKeys*> make(const config::Stream& stream, std::uint32_t epoch,
                            const config::SessionKey& session_key);
    // Numbers for them, after what is recorded of this key. Precondition: no other keys of the same
    // stream, session key and epoch have numbers.
    void take_numbers(EpochKeys& keys, const config::StreamPtr& stream, std::int64_t unix_ns);
    // No worker uses the numbers any more: others of the same key may take them from where they
    // are. Those that have none are left as they are.
    void give_numbers_back(EpochKeys& keys);
    // After the grace period of the last use: wipes. Its numbers stay recorded until the disk has
    // no such key either: NumberKeeper::forget().
    void remove(EpochKeys* keys);
    void forget(NumberKeeper::Record record) { keeper_->forget(record); }

    // What to seal with in packets of this salt; null: cipher none. No worker uses the template of
    // a salt whose place this one takes.
    SealState* seal(EpochKeys& keys, Salt salt);
    // A window for a new route; null where the cipher has none.
    ReplayWindow* take_window(const EpochKeys& keys);
    // After the grace period of the route's end.
    void release_window(ReplayWindow* window);
    // Once a second: records what was accepted.
    void check(const EpochKeys& keys);

private:
    Result<> make_ready(EpochKeys& keys, const config::Stream& stream,
                        const config::SessionKey& session_key);
    void release_memory(EpochKeys& keys);
    static std::span<SealState> states_of(const EpochKeys& keys);

    CryptoBackend* backend_;
    NumberKeeper* keeper_;
    std::deque<EpochKeys> keys_;
    std::vector<EpochKeys*> free_keys_;
    // Written by workers.
    ChunkPool<SealState> seal_states_{256};
    ChunkPool<std::array<SealState, route_slots>> cbc_states_{64};
    ChunkPool<OpenState> open_states_{256};
    ChunkPool<QuoteKey> quote_keys_{256};
    ChunkPool<ReplayWindow> windows_{256};
};

} // namespace mt6d
