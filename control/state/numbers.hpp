// SPDX-License-Identifier: BSD-3-Clause
// Which numbers a key may be used with next, by what is recorded of it (docs/protocol.md, section
// 6). Numbers are taken out of a record in steps: a kill loses what is left of one.
#pragma once

#include "control/config/config.hpp"
#include "control/state/number_file.hpp"

#include <mt6d/salt.hpp>

#include <cstdint>
#include <optional>

namespace mt6d {

// The record's name for a stream under its configured key. With aes-256-cbc also its rotation time:
// salts of different ones are not comparable.
NumberKey number_key(const config::Stream& stream, std::uint32_t epoch);

// aes-256-gcm: 64 million numbers. Numbers grow with time at that rate a second.
inline constexpr std::uint64_t gcm_step = 1ULL << 26U;
// aes-256-cbc: a 64th of what a salt has.
inline constexpr std::uint64_t cbc_step = 1ULL << 18U;

// The first N to seal with from here on.
std::uint64_t first_gcm_number(const NumberRecord& record, std::int64_t unix_ns);

// aes-256-cbc: counting for one salt.
struct CbcNumbers {
    std::uint64_t first = 0; // number that counting begins with: random
    std::uint64_t used = 0;  // how many of them may have been used
};

// Makes the salt the newest one if it is. Nothing where the salt is so old, the clock having been
// set back, that it is not known any more which of its numbers were used.
std::optional<CbcNumbers> open_cbc_salt(NumberRecord& record, Salt salt);
// What the record says of a salt; nothing likewise.
std::optional<CbcNumbers> cbc_numbers(const NumberRecord& record, Salt salt);
// Takes another step. False: there is none left. Precondition: the record knows the salt.
bool take_cbc_step(NumberRecord& record, Salt salt);

} // namespace mt6d
