// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table.hpp"

#include <rte_hash_crc.h>

#include <new>

namespace mt6d::dataplane {

std::unique_ptr<Table> Table::create(const char* name, std::uint32_t key_size,
                                     std::uint32_t entries, int socket) {
    rte_hash_parameters parameters{};
    parameters.name = name;
    parameters.entries = entries;
    parameters.key_len = key_size;
    parameters.hash_func = rte_hash_crc;
    parameters.socket_id = socket;
    parameters.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF;
    rte_hash* hash = rte_hash_create(&parameters);
    return std::unique_ptr<Table>(hash == nullptr ? nullptr : new (std::nothrow) Table(hash));
}

bool Table::add(const void* key, void* value) {
    return rte_hash_add_key_data(hash_.get(), key, value) == 0;
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
