// SPDX-License-Identifier: BSD-3-Clause
// The options a stream may set for itself, and their inheritance: stream, `defaults`, built in.
#pragma once

#include "control/config/config.hpp"
#include "control/config/diagnostics.hpp"
#include "control/config/section.hpp"

#include <mt6d/result.hpp>

#include <optional>
#include <span>
#include <string_view>

namespace mt6d::config {

// Live routes of a stream (lifetime / rotation): each one costs table entries and memory.
inline constexpr std::uint32_t max_live_routes = 256;

// What one place says; what it leaves out is inherited.
struct StreamOptionsDraft {
    std::optional<Located<std::uint32_t>> rotation;
    std::optional<Located<std::uint32_t>> lifetime;
    std::optional<Hash> hash;
    std::optional<Located<Cipher>> cipher;
    std::optional<bool> flow_labels;
    std::optional<bool> accept_zero_checksum;
    std::optional<bool> lower_mss;
    std::optional<bool> copy_dscp;
    std::optional<std::uint16_t> base_port;
    std::optional<KeyMethod> rekey_method;
    std::optional<Located<std::uint32_t>> rekey_interval;
    std::optional<Located<std::uint32_t>> rekey_window;
};

std::span<const std::string_view> stream_option_names();
// Precondition: `name` is one of stream_option_names().
Result<> set_stream_option(StreamOptionsDraft& draft, std::string_view name, std::string_view text,
                           Position at);

// Reads every stream option that `section` has.
StreamOptionsDraft read_stream_options(Section& section);

// Reports a lifetime that does not fit the rotation time (docs/protocol.md, section 3), unless
// both are inherited: then `defaults` itself has been told.
StreamOptions resolve(const StreamOptionsDraft& draft, const StreamOptionsDraft& defaults,
                      Diagnostics& diagnostics);

} // namespace mt6d::config
