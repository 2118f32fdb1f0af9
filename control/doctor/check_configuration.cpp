// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/checks.hpp"
#include "control/doctor/remedy.hpp"

#include <fmt/format.h>

namespace mt6d::doctor {

void check_configuration(const Subject& subject, Findings& findings) {
    for (const std::string& complaint : subject.complaints) {
        findings.wrong(complaint, "mt6dctl check " + quoted_for_shell(subject.config_file));
    }
    if (subject.config) {
        findings.ok(fmt::format("{}: good, {} stream{}", subject.config_file,
                                subject.config->streams.size(),
                                subject.config->streams.size() == 1 ? "" : "s"));
    } else if (subject.config_file.empty()) {
        findings.note("none was named: ports, cores and memory of the gateway are not known",
                      "mt6dctl doctor /etc/mt6d/NAME.yaml");
    }
}

} // namespace mt6d::doctor
