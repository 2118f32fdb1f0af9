// SPDX-License-Identifier: BSD-3-Clause
// Keys of the streams as workers use them: made ready by the crypto back end, with the numbers they
// seal with and the windows they open with (docs/protocol.md, sections 5 and 6). Control lcore
// alone.
#pragma once

#include "control/clock.hpp"
#include "control/config/config.hpp"
#include "control/crypto/backend.hpp"
#include "control/number_keeper.hpp"

#include <mt6d/replay.hpp>
#include <mt6d/result.hpp>
#include <mt6d/stream.hpp>

#include <memory>
#include <vector>

namespace mt6d {

class StreamKeys {
public:
    // For the streams of `config`, in their order. The back end outlives it, the keeper all calls;
    // both are null where no stream encrypts.
    static Result<std::unique_ptr<StreamKeys>> create(const config::Config& config,
                                                      CryptoBackend* backend, NumberKeeper* keeper,
                                                      const Clock& clock);

    // What to seal with in packets of this salt; null: cipher none. No worker uses the stream's
    // template of a salt whose place this one takes.
    SealState* seal(std::size_t i, Salt salt);
    ~StreamKeys(); // wipes
    StreamKeys(const StreamKeys&) = delete;
    StreamKeys& operator=(const StreamKeys&) = delete;

    // Null: cipher none.
    OpenState* open(std::size_t i);
    // What opens the stream's own packets, quoted by ICMPv6 errors. Null: cipher none.
    [[nodiscard]] const QuoteKey* quote(std::size_t i) const;
    // A window for a new route of the stream; null where its cipher has none.
    ReplayWindow* take_window(std::size_t i);
    // After the grace period of the route's end.
    void release_window(ReplayWindow* window);

private:
    struct Keys {
        Cipher cipher = Cipher::none;
        CipherKeyPtr seal;
        CipherKeyPtr open;
        CipherKeyPtr quote;            // aes-256-cbc alone
        std::uint32_t seal_states = 0; // where they begin
        std::uint32_t open_state = 0;  // and the quote key
    };

    explicit StreamKeys(NumberKeeper* keeper) : keeper_(keeper) {}
    void reserve(const config::Config& config);
    Result<> add(const config::Stream& stream, CryptoBackend& backend, std::int64_t unix_ns);

    NumberKeeper* keeper_;
    std::vector<Keys> keys_; // by stream
    // Written by workers: they never move.
    std::unique_ptr<SealState[]> seal_states_;
    std::unique_ptr<OpenState[]> open_states_;
    std::unique_ptr<QuoteKey[]> quote_keys_;
    std::uint32_t seal_count_ = 0;
    std::uint32_t open_count_ = 0;
    std::vector<std::unique_ptr<ReplayWindow[]>> window_chunks_;
    std::vector<ReplayWindow*> free_windows_;
};

} // namespace mt6d
