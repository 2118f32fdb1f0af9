// SPDX-License-Identifier: BSD-3-Clause
#include "control/eal_log.hpp"

#include "control/log.hpp"

#include <rte_log.h>

#include <algorithm>
#include <array>

namespace mt6d {

namespace {

// What drivers call an error and is none here: it would frighten, and says nothing to do.
constexpr std::array<std::string_view, 7> harmless{
    "hugepages reported on node", // none of one size, where another size has them
    "use random",                 // net_virtio_user has no MAC address from its peer
    // net_tap: for flow rules, which the gateway does not use, and secondary processes
    "qdisc", "Disabling rte flow support", "Failed to send start req to secondary",
    "Failed to send stop req to secondary",
    "mp action callback", // of net_memif, likewise
};

bool is_harmless(std::string_view line) {
    return std::any_of(harmless.begin(), harmless.end(), [line](std::string_view text) {
        return line.find(text) != std::string_view::npos;
    });
}

log::Level our_level(int level) {
    if (level <= static_cast<int>(RTE_LOG_ERR)) {
        return log::Level::error;
    }
    return level == static_cast<int>(RTE_LOG_WARNING) ? log::Level::warning : log::Level::info;
}

} // namespace

EalLog::EalLog() {
    cookie_io_functions_t functions{};
    functions.write = [](void* self, const char* text, std::size_t size) {
        static_cast<EalLog*>(self)->write(std::string_view(text, size));
        return static_cast<ssize_t>(size);
    };
    stream_ = fopencookie(this, "w", functions);
    if (stream_ != nullptr) {
        rte_openlog_stream(stream_);
    }
}

EalLog::~EalLog() {
    rte_openlog_stream(nullptr);
    if (stream_ != nullptr) {
        std::fclose(stream_);
    }
}

std::string EalLog::last_error() {
    const std::lock_guard lock(mutex_);
    return last_error_;
}

void EalLog::write(std::string_view text) {
    const int level = rte_log_cur_msg_loglevel();
    while (!text.empty()) {
        const auto end = text.find('\n');
        write_line(level, text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
}

void EalLog::write_line(int level, std::string_view line) {
    constexpr std::string_view prefix = "EAL: ";
    line.remove_prefix(line.starts_with(prefix) ? prefix.size() : 0);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
        return;
    }
    const log::Level ours = is_harmless(line) ? log::Level::debug : our_level(level);
    log::write(ours, "eal", line);
    if (ours == log::Level::error) {
        const std::lock_guard lock(mutex_);
        last_error_ = line;
    }
}

} // namespace mt6d
