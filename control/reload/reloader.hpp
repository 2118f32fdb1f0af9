// SPDX-License-Identifier: BSD-3-Clause
// Brings the running gateway to what its configuration file says now, or to one stream more or
// less. Any service thread: all of it may block, none of it is control's work.
#pragma once

#include "control/config/config.hpp"
#include "control/config/difference.hpp"
#include "control/gateway.hpp"

#include <mt6d/result.hpp>

#include <nlohmann/json.hpp>

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::reload {

// What was done, or would be.
struct Report {
    nlohmann::ordered_json facts;
    std::string text; // the same for people
};

class Reloader {
public:
    // `overrides`: those of the start, which stay in force. The gateway outlives it.
    Reloader(Gateway& gateway, std::vector<std::string> overrides);

    // Reads the file again and applies what differs, as a whole. An error: nothing has changed;
    // the reasons are its lines.
    Result<Report> reload();
    // Only says what reload() would do.
    Result<Report> dry_run();

    // Until the next reload brings back what the file says. `line`: config::read_added_stream().
    // Returns the stream's name.
    Result<std::string> add_stream(std::string_view line);
    Result<> remove_stream(const std::string& name);

    // All but the streams: as it is in force.
    [[nodiscard]] config::Config settings() const;

private:
    struct Plan {
        config::Config next;
        std::vector<StreamEntry> entries; // of now
        std::vector<config::StreamPtr> streams;
        config::Difference difference;
        std::vector<std::string> warnings;
    };
    Result<Report> apply();
    [[nodiscard]] Result<Plan> plan() const;
    static StreamChange change_of(const Plan& plan);
    static Report report(const Plan& plan, bool applied);

    Gateway& gateway_;
    const std::vector<std::string> overrides_;
    std::mutex reloading_;              // one at a time
    mutable std::mutex settings_mutex_; // of the settings
    config::Config settings_;
};

} // namespace mt6d::reload
