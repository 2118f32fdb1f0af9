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

    // Of one stream and epoch; used again once it was removed.
    using Record = std::uint32_t;

    // The numbers of the stream's key of this epoch come from its record from here on: with
    // aes-256-gcm for sealing at once (beginning at the clock's or later), with either for opening.
    // What is recorded of it on the disk, now or since before a start, or of a stream that was
    // removed meanwhile, counts as used.
    // Preconditions: the cipher is not none; this key has no record in use.
    Record add(config::StreamPtr stream, std::uint32_t epoch, const KeyStates& states,
               std::int64_t unix_ns);
    // The key is gone: no worker uses it any more. What is recorded stays for one that comes back.
    void remove(Record record);
    // Nor has the disk a key any more that was used with these numbers, so they may go from there
    // as well once it is removed: before, a kill would bring the key back without them. In either
    // order with remove().
    void forget(Record record);

    // aes-256-cbc: fills the state for this salt, unless it is that already: workers may still use
    // it. Those of another salt they do not use. Nothing can be sealed with it until its numbers
    // are recorded.
    void begin_salt(Record record, Salt salt);

    // A worker has come near the end of what is recorded.
    void record_more(Record record);
    // Once a second for each: what was accepted, and what record_more() may have missed.
    void check(Record record);
    // Lets workers use what is on the disk by now. Each tick.
    void advance();
    // At start, after settle(): what is recorded of exchanged keys that no stream has goes too.
    // Precondition: the disk has no such keys.
    void forget_ended_epochs();
    // Waits until everything is on the disk. At start, after the last add() and before workers run,
    // and at the end.
    Result<> settle();

private:
    struct Entry {
        config::StreamPtr stream; // null: removed
        Cipher cipher = Cipher::none;
        KeyStates states;
        NumberFile::Cell cell = 0;
        NumberRecord record; // as it was last submitted
        std::array<Salt, route_slots> salts{no_salt, no_salt, no_salt, no_salt};
        bool forgotten = false; // the disk has no such key
        bool refused = false;   // a salt too old was asked for
        bool written = false;   // the disk has the record as it is here
    };

    NumberKeeper(NumberFile::Opened opened, const std::string& directory);
    void submit(Entry& entry) {
        entry.written = false;
        writer_.submit({entry.cell, entry.record});
    }
    // A place for a key, with what is known of its numbers.
    Record place_for(const NumberKey& key);
    void forget_when_written(Record record);
    void note_received(Entry& entry);
    static void release_recorded(Entry& entry, const NumberRecord& recorded);
    Result<> reserve();
    void warn_of_lost_state() const;
    void warn_of_refused();
    static bool runs_low(const SealState& seal);

    std::unique_ptr<NumberFile> file_;
    NumberWriter writer_;
    const std::string directory_;
    bool is_complete_ = false;                      // all streams are added
    bool may_have_lost_ = false;                    // records that were there once
    std::map<NumberKey, NumberFile::Stored> found_; // at start, of keys that were not added yet
    std::map<NumberKey, Record> removed_;           // likewise, since: with a place in entries_
    std::vector<Record> cbc_without_record_;        // likewise
    std::vector<Entry> entries_;
    std::vector<Record> free_entries_;
    std::unordered_map<NumberFile::Cell, Record> entry_of_;
    std::vector<NumberFile::Stored> written_;
    std::size_t refused_ = 0;   // streams, since the last warning
    std::string refused_first_; // its name
};

} // namespace mt6d
