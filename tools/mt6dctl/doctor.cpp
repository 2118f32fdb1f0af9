// SPDX-License-Identifier: BSD-3-Clause
// mt6dctl doctor: what on this machine keeps a gateway from running, or from running well.
#include "control/config/loader.hpp"
#include "control/doctor/checks.hpp"
#include "control/doctor/lifelines.hpp"
#include "tools/mt6dctl/commands.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::ctl {

namespace {

using doctor::Finding;
using doctor::Verdict;
using Json = nlohmann::ordered_json;

struct Examined {
    const doctor::Check* check;
    std::vector<Finding> findings;
};

std::string_view name_of(Verdict verdict) {
    switch (verdict) {
    case Verdict::ok:
        return "ok";
    case Verdict::note:
        return "note";
    case Verdict::wrong:
        return "wrong";
    }
    return "";
}

doctor::Subject subject_of(const std::string& file, const std::string& root) {
    doctor::Subject subject{.files = doctor::FileTree(root),
                            .clock = doctor::read_clock(),
                            .config_file = file,
                            .complaints = {},
                            .config = {}};
    if (!file.empty()) {
        config::Loaded loaded = config::load(file, {});
        for (const config::Diagnostic& error : loaded.errors) {
            subject.complaints.push_back(error.text());
        }
        subject.config = std::move(loaded.config);
    }
    return subject;
}

std::vector<Examined> examine(const doctor::Subject& subject) {
    std::vector<Examined> examined;
    for (const doctor::Check& check : doctor::all_checks()) {
        doctor::Findings findings;
        check.run(subject, findings);
        examined.push_back({&check, findings.all()});
    }
    return examined;
}

std::size_t count(const std::vector<Examined>& examined, Verdict verdict) {
    std::size_t number = 0;
    for (const Examined& one : examined) {
        number += static_cast<std::size_t>(
            std::count_if(one.findings.begin(), one.findings.end(),
                          [&](const Finding& finding) { return finding.verdict == verdict; }));
    }
    return number;
}

void print_text(const std::vector<Examined>& examined) {
    for (const Examined& one : examined) {
        for (const Finding& finding : one.findings) {
            fmt::print("{:<13}  {:<5}  {}\n", one.check->name, name_of(finding.verdict),
                       finding.text);
            if (!finding.remedy.empty()) {
                fmt::print("{:<13}  {:<5}  # {}\n", "", "", finding.remedy);
            }
        }
    }
    fmt::print("\n{} wrong, {} to note\n", count(examined, Verdict::wrong),
               count(examined, Verdict::note));
}

void print_json(const std::vector<Examined>& examined) {
    Json document = {{"wrong", count(examined, Verdict::wrong)},
                     {"notes", count(examined, Verdict::note)},
                     {"checks", Json::array()}};
    for (const Examined& one : examined) {
        Json findings = Json::array();
        for (const Finding& finding : one.findings) {
            findings.push_back(
                {{"verdict", name_of(finding.verdict)},
                 {"text", finding.text},
                 {"remedy", finding.remedy.empty() ? Json() : Json(finding.remedy)}});
        }
        document["checks"].push_back({{"name", one.check->name},
                                      {"about", one.check->about},
                                      {"findings", std::move(findings)}});
    }
    fmt::print("{}\n", document.dump(2));
}

struct Options {
    std::string file;
    std::string root = "/";
    bool json = false;
};

int run_doctor(const Options& options) {
    const auto examined = examine(subject_of(options.file, options.root));
    if (options.json) {
        print_json(examined);
    } else {
        print_text(examined);
    }
    return count(examined, Verdict::wrong) == 0 ? success : failure;
}

int run_lifelines(const Options& options) {
    for (const doctor::Lifeline& line : doctor::lifelines(doctor::FileTree(options.root))) {
        fmt::print("{}\t{}\n", line.interface, line.reason);
    }
    return success;
}

void add_root(CLI::App& command, Options& options) {
    command
        .add_option("--root", options.root,
                    "Looks at the /sys, /proc, /dev and /etc under DIR: a copy of another "
                    "machine's. The clock is this one's")
        ->type_name("DIR");
}

} // namespace

void add_doctor(CLI::App& app, int& status) {
    auto* const command = app.add_subcommand(
        "doctor", "Examines this machine: what keeps a gateway, or the one of FILE, from running "
                  "here, or from running well, each with the command that mends it. Changes "
                  "nothing. Ends with 1 if something is wrong.");
    const auto options = std::make_shared<Options>();
    command->add_option("FILE", options->file, "The gateway's configuration")->type_name("");
    command->add_flag("--json", options->json, "Prints the findings as JSON");
    add_root(*command, *options);
    command->callback([options, &status] { status = run_doctor(*options); });
}

void add_lifelines(CLI::App& app, int& status) {
    auto* const command = app.add_subcommand(
        "lifelines", "Lists the interfaces by which this machine is reached, and why: those of "
                     "default routes and of SSH sessions. mt6d-bind refuses to take them.");
    const auto options = std::make_shared<Options>();
    add_root(*command, *options);
    command->callback([options, &status] { status = run_lifelines(*options); });
}

} // namespace mt6d::ctl
