// SPDX-License-Identifier: BSD-3-Clause
// Number files at start: what is found, and what becomes of it where it is not right.
#include "control/state/number_cell.hpp"
#include "control/state/number_file.hpp"
#include "control/state/number_merge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace mt6d {

namespace {

const std::string file_name = "numbers";

bool is_zero(NumberCodec::Bytes bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

// The file, if it is there and one of ours; else none, and it is moved aside.
Result<Descriptor> open_ours(const Directory& directory, const NumberCodec& codec,
                             std::vector<std::string>& warnings) {
    auto file = directory.open_file(file_name);
    if (!file || !*file) {
        return file;
    }
    NumberCodec::Block header{};
    std::size_t size = 0;
    if (const int error = file->read_at(0, header, size); error != 0) {
        return system_error(directory.path_of(file_name), "cannot be read", error);
    }
    const auto ours = codec.check_header(std::span<const std::uint8_t>(header).first(size));
    if (ours) {
        return file;
    }
    const auto moved = directory.move_aside(file_name, "foreign");
    if (!moved) {
        return moved.error();
    }
    warnings.push_back(fmt::format("{} {}: it was moved to {}, and a new one is made; what "
                                   "its streams have sent is known no more",
                                   directory.path_of(file_name), ours.error().message, *moved));
    return Descriptor();
}

// Keeps of each key one record, that of the lowest cell, with what all of them say. Returns those
// that changed, and the cells of the others.
std::pair<std::vector<NumberFile::Stored>, std::vector<NumberFile::Cell>>
merge_repeated(std::vector<NumberFile::Stored>& records) {
    std::vector<std::size_t> order(records.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&records](std::size_t a, std::size_t b) {
        return records[a].record.key < records[b].record.key;
    });
    std::vector<NumberFile::Stored> changed;
    std::vector<NumberFile::Cell> repeated;
    for (std::size_t first = 0, next = 0; first < order.size(); first = next) {
        NumberFile::Stored& kept = records[order[first]];
        for (next = first + 1; next < order.size(); ++next) {
            const NumberFile::Stored& other = records[order[next]];
            if (other.record.key != kept.record.key) {
                break;
            }
            kept.record = merge(kept.record, other.record);
            repeated.push_back(other.cell);
        }
        if (next > first + 1) {
            changed.push_back(kept);
        }
    }
    std::sort(repeated.begin(), repeated.end());
    std::erase_if(records, [&repeated](const NumberFile::Stored& stored) {
        return std::binary_search(repeated.begin(), repeated.end(), stored.cell);
    });
    return {std::move(changed), std::move(repeated)};
}

} // namespace

struct NumberFile::Loaded {
    std::vector<Stored> records;
    std::vector<Stored> half; // those with one good copy
    std::vector<Cell> free;
    std::vector<Cell> damaged;
    std::vector<OnDisk> on_disk;

    void add(Cell cell, NumberCodec::Bytes a, NumberCodec::Bytes b, const NumberCodec& codec);
};

void NumberFile::Loaded::add(Cell cell, NumberCodec::Bytes a, NumberCodec::Bytes b,
                             const NumberCodec& codec) {
    on_disk.emplace_back();
    if (is_zero(a) && is_zero(b)) {
        free.push_back(cell);
        return;
    }
    const auto first = codec.decode(cell, a);
    // They mostly are alike, and a checksum costs more than a comparison.
    const auto second = std::equal(a.begin(), a.end(), b.begin()) ? first : codec.decode(cell, b);
    if (!first && !second) {
        // Torn beside zeros is the first write of a cell, which was never reported, or its release.
        (is_zero(a) || is_zero(b) ? free : damaged).push_back(cell);
        return;
    }
    const bool first_is_newest = first && (!second || first->sequence >= second->sequence);
    const NumberCopy& newest = first_is_newest ? *first : *second;
    on_disk.back() = {newest.sequence, first_is_newest ? 0U : 1U};
    records.push_back({cell, newest.record});
    if (!first || !second || first->sequence != second->sequence) {
        half.push_back(records.back());
    }
}

Result<NumberFile::Loaded> NumberFile::load() {
    Loaded loaded;
    std::vector<std::uint8_t> groups(128 * NumberLayout::group);
    std::size_t size = 0;
    Cell cell = 0;
    for (std::uint64_t offset = NumberLayout::block;; offset += groups.size()) {
        if (const int error = file_.read_at(offset, groups, size); error != 0) {
            return system_error(path_, "cannot be read", error);
        }
        // The last group may have been cut off as the file grew.
        const std::size_t whole = (size + NumberLayout::group - 1) / NumberLayout::group;
        std::fill_n(groups.begin() + static_cast<std::ptrdiff_t>(size),
                    whole * NumberLayout::group - size, std::uint8_t{0});
        for (std::size_t group = 0; group < size; group += NumberLayout::group) {
            for (std::size_t at = 0; at < NumberLayout::block; at += NumberLayout::copy, ++cell) {
                const auto bytes = std::span<const std::uint8_t>(groups).subspan(group + at);
                loaded.add(cell, bytes.first<NumberLayout::copy>(),
                           bytes.subspan(NumberLayout::block).first<NumberLayout::copy>(), *codec_);
            }
        }
        if (size < groups.size()) {
            break;
        }
    }
    // What a killed process wrote last may have been read from memory alone.
    if (const int error = file_.sync(); error != 0) {
        return system_error(path_, "cannot be written", error);
    }
    return loaded;
}

// Puts right in the file what was not, so that it is told once.
Result<> NumberFile::mend(Loaded& loaded, std::vector<std::string>& warnings) {
    const auto [changed, repeated] = merge_repeated(loaded.records);
    // After the others, for they are newer; and before what they were merged from is forgotten.
    loaded.half.insert(loaded.half.end(), changed.begin(), changed.end());
    if (auto written = write(loaded.half); !written) {
        return written;
    }
    if (!repeated.empty()) {
        std::for_each(repeated.begin(), repeated.end(), [this](Cell cell) { release(cell); });
        warnings.push_back(fmt::format("{}: {} records are of keys that have another one: of both, "
                                       "the larger numbers count",
                                       path_, repeated.size()));
    }
    if (!loaded.damaged.empty()) {
        const auto copy = directory_->files().copy_aside(file_, file_name, "damaged");
        // What could not be copied stays where it is.
        if (copy) {
            std::for_each(loaded.damaged.begin(), loaded.damaged.end(),
                          [this](Cell cell) { release(cell); });
        }
        warnings.push_back(fmt::format(
            "{}: {} damaged records were left out: what their streams have sent is known no "
            "more; the file as it was {}",
            path_, loaded.damaged.size(),
            copy ? "is now " + *copy : "could not be copied: " + copy.error().message));
    }
    return write({});
}

Result<NumberFile::Opened> NumberFile::open(std::shared_ptr<const StateDirectory> directory) {
    Opened opened;
    const NumberCodec codec;
    auto file = open_ours(directory->files(), codec, opened.warnings);
    if (file && !*file) {
        opened.is_new = true;
        file = directory->files().create_file(file_name, codec.header());
    }
    if (!file) {
        return file.error();
    }
    // The constructor is private, so make_unique cannot.
    opened.file.reset(new NumberFile(std::move(directory), *std::move(file)));
    auto loaded = opened.file->load();
    if (!loaded) {
        return loaded.error();
    }
    opened.file->cells_ = static_cast<Cell>(loaded->on_disk.size());
    opened.file->placed_ = opened.file->cells_;
    opened.file->on_disk_ = std::move(loaded->on_disk);
    std::reverse(loaded->free.begin(), loaded->free.end()); // the first is allocated first
    opened.file->free_ = std::move(loaded->free);
    if (const auto mended = opened.file->mend(*loaded, opened.warnings); !mended) {
        return mended.error();
    }
    opened.records = std::move(loaded->records);
    opened.is_damaged = !loaded->damaged.empty();
    return opened;
}

} // namespace mt6d
