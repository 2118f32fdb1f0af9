// SPDX-License-Identifier: BSD-3-Clause
// The service thread that puts records on the disk, so that the control lcore never waits for it.
#pragma once

#include <mt6d/result.hpp>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace mt6d {

// What has come of a write of some records, which may have changed places.
struct WriteProgress {
    std::size_t written = 0; // so many, the first ones, are on the disk
    std::optional<Error> error;
};

// File: NumberFile or KeyFiles, of which are used
//     struct Stored { std::uint32_t cell; ... };   a record; cells are numbered densely
//     struct Written;                              made of a Stored: what its submitter is told
//     WriteProgress write_some(std::span<Stored>)  of records of different cells; where it writes
//                                                  none, it says why
//     thread_name                                  up to 15 characters
//
// All but the thread's own is called by one thread, control's. None of it waits for the disk or for
// work that grows with the number of records, but for flush() and the end.
template <class File>
class RecordWriter {
public:
    using Stored = typename File::Stored;
    using Written = typename File::Written;

    // `file` outlives the writer. Its thread takes no signals.
    explicit RecordWriter(File& file);
    ~RecordWriter(); // after all that was submitted is written, or has failed once more
    RecordWriter(const RecordWriter&) = delete;
    RecordWriter& operator=(const RecordWriter&) = delete;

    // Gives a record to write. A record submitted while an older one of its cell waits takes that
    // one's place.
    void submit(Stored record);
    // What has come to the disk since the last call, as it was written. Of a cell, the last one is
    // what is there now; a newer one may be on its way.
    void take_written(std::vector<Written>& records);
    // Why writing fails: once, until it succeeds again or the reason changes. What failed is tried
    // again each second.
    std::optional<std::string> take_error();
    // Waits until all that was submitted is on the disk; the error is that of the write that
    // failed. At start and end, not while workers depend on control.
    Result<> flush();

private:
    // Records are taken up by the thread in batches, which are numbered.
    using Batch = std::uint64_t;
    struct Submitted {
        static constexpr Batch nothing = std::numeric_limits<Batch>::max();
        Batch batch = nothing;
        std::size_t position = 0; // in waiting_, as long as that is its batch
    };
    void run();
    bool write_some(std::unique_lock<std::mutex>& lock);
    void take_note(const std::optional<Error>& error);
    [[nodiscard]] bool has_work() const;

    File& file_;

    std::vector<Submitted> submitted_; // control alone: the last record of each cell

    // The thread alone. What is to be written; after an error it stays.
    std::vector<Stored> batch_;
    std::vector<Stored> taken_up_;
    std::vector<Written> news_;

    std::mutex mutex_; // of what follows; never held over a write
    std::condition_variable work_;
    std::condition_variable done_;
    std::vector<Stored> waiting_; // a cell at most once
    Batch waiting_batch_ = 0;
    bool is_writing_ = false;
    bool has_rest_ = false;   // the thread has records still to be written
    bool is_failing_ = false; // the last write failed
    bool retry_now_ = false;
    bool is_stopping_ = false;
    std::vector<Written> written_;
    std::uint64_t failures_ = 0;
    std::string last_error_;
    std::optional<std::string> untaken_error_;

    std::thread thread_; // last: uses all the others
};

} // namespace mt6d
