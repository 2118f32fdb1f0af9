// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/resource.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

namespace mt6d::test {

// The disk is full for whatever lies beyond `size` bytes of a file, until the end.
class FileSizeLimit {
public:
    explicit FileSizeLimit(std::uint64_t size) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        rlimit limit = before_;
        limit.rlim_cur = size;
        if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) {
            throw std::system_error(errno, std::generic_category(), "setrlimit");
        }
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

private:
    rlimit before_{};
    void (*handler_)(int);
};

} // namespace mt6d::test
