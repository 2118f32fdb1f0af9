// SPDX-License-Identifier: BSD-3-Clause
#include "control/reload/reloader.hpp"

#include "control/config/loader.hpp"
#include "control/config/stream_line.hpp"
#include "control/log.hpp"
#include "control/reload/difference_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace mt6d::reload {
namespace {

void log_lines(log::Level level, std::string_view text) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        log::say(level, "reload", "{}", line);
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
}

} // namespace

Reloader::Reloader(Gateway& gateway, std::vector<std::string> overrides)
    : gateway_(gateway), overrides_(std::move(overrides)), settings_(gateway.config()) {}

config::Config Reloader::settings() const {
    const std::lock_guard lock(settings_mutex_);
    return settings_;
}

Result<Reloader::Plan> Reloader::plan() const {
    const config::Config now = settings();
    config::Loaded loaded = config::load(now.file, overrides_);
    if (!loaded.config) {
        std::string text = "nothing has changed, since the configuration is not valid:";
        for (const config::Diagnostic& error : loaded.errors) {
            text += "\n  " + error.text();
        }
        return Error{std::move(text)};
    }
    Plan plan;
    plan.next = *std::move(loaded.config);
    for (const config::Diagnostic& warning : loaded.warnings) {
        plan.warnings.push_back(warning.text());
    }
    plan.entries = gateway_.directory()->entries;
    for (const StreamEntry& entry : plan.entries) {
        plan.streams.push_back(entry.stream);
    }
    plan.difference = config::difference(now, plan.streams, plan.next);
    return plan;
}

StreamChange Reloader::change_of(const Plan& plan) {
    const auto next = [&](std::size_t i) {
        return std::make_shared<const config::Stream>(plan.next.streams[i]);
    };
    StreamChange change;
    for (const std::size_t i : plan.difference.added) {
        change.added.push_back(next(i));
    }
    for (const config::Difference::Changed& changed : plan.difference.anew) {
        change.replaced.push_back({plan.entries[changed.before].id, next(changed.after)});
    }
    for (const config::Difference::Changed& changed : plan.difference.altered) {
        change.altered.push_back({plan.entries[changed.before].id, next(changed.after)});
    }
    for (const std::size_t i : plan.difference.removed) {
        change.removed.push_back(plan.entries[i].id);
    }
    return change;
}

Report Reloader::report(const Plan& plan, bool applied) {
    Report report;
    report.facts["applied"] = applied;
    report.facts.update(difference_json(plan.difference, plan.streams, plan.next));
    report.facts["warnings"] = plan.warnings;
    for (const std::string& warning : plan.warnings) {
        report.text += "warning: " + warning + "\n";
    }
    report.text += difference_text(plan.difference, plan.streams, plan.next,
                                   applied ? Tense::past : Tense::future);
    return report;
}

Result<Report> Reloader::dry_run() {
    const std::lock_guard one_at_a_time(reloading_);
    const auto planned = plan();
    if (!planned) {
        return planned.error();
    }
    Report said = report(*planned, false);
    if (!planned->difference.need_restart.empty()) {
        said.text += "reload would change nothing, since this needs a restart:"
                     + restart_text(planned->difference) + "\n";
    }
    const auto checked = gateway_.check_change(change_of(*planned));
    said.facts["refused"] =
        checked ? nlohmann::ordered_json() : nlohmann::ordered_json(checked.error().message);
    if (!checked) {
        said.text += "reload would change nothing: " + checked.error().message + "\n";
    }
    return said;
}

Result<Report> Reloader::reload() {
    const std::lock_guard one_at_a_time(reloading_);
    auto done = apply();
    log_lines(done ? log::Level::info : log::Level::error,
              done ? done->text : done.error().message);
    return done;
}

Result<Report> Reloader::apply() {
    auto planned = plan();
    if (!planned) {
        return std::move(planned).error();
    }
    const config::Difference& difference = planned->difference;
    if (!difference.need_restart.empty()) {
        return Error{"nothing has changed, since this needs a restart:" + restart_text(difference)};
    }
    if (StreamChange change = change_of(*planned); !change.empty()) {
        if (auto changed = gateway_.change_streams(std::move(change)); !changed) {
            return std::move(changed).error().in("nothing has changed");
        }
    }
    if (!difference.settings.empty()) {
        log::set_level(planned->next.log.level); // there is no other yet
    }
    Report said = report(*planned, true);
    {
        const std::lock_guard lock(settings_mutex_);
        settings_ = std::move(planned->next);
        settings_.streams = {};
    }
    return said;
}

Result<std::string> Reloader::add_stream(std::string_view line) {
    const std::lock_guard one_at_a_time(reloading_);
    std::vector<config::StreamPtr> streams;
    const StreamDirectoryPtr directory = gateway_.directory();
    for (const StreamEntry& entry : directory->entries) {
        streams.push_back(entry.stream);
    }
    auto read = config::read_added_stream(line, settings(), streams, config::system_files());
    if (!read) {
        return std::move(read).error();
    }
    std::string name = read->name;
    StreamChange change;
    change.added.push_back(std::make_shared<const config::Stream>(*std::move(read)));
    if (auto changed = gateway_.change_streams(std::move(change)); !changed) {
        return std::move(changed).error();
    }
    return name;
}

Result<> Reloader::remove_stream(const std::string& name) {
    const std::lock_guard one_at_a_time(reloading_);
    const StreamDirectoryPtr directory = gateway_.directory();
    const StreamEntry* const found = directory->find(name);
    if (found == nullptr) {
        return Error{"there is no stream '" + name + "' any more"};
    }
    StreamChange change;
    change.removed.push_back(found->id);
    return gateway_.change_streams(std::move(change));
}

} // namespace mt6d::reload
