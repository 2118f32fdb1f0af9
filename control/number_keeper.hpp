// SPDX-License-Identifier: BSD-3-Clause
// Keeps what is on the disk ahead of what workers use (docs/protocol.md, section 6): numbers to
// seal with are recorded in steps before they are used, the highest ones accepted each second.
// Control lcore alone; a service thread writes.
#pragma once

#include "control/config/config.hpp"
#include "control/state/number_file.hpp"
#include "control/state/number_writer.hpp"
#include "control/state/state_directory.hpp"

#include <mt6d/result.hpp>
#include <mt6d/stream.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace mt6d {

// What workers use of one stream and key. Outlives all use of the keeper but its end.
struct KeyStates {
    // aes-256-gcm: the first alone. aes-256-cbc: by salt modulo route_slots.
    std::span<SealState> seal;
    OpenState* open = nullptr;
};

class NumberKeeper {
public:
    // Reads what is recorded in the state directory; logs what it found.
    static Result<std::unique_ptr<NumberKeeper>>
    create(std::shared_ptr<const StateDirectory> directory);
    // In the configuration's, which nothing else uses.
    static Result<std::unique_ptr<NumberKeeper>> create(const config::Config& config);

    // The stream's numbers from here on come from its record: with aes-256-gcm for sealing at once
    // (beginning at the clock's or later), with either for opening. In the order of streams, each
    // once; those without a cipher too. `stream` outlives the keeper.
    void add(const config::Stream& stream, const KeyStates& states, std::int64_t unix_ns);

    // aes-256-cbc: fills `seal`, which no worker uses, for this salt of stream `i`. Nothing can be
    // sealed with it until its numbers are recorded.
    void begin_salt(std::size_t i, Salt salt);

    // A worker has come near the end of what is recorded of stream `i`.
    void record_more(std::size_t i);
    // Once a second for each stream: what was accepted, and what record_more() may have missed.
    void check(std::size_t i);
    // Lets workers use what is on the disk by now. Each tick.
    void advance();
    // Waits until everything is on the disk. At start, after the last add() and before workers run,
    // and at the end.
    Result<> settle();

private:
    struct Entry {
        const config::Stream* stream = nullptr;
        Cipher cipher = Cipher::none;
        KeyStates states;
        NumberFile::Cell cell = 0;
        NumberRecord record; // as it was last submitted
        std::array<Salt, route_slots> salts{no_salt, no_salt, no_salt, no_salt};
        bool refused = false; // a salt too old was asked for
    };

    NumberKeeper(NumberFile::Opened opened, const std::string& directory);
    void submit(const Entry& entry) { writer_.submit({entry.cell, entry.record}); }
    static void release_recorded(Entry& entry, const NumberRecord& recorded);
    void warn_of_lost_state() const;
    void warn_of_refused();
    static bool runs_low(const SealState& seal);

    std::unique_ptr<NumberFile> file_;
    NumberWriter writer_;
    const std::string directory_;
    bool is_complete_ = false;                      // all streams are added
    bool may_have_lost_ = false;                    // records that were there once
    std::map<NumberKey, NumberFile::Stored> found_; // until all streams are added
    std::vector<std::size_t> cbc_without_record_;   // likewise
    std::vector<Entry> entries_;                    // by stream
    std::unordered_map<NumberFile::Cell, std::size_t> stream_of_;
    std::vector<NumberFile::Stored> written_;
    std::size_t refused_ = 0; // streams, since the last warning
    std::size_t refused_first_ = 0;
};

} // namespace mt6d
