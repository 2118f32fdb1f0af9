// SPDX-License-Identifier: BSD-3-Clause
// What a gateway of the model writes down of its stream, and numbers to seal with. As in a gateway,
// a thread writes each of the two files (control/state/record_writer.hpp): of what is submitted
// while a write is under way, the newest alone gets to the disk.
#pragma once

#include "control/exchange/saved_keys.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mt6d::test {

// Numbers of one key: those below may have been used.
struct ModelNumberRecord {
    std::uint32_t epoch = 0;
    std::uint64_t sent_before = 0;
};
using ModelCell = std::uint64_t; // one for each key that ever was held

struct ModelKeyWrite {
    std::uint64_t generation = 0; // 0: nothing to write
    SavedKeysBytes bytes{};
    std::vector<std::uint32_t> epochs{}; // whose keys are in it

    [[nodiscard]] bool empty() const { return generation == 0; }
    void take(ModelKeyWrite&& newer) { *this = std::move(newer); }
};

struct ModelNumberWrite {
    std::map<ModelCell, std::optional<ModelNumberRecord>> cells{}; // none: the cell is given back

    [[nodiscard]] bool empty() const { return cells.empty(); }
    void take(ModelNumberWrite&& newer) {
        for (auto& [cell, record] : newer.cells) {
            cells.insert_or_assign(cell, record);
        }
    }
};

// RecordWriter for the records of one stream. Times: true ones, nanoseconds.
template <class Write>
class ModelWriter {
public:
    void submit(Write write) { waiting_.take(std::move(write)); }
    // What is on the disk since the last call. A write takes so long.
    Write advance(std::int64_t now, std::int64_t duration, bool fails);
    // What could not be written, unless there is something newer.
    void retry(Write write) {
        write.take(std::exchange(waiting_, {}));
        waiting_ = std::move(write);
    }
    // The process dies: a write that is under way is done, or it is not.
    Write die(bool is_done);
    [[nodiscard]] bool is_idle() const { return waiting_.empty() && writing_.empty(); }

private:
    Write waiting_;
    Write writing_;
    std::int64_t done_at_ = 0;
};

// A state directory, and all that it was before.
class ModelDisk {
public:
    struct Image {
        SavedKeysBytes keys;
        std::map<ModelCell, ModelNumberRecord> numbers;
    };
    struct Written {
        std::uint64_t generation = 0; // 0: no keys
        std::vector<std::uint32_t> epochs;
        std::vector<ModelCell> cells;
    };

    ModelWriter<ModelKeyWrite> keys;
    ModelWriter<ModelNumberWrite> numbers;
    bool is_full = false; // what is there can be written over, nothing can be added

    [[nodiscard]] Image& now() { return images_.back(); }
    [[nodiscard]] const Image& now() const { return images_.back(); }
    [[nodiscard]] std::size_t age() const { return images_.size() - 1; }
    // Back to one of so many writes of keys ago, or to nothing.
    void set_back(std::size_t writes) { images_.resize(images_.size() - writes); }
    void lose_all() { images_ = {{}}; }

    Written advance(std::int64_t now, std::int64_t duration);
    void die(bool keys_are_done, bool numbers_are_done);

private:
    void put(ModelKeyWrite&& write);

    std::vector<Image> images_{1};
};

// What is sealed on one side, in all its lives. A key's numbers are taken out of its record in
// steps, which are on the disk before they are used (docs/protocol.md, section 6), as
// control/number_keeper.hpp does with aes-256-gcm.
class ModelNumbers {
public:
    explicit ModelNumbers(ModelDisk& disk) : disk_(&disk) {}

    // A life begins. What the disk has is looked for until settle(), which waits for it.
    void begin_life();
    void settle();
    // State was lost, or is older than its last use.
    void state_was_lost();

    // Returns what is wrong, if something is. `clock`: Unix ns of that side.
    [[nodiscard]] std::string hold(std::uint32_t epoch, const config::SessionKey& key,
                                   std::int64_t clock);
    // The record is given back once no file names the epoch any more.
    void drop(std::uint32_t epoch);
    void written(const ModelDisk::Written& news);
    [[nodiscard]] bool are_recorded(std::uint32_t epoch) const {
        return sealing_.at(epoch).recorded > sealing_.at(epoch).next;
    }
    // So many packets are sealed. False: their numbers are not recorded yet.
    [[nodiscard]] bool seal(std::uint32_t epoch, std::uint64_t packets);

    // Times that numbers of before could not be known: state was lost, and the clock was behind.
    std::uint64_t excused = 0;

private:
    struct Sealing {
        ModelCell cell = 0;
        std::uint64_t key = 0;
        std::uint64_t next = 0;
        std::uint64_t recorded = 0; // may be used below
        std::uint64_t sent_before = 0;
    };
    struct Use {
        std::uint64_t end = 0; // one more than the highest
        bool record_is_lost = false;
    };

    void submit(std::uint32_t epoch, const Sealing& sealing);

    ModelDisk* disk_;
    std::map<std::uint32_t, std::uint64_t> found_; // on the disk, while a life begins
    bool is_settled_ = true;
    std::map<std::uint32_t, Sealing> sealing_;
    std::vector<std::pair<std::uint32_t, ModelCell>> dropped_;
    ModelCell next_cell_ = 0;
    ModelCell first_cell_of_life_ = 0;
    std::map<std::uint64_t, Use> used_; // by key, whatever happened to the disk
};

} // namespace mt6d::test
