// SPDX-License-Identifier: BSD-3-Clause
#include "tools/mt6dctl/private_file.hpp"

#include "control/state/descriptor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <span>
#include <system_error>

namespace mt6d::ctl {

namespace {

std::string reason(int error) {
    return std::generic_category().message(error);
}

// Returns errno or 0.
int write_all(const Descriptor& file, std::string_view content, mode_t mode) {
    // fchmod: a narrow umask must not leave a key that its owner cannot read.
    if (::fchmod(file.get(), mode) != 0) {
        return errno;
    }
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(content.data());
    const int error = file.write_at(0, std::span(bytes, content.size()));
    return error != 0 ? error : file.sync();
}

} // namespace

Result<> write_private_file(const std::string& path, std::string_view content, Existing existing) {
    constexpr mode_t mode = S_IRUSR | S_IWUSR;
    const std::string made = existing == Existing::replace ? path + ".new" : path;
    if (existing == Existing::replace) {
        ::unlink(made.c_str()); // of a crash
    }
    const Descriptor file(::open(made.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!file && errno == EEXIST) {
        return Error{path
                     + " exists and is left as it is: name a new file, or remove it first if "
                       "nothing needs it any more"};
    }
    if (!file) {
        return Error{fmt::format("{} cannot be made: {}", made, reason(errno))};
    }
    int error = write_all(file, content, mode);
    if (error == 0 && existing == Existing::replace && ::rename(made.c_str(), path.c_str()) != 0) {
        error = errno;
    }
    if (error != 0) {
        ::unlink(made.c_str());
        return Error{fmt::format("{} cannot be written: {}", path, reason(error))};
    }
    return {};
}

} // namespace mt6d::ctl
