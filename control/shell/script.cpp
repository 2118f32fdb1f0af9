// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/script.hpp"

#include "control/shell/lines.hpp"
#include "control/state/descriptor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace mt6d::shell {
namespace {

Result<> run_lines(int file, const std::string& name, int stop, const RunLine& run) {
    Channel channel(file, -1, stop);
    Lines lines(channel, Lines::Rest::is_a_line);
    std::size_t number = 1;
    for (auto line = lines.next(); line; line = lines.next()) {
        line->erase(line->find_last_not_of('\r') + 1);
        const auto done = run(*line);
        if (!done) {
            return Error(done.error()).in(fmt::format("{}:{}", name, number));
        }
        if (*done == Script::is_over) {
            break;
        }
        ++number;
    }
    return {};
}

} // namespace

Result<> run_script(const std::string& path, int stop, const RunLine& run) {
    if (path == "-") {
        return run_lines(STDIN_FILENO, "standard input", stop, run);
    }
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat found {};
    if (!file || ::fstat(file.get(), &found) != 0) {
        return Error{
            fmt::format("{}: cannot be read: {}", path, std::generic_category().message(errno))};
    }
    if (S_ISDIR(found.st_mode)) {
        return Error{fmt::format("{}: is a directory: name a file of commands", path)};
    }
    return run_lines(file.get(), path, stop, run);
}

} // namespace mt6d::shell
