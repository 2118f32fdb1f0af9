// SPDX-License-Identifier: BSD-3-Clause
// What must survive a kill so that no number is used twice under a key (docs/protocol.md, section
// 6): one file of small records, each written whole or not at all. File access blocks: a service
// thread's work (control/state/number_writer.hpp), but for loading at start.
#pragma once

#include <mt6d/result.hpp>
#include <mt6d/salt.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mt6d {

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
    struct Opened {
        std::unique_ptr<NumberFile> file;
        std::vector<Stored> records;
        // For the log: what was damaged or foreign, and where it was moved.
        std::vector<std::string> warnings;
        bool is_new = false; // there was no file, or none that could be used
    };

    // Opens `directory`/numbers, or makes it and the directory (0700, the file 0600). Another
    // process that has it open is an error; so is a directory or file that others may write to.
    // A file that is not one of ours, or of a version unknown here, is moved aside; a record that
    // is damaged is left out, and a copy of the file is put aside: never trusted, never fatal to
    // other streams.
    static Result<Opened> open(const std::string& directory);
    ~NumberFile();
    NumberFile(const NumberFile&) = delete;
    NumberFile& operator=(const NumberFile&) = delete;

    // A cell for a record that has none; in memory alone until it is written. Any one thread at a
    // time, not while write() runs on another for the same cell.
    Cell allocate();
    // Gives a cell back: its record is forgotten once the next write() is done.
    void release(Cell cell);

    // Writes these and what was released; when it returns without an error they are on the disk.
    // A crash at any moment leaves of each record what it was or what it shall be.
    Result<> write(std::span<const Stored> records);

private:
    explicit NumberFile(int descriptor, std::string path);

    int descriptor_;
    std::string path_;
    // implementation's
};

} // namespace mt6d
