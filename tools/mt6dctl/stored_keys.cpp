// SPDX-License-Identifier: BSD-3-Clause
#include "tools/mt6dctl/stored_keys.hpp"

#include "control/config/files.hpp"
#include "control/state/key_files.hpp"
#include "control/state/stream_identity.hpp"

#include <algorithm>
#include <filesystem>
#include <span>
#include <system_error>

namespace mt6d::ctl {

namespace {

// As much as there is room for.
Result<> read_into(KeyFileBytes& bytes, const std::string& path) {
    const auto input = config::system_files().open(path, config::Privacy::owner_only);
    if (!input) {
        return input.error();
    }
    auto* const room = reinterpret_cast<char*>(bytes.room().data());
    std::size_t size = 0;
    while (size < bytes.room().size()) {
        const auto count = (*input)->read({room + size, bytes.room().size() - size});
        if (!count) {
            return count.error();
        }
        if (*count == 0) {
            break;
        }
        size += *count;
    }
    bytes.set_size(size);
    return {};
}

std::vector<EpochKey> keys_of(const SavedKeys& saved) {
    std::vector<EpochKey> keys;
    if (saved.previous) {
        keys.push_back(*saved.previous);
    }
    keys.push_back(saved.current);
    if (saved.exchange) {
        keys.push_back(saved.exchange->next);
    }
    // Epoch 0's is the configured one, and empty here.
    std::erase_if(keys, [](const EpochKey& key) { return key.epoch == 0; });
    return keys;
}

} // namespace

Result<std::vector<EpochKey>> read_stored_keys(const std::string& state_dir,
                                               const config::Stream& stream) {
    const StreamIdentity identity = stream_identity(stream);
    const std::string path = state_dir + "/" + KeyFiles::directory_name + "/" + identity.hex();
    std::error_code error;
    if (!std::filesystem::exists(path, error) && !error) {
        return std::vector<EpochKey>{};
    }
    KeyFileBytes bytes;
    if (auto read = read_into(bytes, path); !read) {
        return std::move(read).error().in(path);
    }
    auto state = bytes.state(identity);
    if (!state) {
        return std::move(state).error().in(path);
    }
    auto saved = decode_saved_keys(*state);
    if (!saved) {
        return std::move(saved).error().in(path);
    }
    return keys_of(*saved);
}

} // namespace mt6d::ctl
