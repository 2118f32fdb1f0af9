// SPDX-License-Identifier: BSD-3-Clause
// mt6dctl keygen: a new session key in a file of its own.
#include "control/config/session_key.hpp"
#include "tools/mt6dctl/commands.hpp"
#include "tools/mt6dctl/private_file.hpp"

#include <memory>
#include <string>

namespace mt6d::ctl {

namespace {

int keygen(const std::string& path) {
    const auto key = config::SessionKey::generate();
    if (!key) {
        return fail(key.error().message);
    }
    if (const auto written = write_private_file(path, key->hex() + "\n", Existing::refuse);
        !written) {
        return fail(written.error().message);
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
