// SPDX-License-Identifier: BSD-3-Clause
#include "control/inspect/capture_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace mt6d {
namespace {

constexpr mode_t owner_alone = 0600; // packets are nobody else's business

// Whoever may start captures may not do away with a file of another kind.
bool holds_capture(const Descriptor& file) {
    std::uint32_t first = 0;
    return ::pread(file.get(), &first, sizeof(first), 0) == ssize_t{sizeof(first)}
           && first == pcapng::section_block;
}

} // namespace

Result<CaptureFile> CaptureFile::open(const std::string& path, bool overwrite) {
    if (path.empty() || path.front() != '/') {
        return Error{"capture: " + path
                     + ": name the file by its whole path, from / on: the gateway writes it, where "
                       "it runs"};
    }
    // A pipe must not make this wait.
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    Descriptor file(::open(path.c_str(), flags | (overwrite ? 0 : O_EXCL), owner_alone));
    if (!file && errno == EEXIST) {
        return Error{"capture: " + path
                     + " exists: name another file, or write `overwrite` behind its name"};
    }
    if (!file) {
        return system_error(path, "the capture cannot be opened", errno);
    }
    struct stat found {};
    if (::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode)) {
        return Error{"capture: " + path + " is no regular file: name another one"};
    }
    if (found.st_size > 0 && !holds_capture(file)) {
        return Error{"capture: " + path + " is no capture, and stays as it is: name another file"};
    }
    if (::ftruncate(file.get(), 0) != 0) {
        return system_error(path, "the capture cannot be made anew", errno);
    }
    if (::fchmod(file.get(), owner_alone) != 0) {
        return system_error(path, "the capture's mode cannot be set", errno);
    }
    return CaptureFile(path, std::move(file));
}

Result<> CaptureFile::flush() {
    const auto& bytes = blocks_.bytes();
    const int failure = file_.write_at(size_, bytes);
    if (failure != 0) {
        if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) {
            return system_error(path_, "the capture ends within a block", failure);
        }
        return system_error(path_, "the capture cannot be written", failure);
    }
    size_ += bytes.size();
    blocks_.clear();
    return {};
}

} // namespace mt6d
