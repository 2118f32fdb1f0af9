// SPDX-License-Identifier: BSD-3-Clause
// Key files at start: what is found, and what becomes of it where it is not right.
#include "control/state/key_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace mt6d {

namespace {

constexpr std::size_t most_warnings = 20;
constexpr const char* foreign = "foreign";
constexpr std::string_view consequence =
    "its stream goes on without the keys it had agreed on, until key exchange has new ones";

// "HEX.damaged" for the suffix ".damaged": whose it is.
std::optional<StreamIdentity> identity_of(std::string_view name, std::string_view suffix) {
    return name.ends_with(suffix)
               ? StreamIdentity::from_hex(name.substr(0, name.size() - suffix.size()))
               : std::nullopt;
}

bool is_foreign_aside(std::string_view name) {
    const std::size_t dot = std::min(name.find('.'), name.size());
    return StreamIdentity::from_hex(name.substr(0, dot))
           && name.substr(dot).starts_with(std::string(".") + foreign + "-");
}

// The state in a file of this name; the error names the file. `is_told`: false where the system
// does not say what is in it.
Result<SecretBuffer> read_state(const Directory& files, const StreamIdentity& identity,
                                const std::string& name, bool& is_told) {
    const auto file = files.open_file(name, O_RDONLY);
    if (!file || !*file) {
        is_told = !files.is_regular_file(name) || files.can_be_opened(name);
        return file ? Error{files.path_of(name) + ": is there no more"} : file.error();
    }
    KeyFileBytes bytes;
    std::size_t size = 0;
    if (const int error = file->read_at(0, bytes.room(), size); error != 0) {
        is_told = false;
        return system_error(files.path_of(name), "cannot be read", error);
    }
    bytes.set_size(size);
    const auto state = bytes.state(identity);
    if (!state) {
        return Error{files.path_of(name) + ": " + state.error().message};
    }
    return SecretBuffer(*state);
}

} // namespace

// What is being found in the directory.
struct KeyFiles::Loading {
    const Directory& files;
    Opened& opened;
    std::vector<StreamIdentity> damaged; // with a file put aside

    void look_at(const std::string& name);
    void put_aside(const StreamIdentity& identity, const std::string& name, const Error& why);
    void remove_draft(const std::string& name);
    void settle_damaged();
    void warn(std::string warning);
};

// By name: first a stream's own file, then its others.
void KeyFiles::Loading::look_at(const std::string& name) {
    if (const auto identity = StreamIdentity::from_hex(name)) {
        bool is_told = true;
        auto state = read_state(files, *identity, name, is_told);
        if (state) {
            opened.states.emplace(*identity, *std::move(state));
        } else if (is_told) {
            put_aside(*identity, name, state.error());
        } else {
            opened.all_read = false;
            warn(fmt::format("{}: it stays where it is; {}", state.error().message, consequence));
        }
    } else if (const auto known = identity_of(name, damaged_suffix)) {
        damaged.push_back(*known);
    } else if (identity_of(name, Directory::draft_suffix)) {
        remove_draft(name);
    } else if (!is_foreign_aside(name)) {
        warn(files.path_of(name) + ": is none of this gateway's files; it stays where it is");
    }
}

void KeyFiles::Loading::put_aside(const StreamIdentity& identity, const std::string& name,
                                  const Error& why) {
    if (!files.is_regular_file(name)) {
        const auto moved = files.move_aside(name, foreign);
        warn(moved ? fmt::format("{}: it was moved to {}; {}", why.message, *moved, consequence)
                   : fmt::format("{}: {}; {}", why.message, moved.error().message, consequence));
        return;
    }
    const std::string aside = name + damaged_suffix;
    if (const auto moved = files.rename_private(name, aside); !moved) {
        warn(fmt::format("{}: {}; {}", why.message, moved.error().message, consequence));
        return;
    }
    damaged.push_back(identity);
    warn(fmt::format("{}: it was moved to {}; {}; then that file, which may hold keys, is removed",
                     why.message, files.path_of(aside), consequence));
}

void KeyFiles::Loading::remove_draft(const std::string& name) {
    const auto removed = files.remove_file(name);
    warn(removed ? files.path_of(name)
                       + ": was removed: a write that was cut off by a kill, of no consequence"
                 : removed.error().message);
}

// A crash may have come between new state and the removal of what it took the place of.
void KeyFiles::Loading::settle_damaged() {
    std::sort(damaged.begin(), damaged.end());
    damaged.erase(std::unique(damaged.begin(), damaged.end()), damaged.end());
    for (const StreamIdentity& identity : damaged) {
        if (!opened.states.contains(identity)) {
            opened.lost.push_back(identity);
        } else if (const auto gone = files.remove_file(identity.hex() + damaged_suffix); !gone) {
            warn(gone.error().message);
        }
    }
}

void KeyFiles::Loading::warn(std::string warning) {
    opened.warnings.push_back(std::move(warning));
}

Result<std::string> KeyFiles::put_aside(const StreamIdentity& identity) {
    const std::string aside = identity.hex() + damaged_suffix;
    auto moved = files_.rename_private(identity.hex(), aside);
    if (moved) {
        moved = files_.sync();
    }
    return moved ? Result<std::string>(files_.path_of(aside)) : std::move(moved).error();
}

Result<KeyFiles::Opened> KeyFiles::open(std::shared_ptr<const StateDirectory> directory) {
    Opened opened;
    const std::string name_of_all = directory_name;
    if (directory->files().is_regular_file(name_of_all)) {
        const auto moved = directory->files().move_aside(name_of_all, foreign);
        if (!moved) {
            return moved.error();
        }
        opened.warnings.push_back(directory->files().path_of(name_of_all)
                                  + ": is a file, not a directory: it was moved to " + *moved);
    }
    auto files = directory->files().subdirectory(name_of_all);
    if (!files) {
        return std::move(files).error();
    }
    const auto names = files->names();
    if (!names) {
        return names.error();
    }
    opened.states.reserve(names->size());
    Loading loading{*files, opened, {}};
    for (const std::string& name : *names) {
        loading.look_at(name);
    }
    loading.settle_damaged();
    // Also what a killed process renamed last, which may have been read from memory alone.
    if (const auto synced = files->sync(); !synced) {
        return synced.error();
    }
    if (const std::size_t count = opened.warnings.size(); count > most_warnings) {
        opened.warnings.resize(most_warnings);
        opened.warnings.push_back(
            fmt::format("{}: so it is with {} more files", files->path(), count - most_warnings));
    }
    // The constructor is private, so make_unique cannot.
    opened.files.reset(new KeyFiles(std::move(directory), *std::move(files)));
    return opened;
}

} // namespace mt6d
