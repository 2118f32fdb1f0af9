// SPDX-License-Identifier: BSD-3-Clause
// rte_hash with lock-free readers, for one writer (the control lcore). A removed key keeps its
// place until the writer has seen a grace period pass: rte_hash's own reclaim loses entries in
// this release, so the writer does it in two steps.
#pragma once

#include <rte_hash.h>

#include <cstdint>
#include <memory>
#include <span>

namespace mt6d::dataplane {

struct HashDeleter {
    void operator()(rte_hash* hash) const { rte_hash_free(hash); }
};

class Table {
public:
    static constexpr std::uint32_t max_bulk = RTE_HASH_LOOKUP_BULK_MAX;

    // Null on failure (rte_errno says why). `name` is unique in the process. `key_size`: a multiple
    // of 8.
    static std::unique_ptr<Table> create(const char* name, std::uint32_t key_size,
                                         std::uint32_t entries, int socket);

    // --- the writer ---------------------------------------------------------------------------
    // False when the table is full. Precondition: the key is not in it.
    bool add(const void* key, void* value);
    // Another value for a key that is in it: readers find the one or the other.
    void replace(const void* key, void* value);
    // The key's position, to be given to free_position() after a grace period; negative if the
    // key was not there.
    std::int32_t remove(const void* key);
    void free_position(std::int32_t position);
    // Any thread; null if absent.
    [[nodiscard]] void* find(const void* key) const;
    [[nodiscard]] std::int32_t count() const;
    [[nodiscard]] std::uint32_t capacity() const { return capacity_; }

    // --- the readers --------------------------------------------------------------------------
    // `values[i]` is set where the bit i of the result is. At most max_bulk keys.
    std::uint64_t find_bulk(const void** keys, std::uint32_t count, void** values) const {
        std::uint64_t hits = 0;
        rte_hash_lookup_bulk_data(hash_.get(), keys, count, &hits, values);
        return hits;
    }

private:
    Table(rte_hash* hash, std::uint32_t capacity) : hash_(hash), capacity_(capacity) {}
    std::unique_ptr<rte_hash, HashDeleter> hash_;
    std::uint32_t capacity_; // keys
};

} // namespace mt6d::dataplane
