// SPDX-License-Identifier: BSD-3-Clause
// What commands work on. Any service thread.
#pragma once

#include "control/appliance.hpp"
#include "control/inspect/capturer.hpp"
#include "control/inspect/simulator.hpp"
#include "control/inspect/tracer.hpp"
#include "control/reload/reloader.hpp"
#include "control/shell/tally.hpp"
#include "control/statistics_printer.hpp"

#include <mt6d/result.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::shell {

class Environment {
public:
    // All outlive it; the appliance runs.
    Environment(Appliance& appliance, StatisticsPrinter& printer, reload::Reloader& reloader);

    [[nodiscard]] Appliance& appliance() const { return appliance_; }
    [[nodiscard]] Gateway& gateway() const { return appliance_.gateway(); }
    [[nodiscard]] StatisticsPrinter& printer() const { return printer_; }
    [[nodiscard]] reload::Reloader& reloader() const { return reloader_; }
    [[nodiscard]] Tally& tally() { return tally_; }
    [[nodiscard]] const Tally& tally() const { return tally_; }
    [[nodiscard]] Tracer& tracer() { return tracer_; }
    [[nodiscard]] Capturer& capturer() { return capturer_; }
    [[nodiscard]] Simulator& simulator() { return simulator_; }
    [[nodiscard]] std::chrono::seconds uptime() const;

    // Has the work done on the control lcore, and waits for it. It is short.
    [[nodiscard]] Result<> on_control(std::function<void()> work) const {
        return gateway().control().tasks().run(std::move(work));
    }

    [[nodiscard]] Result<StreamEntry> find_stream(std::string_view name) const;
    // As workers know it.
    [[nodiscard]] dataplane::StreamRef ref_of(const StreamEntry& stream) const {
        const std::uint32_t id = stream.id.slot;
        return {id, gateway().streams().counters(id).life.load(std::memory_order_relaxed)};
    }
    [[nodiscard]] std::vector<std::string> stream_names(std::string_view prefix,
                                                        std::size_t most) const;

    // For a word that begins so: streams' names, `most` at the most. Where there are more, the last
    // one is what all have in common and "…", so that no more than that is completed.
    [[nodiscard]] std::vector<std::string> completions(std::string_view prefix,
                                                       std::size_t most) const;

    // As the port's device counts.
    [[nodiscard]] DeviceStatistics device_statistics(dataplane::Side side) const;

private:
    Appliance& appliance_;
    StatisticsPrinter& printer_;
    reload::Reloader& reloader_;
    Tally tally_;
    Tracer tracer_;
    Capturer capturer_;
    Simulator simulator_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

} // namespace mt6d::shell
