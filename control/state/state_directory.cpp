// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/state_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace mt6d {

namespace {

// On a file of its own, which is never renamed: a lock on a file that is moved aside would keep
// nobody from the one that takes its place.
Result<Descriptor> take_lock(const Directory& files) {
    const std::string name = "lock";
    auto lock = files.open_file(name, O_RDWR | O_CREAT);
    if (!lock || ::flock(lock->get(), LOCK_EX | LOCK_NB) == 0) {
        return lock;
    }
    if (errno != EWOULDBLOCK) {
        return system_error(files.path_of(name), "cannot be locked", errno);
    }
    return Error{files.path()
                 + ": another process uses this state directory (is a gateway of this name running "
                   "already?): give each gateway a name or a state_dir of its own"};
}

} // namespace

Result<std::shared_ptr<const StateDirectory>> StateDirectory::open(std::string path) {
    auto files = Directory::open(std::move(path));
    if (!files) {
        return std::move(files).error();
    }
    auto lock = take_lock(*files);
    if (!lock) {
        return std::move(lock).error();
    }
    // The constructor is private, so make_shared cannot.
    return std::shared_ptr<const StateDirectory>(
        new StateDirectory(*std::move(files), *std::move(lock)));
}

} // namespace mt6d
