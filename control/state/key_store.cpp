// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/key_store.hpp"

#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace mt6d {

bool KeyStore::exists(const std::string& path) {
    return ::access((path + "/" + KeyFiles::directory_name).c_str(), F_OK) == 0;
}

Result<KeyStore::Opened> KeyStore::open(std::shared_ptr<const StateDirectory> directory) {
    auto found = KeyFiles::open(std::move(directory));
    if (!found) {
        return std::move(found).error();
    }
    Opened opened;
    // The constructor is private, so make_unique cannot.
    opened.store.reset(new KeyStore(std::move(found->files)));
    opened.states = std::move(found->states);
    opened.lost = std::move(found->lost);
    opened.all_read = found->all_read;
    opened.warnings = std::move(found->warnings);
    return opened;
}

void KeyStore::submit(const StreamIdentity& identity, std::uint64_t generation,
                      SecretBuffer state) {
    if (state.empty() || state.size() > max_state_size) {
        throw std::length_error("a stream's saved keys are too long, or none");
    }
    write(identity, generation, std::move(state));
}

void KeyStore::forget(const StreamIdentity& identity, std::uint64_t generation) {
    write(identity, generation, SecretBuffer());
}

void KeyStore::write(const StreamIdentity& identity, std::uint64_t generation, SecretBuffer state) {
    const auto next = static_cast<std::uint32_t>(cells_.size());
    const std::uint32_t cell = cells_.try_emplace(identity, next).first->second;
    writer_.submit({cell, identity, generation, std::move(state)});
}

void KeyStore::take_written(std::vector<Written>& written) {
    written.clear();
    writer_.take_written(news_);
    for (const KeyFiles::Written& news : news_) {
        written.push_back({news.identity, news.generation});
    }
}

} // namespace mt6d
