// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mt6d::doctor {

namespace {

struct TimeService {
    std::string_view program;
    std::string_view name;
    std::string_view unit;
    std::string_view question; // the command that tells more
};

constexpr std::array services{
    TimeService{"/usr/sbin/chronyd", "chrony", "chrony", "chronyc tracking"},
    TimeService{"/usr/lib/systemd/systemd-timesyncd", "systemd-timesyncd", "systemd-timesyncd",
                "timedatectl timesync-status"},
    TimeService{"/usr/sbin/ntpd", "ntpd", "ntpsec", "ntpq -p"},
};

constexpr std::uint32_t usual_rotation = 10; // seconds

std::uint32_t shortest_rotation(const Subject& subject) {
    std::uint32_t shortest = usual_rotation;
    if (subject.config && !subject.config->streams.empty()) {
        shortest = UINT32_MAX;
        for (const config::Stream& stream : subject.config->streams) {
            shortest = std::min(shortest, stream.options.rotation);
        }
    }
    return shortest;
}

} // namespace

void check_clock(const Subject& subject, Findings& findings) {
    const auto* const service =
        std::find_if(services.begin(), services.end(),
                     [&](const TimeService& one) { return subject.files.exists(one.program); });
    if (service == services.end() && !subject.clock.synchronised) {
        findings.wrong("nothing keeps it right: hosts' addresses follow from the time, and both "
                       "gateways need the same",
                       "apt-get install chrony");
        return;
    }
    if (!subject.clock.synchronised) {
        findings.wrong(
            fmt::format("not synchronised: {} does not run, or has found no server yet",
                        service->name),
            fmt::format("systemctl enable --now {}; {}", service->unit, service->question));
        return;
    }
    using Seconds = std::chrono::duration<double>;
    const std::uint32_t rotation = shortest_rotation(subject);
    const double quarter = rotation / 4.0;
    const double error = Seconds(subject.clock.estimated_error).count();
    const std::string text = fmt::format("synchronised; it may be off by {:.6f} s, of a rotation "
                                         "of {} s",
                                         error, rotation);
    if (error > quarter) {
        findings.wrong(text + ": more than a quarter of that costs packets",
                       service == services.end() ? "" : std::string(service->question));
    } else {
        findings.ok(text);
    }
}

} // namespace mt6d::doctor
