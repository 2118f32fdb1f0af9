// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace mt6d {

namespace {

Descriptor open_directory(const std::string& path) {
    return Descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// A new directory's name is on the disk only once the directory that holds it is.
Result<> sync_parent(const std::filesystem::path& path) {
    const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : ".";
    const Descriptor descriptor = open_directory(parent);
    if (!descriptor || ::fsync(descriptor.get()) != 0) {
        return system_error(parent, "cannot be written to the disk", errno);
    }
    return {};
}

Result<> make_directories(const std::filesystem::path& path) {
    std::filesystem::path made;
    for (auto part = path.begin(); part != path.end(); ++part) {
        made /= *part;
        const bool is_last = std::next(part) == path.end();
        if (::mkdir(made.c_str(), is_last ? 0700 : 0755) == 0) {
            if (auto synced = sync_parent(made); !synced) {
                return synced;
            }
        } else if (errno != EEXIST) {
            return system_error(made, "cannot be made", errno);
        }
    }
    return {};
}

// Who can write here can make numbers repeat, and put keys of his own in place. Looks at what is
// open, whatever its path names by now: nothing lies between check and use.
Result<> check_owner(const Descriptor& descriptor, const std::string& path, mode_t type) {
    struct stat status {};
    if (::fstat(descriptor.get(), &status) != 0) {
        return system_error(path, "cannot be examined", errno);
    }
    if ((status.st_mode & S_IFMT) != type) {
        return Error{path + ": is not a regular file: move it away, and a new one is made"};
    }
    if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
        return Error{fmt::format("{}: belongs to user {}, who is neither this process's nor root: "
                                 "set state_dir to a directory of this user's, or run chown {} "
                                 "'{}'",
                                 path, status.st_uid, ::geteuid(), path)};
    }
    if ((status.st_mode & 022U) != 0) {
        return Error{fmt::format("{}: group or others may write to it (mode {:04o}): run "
                                 "chmod go-w '{}'",
                                 path, status.st_mode & 07777U, path)};
    }
    return {};
}

constexpr int open_flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

int copy(const Descriptor& from, const Descriptor& to) {
    std::vector<std::uint8_t> bytes(1U << 20U);
    std::size_t count = 0;
    for (std::uint64_t offset = 0;; offset += count) {
        if (const int error = from.read_at(offset, bytes, count); error != 0) {
            return error;
        }
        if (count == 0) {
            return to.sync();
        }
        if (const int error = to.write_at(offset, std::span(bytes).first(count)); error != 0) {
            return error;
        }
    }
}

} // namespace

Result<Directory> Directory::open(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) {
        path.pop_back();
    }
    Descriptor descriptor = open_directory(path);
    if (!descriptor && errno == ENOENT) {
        if (const auto made = make_directories(path); !made) {
            return made.error();
        }
        descriptor = open_directory(path);
    }
    if (!descriptor) {
        return system_error(path, "cannot be opened", errno);
    }
    if (const auto checked = check_owner(descriptor, path, S_IFDIR); !checked) {
        return checked.error();
    }
    return Directory(std::move(path), std::move(descriptor));
}

Result<Directory> Directory::subdirectory(const std::string& name) const {
    std::string path = path_of(name);
    if (::mkdirat(directory_.get(), name.c_str(), 0700) == 0) {
        if (const auto synced = sync(); !synced) {
            return synced.error();
        }
    } else if (errno != EEXIST) {
        return system_error(path, "cannot be made", errno);
    }
    Descriptor descriptor(
        ::openat(directory_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!descriptor) {
        return system_error(path, "cannot be opened", errno);
    }
    if (const auto checked = check_owner(descriptor, path, S_IFDIR); !checked) {
        return checked.error();
    }
    return Directory(std::move(path), std::move(descriptor));
}

Result<std::vector<std::string>> Directory::names() const {
    // On a descriptor of its own: reading moves its position.
    const int own = ::openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(own < 0 ? nullptr : ::fdopendir(own),
                                                      ::closedir);
    if (entries == nullptr) {
        return system_error(path_, "cannot be read", errno);
    }
    std::vector<std::string> found;
    errno = 0;
    while (const dirent* entry = ::readdir(entries.get())) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") {
            found.emplace_back(name);
        }
    }
    if (errno != 0) {
        return system_error(path_, "cannot be read", errno);
    }
    std::sort(found.begin(), found.end());
    return found;
}

Result<> Directory::sync() const {
    if (::fsync(directory_.get()) != 0) {
        return system_error(path_, "cannot be written to the disk", errno);
    }
    return {};
}

Result<Descriptor> Directory::open_file(const std::string& name) const {
    return open_file(name, O_RDWR);
}

Result<Descriptor> Directory::open_file(const std::string& name, int access) const {
    Descriptor file(::openat(directory_.get(), name.c_str(), access | open_flags, 0600));
    if (!file) {
        if (errno == ENOENT) {
            return Descriptor();
        }
        return system_error(path_of(name), "cannot be opened", errno);
    }
    if (const auto checked = check_owner(file, path_of(name), S_IFREG); !checked) {
        return checked.error();
    }
    return file;
}

bool Directory::can_be_opened(const std::string& name) const {
    return static_cast<bool>(
        Descriptor(::openat(directory_.get(), name.c_str(), O_RDONLY | open_flags)));
}

bool Directory::is_regular_file(const std::string& name) const {
    struct stat status {};
    return ::fstatat(directory_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0
           && S_ISREG(status.st_mode);
}

Result<Descriptor> Directory::put_file(const std::string& name,
                                       std::span<const std::uint8_t> content) const {
    const std::string draft = name + draft_suffix;
    ::unlinkat(directory_.get(), draft.c_str(), 0); // of a crash
    Descriptor file(
        ::openat(directory_.get(), draft.c_str(), O_RDWR | O_CREAT | O_EXCL | open_flags, 0600));
    if (!file) {
        return system_error(path_of(draft), "cannot be made", errno);
    }
    int error = file.write_at(0, content);
    if (error == 0) {
        error = file.sync();
    }
    if (error != 0) {
        ::unlinkat(directory_.get(), draft.c_str(), 0);
        return system_error(path_of(draft), "cannot be written", error);
    }
    if (::renameat(directory_.get(), draft.c_str(), directory_.get(), name.c_str()) != 0) {
        error = errno;
        ::unlinkat(directory_.get(), draft.c_str(), 0);
        return system_error(path_of(name), "cannot be made", error);
    }
    return file;
}

Result<Descriptor> Directory::create_file(const std::string& name,
                                          std::span<const std::uint8_t> content) const {
    auto file = put_file(name, content);
    if (file) {
        if (const auto synced = sync(); !synced) {
            return synced.error();
        }
    }
    return file;
}

Result<> Directory::remove_file(const std::string& name) const {
    if (::unlinkat(directory_.get(), name.c_str(), 0) != 0 && errno != ENOENT) {
        return system_error(path_of(name), "cannot be removed", errno);
    }
    return {};
}

// A name that is free.
std::string Directory::aside_name(const std::string& name, const std::string& why) const {
    const std::string first =
        fmt::format("{}.{}-{:%Y%m%dT%H%M%SZ}", name, why, fmt::gmtime(std::time(nullptr)));
    std::string free = first;
    for (unsigned number = 2;
         ::faccessat(directory_.get(), free.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0; ++number) {
        free = fmt::format("{}-{}", first, number);
    }
    return free;
}

Result<std::string> Directory::move_aside(const std::string& name, const std::string& why) const {
    const std::string aside = aside_name(name, why);
    if (::renameat(directory_.get(), name.c_str(), directory_.get(), aside.c_str()) != 0) {
        return system_error(path_of(name), "cannot be moved aside", errno);
    }
    if (const auto synced = sync(); !synced) {
        return synced.error();
    }
    return path_of(aside);
}

Result<> Directory::rename_private(const std::string& name, const std::string& aside) const {
    if (::fchmodat(directory_.get(), name.c_str(), 0600, 0) != 0
        || ::renameat(directory_.get(), name.c_str(), directory_.get(), aside.c_str()) != 0) {
        return system_error(path_of(name), "cannot be moved aside", errno);
    }
    return {};
}

Result<std::string> Directory::copy_aside(const Descriptor& file, const std::string& name,
                                          const std::string& why) const {
    const std::string aside = aside_name(name, why);
    const Descriptor target(
        ::openat(directory_.get(), aside.c_str(), O_RDWR | O_CREAT | O_EXCL | open_flags, 0600));
    if (!target) {
        return system_error(path_of(aside), "cannot be made", errno);
    }
    if (const int error = copy(file, target); error != 0) {
        ::unlinkat(directory_.get(), aside.c_str(), 0);
        return system_error(path_of(aside), "cannot be written", error);
    }
    if (const auto synced = sync(); !synced) {
        return synced.error();
    }
    return path_of(aside);
}

} // namespace mt6d
