// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/descriptor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace mt6d {

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
}

Descriptor::~Descriptor() {
    if (number_ >= 0) {
        ::close(number_);
    }
}

int Descriptor::read_at(std::uint64_t offset, std::span<std::uint8_t> bytes,
                        std::size_t& count) const {
    count = 0;
    while (count < bytes.size()) {
        const ssize_t size = ::pread(number_, bytes.data() + count, bytes.size() - count,
                                     static_cast<off_t>(offset + count));
        if (size == 0) {
            break; // the file ends here
        }
        if (size > 0) {
            count += static_cast<std::size_t>(size);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

int Descriptor::write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) const {
    while (!bytes.empty()) {
        const ssize_t size =
            ::pwrite(number_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (size > 0) {
            offset += static_cast<std::uint64_t>(size);
            bytes = bytes.subspan(static_cast<std::size_t>(size));
        } else if (size == 0) {
            return EIO; // no progress and no reason: not to be tried for ever
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

int Descriptor::reserve(std::uint64_t size) const {
    int error = EINTR;
    while (error == EINTR) {
        error = ::posix_fallocate(number_, 0, static_cast<off_t>(size));
    }
    return error;
}

int Descriptor::sync() const {
    return ::fdatasync(number_) == 0 ? 0 : errno;
}

namespace {

std::string_view how_to_mend(int error) {
    switch (error) {
    case ENOSPC:
        return "free space on its file system";
    case EDQUOT:
    case EFBIG:
        return "raise this user's quota or limit of file size";
    case EACCES:
    case EPERM:
        return "run as the user who owns it, or set state_dir to a directory of this user's";
    case EROFS:
        return "set state_dir to a directory on a file system that can be written to";
    case ELOOP:
        return "put the file itself there instead of a symbolic link";
    case EISDIR:
    case ENOTDIR:
        return "move away what is there, or set state_dir to another directory";
    case EMFILE:
    case ENFILE:
        return "raise the limit of open files";
    case EIO:
        return "its disk fails: look into the kernel's log";
    default:
        return "set state_dir to another directory if this one cannot be mended";
    }
}

} // namespace

Error system_error(const std::string& path, std::string_view what, int error) {
    return Error{fmt::format("{}: {}: {}: {}", path, what, std::generic_category().message(error),
                             how_to_mend(error))};
}

} // namespace mt6d
