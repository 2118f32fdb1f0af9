// SPDX-License-Identifier: BSD-3-Clause
#include "control/events/event_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace mt6d::events {
namespace {

constexpr mode_t file_mode = 0640;

std::string_view how_to_mend(int error) {
    switch (error) {
    case ENOENT:
        return "make its directory, or name another file as `events`";
    case ENOSPC:
    case EDQUOT:
        return "free space on its file system";
    case ELOOP:
        return "name the file itself instead of a symbolic link";
    default:
        return "let this process's user write to it, or name another file as `events`";
    }
}

Error failure(const std::string& path, std::string_view what, int error) {
    return Error{fmt::format("events: {}: {}: {}: {}", path, what,
                             std::generic_category().message(error), how_to_mend(error))};
}

} // namespace

Result<EventFile> EventFile::open(const std::string& path) {
    constexpr int append = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    Descriptor file(::open(path.c_str(), append | O_CREAT | O_EXCL, file_mode));
    if (file) {
        if (::fchmod(file.get(), file_mode) != 0) {
            return failure(path, "its mode cannot be set", errno);
        }
    } else if (errno == EEXIST) {
        file = Descriptor(::open(path.c_str(), append));
    }
    struct stat found {};
    if (!file || ::fstat(file.get(), &found) != 0) {
        return failure(path, "cannot be opened", errno);
    }
    if (!S_ISREG(found.st_mode)) {
        return Error{fmt::format("events: {} is no regular file: name another one", path)};
    }
    return EventFile(path, std::move(file));
}

Result<> EventFile::write(std::string_view lines) {
    struct stat before {};
    ::fstat(file_.get(), &before);
    while (!lines.empty()) {
        const ssize_t written = ::write(file_.get(), lines.data(), lines.size());
        if (written >= 0) {
            lines.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            const int error = errno;
            // Half a line would spoil the next one, too. Cutting needs no room on the disk.
            if (::ftruncate(file_.get(), before.st_size) != 0) {
                return failure(path_, "cannot be cut to whole lines", errno);
            }
            return failure(path_, "cannot be written to", error);
        }
    }
    return {};
}

} // namespace mt6d::events
