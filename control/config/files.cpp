// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

namespace mt6d::config {

namespace {

std::string reason(int error) {
    return std::generic_category().message(error);
}

// Who runs the service (conf/systemd/mt6d.sysusers).
bool is_service_user(uid_t user) {
    const passwd* const found = ::getpwuid(user);
    return found != nullptr && std::string_view(found->pw_name) == "mt6d";
}

// Whose keys this process takes. Root checks the service's too, which are that user's.
bool is_trusted(uid_t user) {
    const uid_t own = ::geteuid();
    return user == 0 || user == own || (own == 0 && is_service_user(user));
}

class FileInput final : public Input {
public:
    explicit FileInput(int descriptor) : descriptor_(descriptor) {}
    FileInput(const FileInput&) = delete;
    FileInput& operator=(const FileInput&) = delete;
    ~FileInput() override { ::close(descriptor_); }

    Result<std::size_t> read(std::span<char> buffer) override {
        ssize_t size = -1;
        do {
            size = ::read(descriptor_, buffer.data(), buffer.size());
        } while (size < 0 && errno == EINTR);
        if (size < 0) {
            return Error{"cannot be read: " + reason(errno)};
        }
        return static_cast<std::size_t>(size);
    }

    // What the open file is, whatever its path names by now: nothing lies between check and use.
    [[nodiscard]] Result<> check_private(const std::string& path) const {
        struct stat status {};
        if (::fstat(descriptor_, &status) != 0) {
            return Error{"cannot be examined: " + reason(errno)};
        }
        if (!S_ISREG(status.st_mode)) {
            return Error{"is not a regular file: keys are read from regular files only"};
        }
        // Its owner may change its mode, and what is in it.
        if (!is_trusted(status.st_uid)) {
            return Error{fmt::format(
                "belongs to user {}, who is neither this process's nor root: run chown {} '{}', "
                "and make new keys if that user should not know them",
                status.st_uid, ::geteuid(), path)};
        }
        const unsigned mode = status.st_mode & 07777U;
        if ((mode & 077U) != 0) {
            return Error{fmt::format(
                "is open to group or others (mode {:04o}): run chmod 600 '{}', and make new keys "
                "if somebody may have read it",
                mode, path)};
        }
        return {};
    }

private:
    int descriptor_;
};

class SystemFiles final : public FileReader {
public:
    Result<std::unique_ptr<Input>> open(const std::string& path, Privacy privacy) override {
        // A path may name a pipe: opening one for keys must not wait for its writer.
        const int wait = privacy == Privacy::owner_only ? O_NONBLOCK : 0;
        const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | wait);
        if (descriptor < 0) {
            return Error{"cannot be opened: " + reason(errno)};
        }
        auto input = std::make_unique<FileInput>(descriptor);
        if (privacy == Privacy::owner_only) {
            if (const auto checked = input->check_private(path); !checked) {
                return checked.error();
            }
        }
        return std::unique_ptr<Input>(std::move(input));
    }
};

} // namespace

FileReader& system_files() {
    static SystemFiles files;
    return files;
}

} // namespace mt6d::config
