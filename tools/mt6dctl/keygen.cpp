// SPDX-License-Identifier: BSD-3-Clause
// mt6dctl keygen: a new session key in a file of its own.
#include "control/config/session_key.hpp"
#include "tools/mt6dctl/commands.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>

namespace mt6d::ctl {

namespace {

std::string reason() {
    return std::generic_category().message(errno);
}

bool write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(descriptor, text.data(), text.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

int keygen(const std::string& path) {
    const auto key = config::SessionKey::generate();
    if (!key) {
        return fail(key.error().message);
    }
    constexpr mode_t mode = S_IRUSR | S_IWUSR;
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor < 0 && errno == EEXIST) {
        return fail(fmt::format("{} exists and is left as it is: name a new file, or remove it "
                                "first if no gateway needs its key any more",
                                path));
    }
    if (descriptor < 0) {
        return fail(fmt::format("{} cannot be made: {}", path, reason()));
    }
    std::string text = key->hex() + "\n";
    // fchmod: a narrow umask must not leave a key that its owner cannot read.
    const bool written =
        ::fchmod(descriptor, mode) == 0 && write_all(descriptor, text) && ::fsync(descriptor) == 0;
    const std::string why = written ? "" : reason();
    OPENSSL_cleanse(text.data(), text.size());
    ::close(descriptor);
    if (!written) {
        ::unlink(path.c_str());
        return fail(fmt::format("{} cannot be written: {}", path, why));
    }
    return success;
}

} // namespace

void add_keygen(CLI::App& app, int& status) {
    auto* const command = app.add_subcommand(
        "keygen", "Writes a new session key, 64 random bytes in hexadecimal, to FILE (mode 0600). "
                  "Never overwrites.");
    const auto path = std::make_shared<std::string>();
    command->add_option("FILE", *path, "The file to make; both gateways need a copy")
        ->required()
        ->type_name("");
    command->callback([path, &status] { status = keygen(*path); });
}

} // namespace mt6d::ctl
