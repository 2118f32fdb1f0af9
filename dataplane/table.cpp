// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table.hpp"

#include <rte_hash_crc.h>

#include <cstring>
#include <new>

namespace mt6d::dataplane {
namespace {

// As rte_hash_crc(), which reads words where the key lies: addresses in a packet are not aligned
// for that. Precondition: `length` is a multiple of 8.
std::uint32_t crc_of_key(const void* key, std::uint32_t length, std::uint32_t seed) {
    const auto* const bytes = static_cast<const std::uint8_t*>(key);
    for (std::uint32_t at = 0; at < length; at += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes + at, sizeof(word));
        seed = rte_hash_crc_8byte(word, seed);
    }
    return seed;
}

} // namespace

std::unique_ptr<Table> Table::create(const char* name, std::uint32_t key_size,
                                     std::uint32_t entries, int socket) {
    rte_hash_parameters parameters{};
    parameters.name = name;
    parameters.entries = entries;
    parameters.key_len = key_size;
    parameters.hash_func = crc_of_key;
    parameters.socket_id = socket;
    parameters.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF;
    rte_hash* hash = rte_hash_create(&parameters);
    return std::unique_ptr<Table>(hash == nullptr ? nullptr
                                                  : new (std::nothrow) Table(hash, entries));
}

bool Table::add(const void* key, void* value) {
    return rte_hash_add_key_data(hash_.get(), key, value) == 0;
}

void Table::replace(const void* key, void* value) {
    rte_hash_add_key_data(hash_.get(), key, value); // a key that is there needs no room
}

std::int32_t Table::remove(const void* key) {
    return rte_hash_del_key(hash_.get(), key);
}

void Table::free_position(std::int32_t position) {
    rte_hash_free_key_with_position(hash_.get(), position);
}

void* Table::find(const void* key) const {
    void* value = nullptr;
    return rte_hash_lookup_data(hash_.get(), key, &value) < 0 ? nullptr : value;
}

std::int32_t Table::count() const {
    return rte_hash_count(hash_.get());
}

} // namespace mt6d::dataplane
