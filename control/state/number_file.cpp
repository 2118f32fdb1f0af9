// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/number_file.hpp"

#include "control/state/number_cell.hpp"

#include <algorithm>
#include <utility>

namespace mt6d {

namespace {

// One copy of one cell, to be written.
struct Piece {
    std::uint64_t offset;
    NumberFile::Cell cell;
    std::uint64_t sequence;
    const NumberRecord* record; // none: zeros
};

// Neighbours, in a block, are written together. Returns errno or 0.
int write_pieces(const Descriptor& file, const NumberCodec& codec, std::vector<Piece>& pieces) {
    std::sort(pieces.begin(), pieces.end(),
              [](const Piece& a, const Piece& b) { return a.offset < b.offset; });
    NumberCodec::Block run;
    auto first = pieces.begin();
    while (first != pieces.end()) {
        auto next = first;
        std::size_t size = 0;
        for (; next != pieces.end() && size < run.size() && next->offset == first->offset + size;
             ++next, size += NumberLayout::copy) {
            const auto bytes = std::span(run).subspan(size).first<NumberLayout::copy>();
            if (next->record == nullptr) {
                std::fill(bytes.begin(), bytes.end(), std::uint8_t{0});
            } else {
                codec.encode(next->cell, {next->sequence, *next->record}, bytes);
            }
        }
        const auto whole = std::span<const std::uint8_t>(run).first(size);
        if (const int error = file.write_at(first->offset, whole); error != 0) {
            return error;
        }
        first = next;
    }
    return 0;
}

// The last record for each cell, by cell; none of cells that are in `released`, which is sorted.
std::vector<const NumberFile::Stored*> last_of_each(std::span<const NumberFile::Stored> records,
                                                    const std::vector<NumberFile::Cell>& released) {
    std::vector<const NumberFile::Stored*> last;
    last.reserve(records.size());
    for (const NumberFile::Stored& record : records) {
        if (!std::binary_search(released.begin(), released.end(), record.cell)) {
            last.push_back(&record);
        }
    }
    std::reverse(last.begin(), last.end());
    std::stable_sort(last.begin(), last.end(),
                     [](const auto* a, const auto* b) { return a->cell < b->cell; });
    last.erase(std::unique(last.begin(), last.end(),
                           [](const auto* a, const auto* b) { return a->cell == b->cell; }),
               last.end());
    return last;
}

} // namespace

NumberFile::NumberFile(std::shared_ptr<const StateDirectory> directory, Descriptor file)
    : directory_(std::move(directory)), file_(std::move(file)),
      path_(directory_->files().path_of("numbers")), codec_(std::make_unique<NumberCodec>()) {}

NumberFile::~NumberFile() = default;

NumberFile::Cell NumberFile::allocate() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) {
        return cells_++;
    }
    const Cell cell = free_.back();
    free_.pop_back();
    return cell;
}

Result<> NumberFile::reserve(std::size_t cells) {
    Cell last = 0;
    {
        const std::lock_guard lock(mutex_);
        last = cells_ + static_cast<Cell>(cells - std::min(cells, free_.size()));
    }
    const Cell groups = (last + NumberLayout::cells_per_group - 1) / NumberLayout::cells_per_group;
    int error = file_.reserve(NumberLayout::offset(groups * NumberLayout::cells_per_group, 0));
    error = error == 0 ? file_.sync() : error;
    if (error != 0) {
        return system_error(path_, "cannot be written", error);
    }
    placed_ = std::max(placed_, last);
    return {};
}

void NumberFile::release(Cell cell) {
    const std::lock_guard lock(mutex_);
    released_.push_back(cell);
}

std::vector<NumberFile::Cell> NumberFile::take_released() {
    const std::lock_guard lock(mutex_);
    return std::exchange(released_, {});
}

Result<> NumberFile::write(std::span<const Stored> records) {
    std::vector<Cell> released = take_released();
    std::sort(released.begin(), released.end());
    const auto last = last_of_each(records, released);
    if (last.empty() && released.empty()) {
        return {};
    }

    std::vector<Piece> pieces;
    for (const Cell cell : released) {
        pieces.push_back({NumberLayout::offset(cell, 0), cell, 0, nullptr});
        pieces.push_back({NumberLayout::offset(cell, 1), cell, 0, nullptr});
    }
    const Cell highest =
        std::max(last.empty() ? 0 : last.back()->cell, released.empty() ? 0 : released.back());
    on_disk_.resize(std::max<std::size_t>(on_disk_.size(), std::size_t{highest} + 1));
    for (const Stored* stored : last) {
        const OnDisk& now = on_disk_[stored->cell];
        pieces.push_back({NumberLayout::offset(stored->cell, 1 - now.which), stored->cell,
                          now.sequence + 1, &stored->record});
    }
    int error = write_pieces(file_, *codec_, pieces);
    if (error == 0) {
        error = file_.sync();
    }
    if (error != 0) {
        // Nothing is known of the copies just written, even if they are there: the next call
        // writes them again, for after a failed sync the next one may pass without them.
        const std::lock_guard lock(mutex_);
        released_.insert(released_.end(), released.begin(), released.end());
        return system_error(path_, "cannot be written", error);
    }

    pieces.clear();
    for (const Stored* stored : last) {
        OnDisk& now = on_disk_[stored->cell];
        pieces.push_back({NumberLayout::offset(stored->cell, now.which), stored->cell,
                          now.sequence + 1, &stored->record});
        now = {now.sequence + 1, 1 - now.which};
    }
    // The other copies, made alike. An error here loses no record, and the next write of these
    // cells goes to these same copies and will report it.
    if (write_pieces(file_, *codec_, pieces) == 0) {
        placed_ = std::max(placed_, highest + 1);
    }

    for (const Cell cell : released) {
        on_disk_[cell] = {};
    }
    const std::lock_guard lock(mutex_);
    free_.insert(free_.end(), released.begin(), released.end());
    return {};
}

WriteProgress NumberFile::write_some(std::span<Stored> records) {
    const auto beyond =
        std::partition(records.begin(), records.end(),
                       [this](const Stored& stored) { return stored.cell < placed_; });
    const auto placed = static_cast<std::size_t>(beyond - records.begin());
    if (auto written = write(records.first(placed)); !written) {
        return {0, std::move(written).error()};
    }
    if (auto written = write(records.subspan(placed)); !written) {
        return {placed, std::move(written).error()};
    }
    return {records.size(), std::nullopt};
}

} // namespace mt6d
