// SPDX-License-Identifier: BSD-3-Clause
// What must survive a kill so that no number is used twice under a key (docs/protocol.md, section
// 6): one file of small records, each written whole or not at all. File access blocks: a service
// thread's work (control/state/number_writer.hpp), but for loading at start.
//
// Of each record there are two copies with checksums and a sequence number. A write goes to one of
// them while the other holds what is on the disk already; only once the disk has the new one is the
// other made alike, without waiting for that. So where one copy is bad the other is right:
// - torn by a crash while it was first written: the other is the last record that write() ever
//   reported, which is all that its user may have relied on;
// - torn while it was made alike, or gone bad years later: the other is the same record.
// (A store that kept the record before the last as its second copy could not tell a torn copy from
// one gone bad, and would let numbers repeat in the latter case.) What this counts on: a write
// changes no bytes but its own even if the power fails in it, and a disk that says that it has
// written something has.
#pragma once

#include "control/state/descriptor.hpp"
#include "control/state/record_writer.hpp"
#include "control/state/state_directory.hpp"

#include <mt6d/result.hpp>
#include <mt6d/salt.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace mt6d {

class NumberCodec;

// Which key of which stream: tells streams and configured keys apart and discloses neither.
struct NumberKey {
    std::array<std::uint8_t, 16> stream{}; // a stream and its configured session key
    std::uint32_t epoch = 0;

    friend auto operator<=>(const NumberKey&, const NumberKey&) = default;
};

// Both directions of one key. All of it may be zero: nothing was used.
struct NumberRecord {
    static constexpr std::size_t salts = 64; // that are remembered

    NumberKey key;
    // aes-256-gcm
    std::uint64_t sent_before = 0;     // numbers below may have been used
    std::uint64_t received_before = 0; // one more than the highest that was accepted
    // aes-256-cbc: of salt s, if it is one of the last `salts` up to newest_salt, the numbers that
    // may have been used are the first used[s % salts] units from the one that seed and s give.
    std::array<std::uint8_t, 16> seed{};
    Salt newest_salt = 0;
    std::array<std::uint16_t, salts> used{};

    friend bool operator==(const NumberRecord&, const NumberRecord&) = default;
};

class NumberFile {
public:
    // Where a record lies. Stays the same as long as the file is open.
    using Cell = std::uint32_t;

    struct Stored {
        Cell cell;
        NumberRecord record;
    };
    // For the writer (control/state/record_writer.hpp).
    using Written = Stored;
    static constexpr const char* thread_name = "mt6d-numbers";

    struct Opened {
        std::unique_ptr<NumberFile> file;
        std::vector<Stored> records;
        // For the log: what was damaged or foreign, and where it was moved.
        std::vector<std::string> warnings;
        bool is_new = false;     // there was no file, or none that could be used
        bool is_damaged = false; // some record was there and is lost
    };

    // Opens `directory`/numbers, or makes it (mode 0600). A file that others may write to is an
    // error.
    // A file that is not one of ours, or of a version unknown here, is moved aside; a record that
    // is damaged is left out, and a copy of the file is put aside: never trusted, never fatal to
    // other streams. Each key is there once.
    static Result<Opened> open(std::shared_ptr<const StateDirectory> directory);
    ~NumberFile();
    NumberFile(const NumberFile&) = delete;
    NumberFile& operator=(const NumberFile&) = delete;

    // A cell for a record that has none; in memory alone until it is written. Any thread, during
    // write() too: it waits for no disk.
    Cell allocate();
    // Puts room for so many more cells on the disk: the first records of those that are allocated
    // then cannot fail for want of it. While nothing is written.
    Result<> reserve(std::size_t cells);
    // Gives a cell back: its record is forgotten once the next write() that begins after this is
    // done, and only then is the cell allocated again. Any thread, likewise, but not of a cell
    // whose record a NumberWriter may still have to write.
    void release(Cell cell);

    // Writes these and what was released; when it returns without an error they are on the disk.
    // A crash at any moment leaves of each record what it was or what it shall be. After an error
    // none of them counts as written, and a later call may write the same cells. Of two records for
    // one cell the later one is written, and of a released cell none. One thread at a time.
    Result<> write(std::span<const Stored> records);
    // Likewise, for the writer: all of them, or none, or those whose cells were written before: a
    // full disk takes these, and a new key must not keep all others from counting on.
    WriteProgress write_some(std::span<Stored> records);

private:
    // What the disk has of a cell for certain: a copy with that sequence number, or none yet.
    struct OnDisk {
        std::uint64_t sequence = 0;
        unsigned which = 1;
    };
    struct Loaded; // control/state/number_file_open.cpp

    NumberFile(std::shared_ptr<const StateDirectory> directory, Descriptor file);

    Result<Loaded> load();
    Result<> mend(Loaded& loaded, std::vector<std::string>& warnings);
    std::vector<Cell> take_released();

    std::shared_ptr<const StateDirectory> directory_; // holds the lock
    Descriptor file_;
    std::string path_;
    std::unique_ptr<NumberCodec> codec_;

    std::vector<OnDisk> on_disk_; // by cell; write() alone, once open
    Cell placed_ = 0;             // cells below have room for both copies; likewise

    std::mutex mutex_;           // never held over a system call
    Cell cells_ = 0;             // these or fewer were allocated
    std::vector<Cell> free_;     // below cells_, and zero in the file
    std::vector<Cell> released_; // to be zeroed, then free
};

} // namespace mt6d
