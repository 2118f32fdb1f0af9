// SPDX-License-Identifier: BSD-3-Clause
// mt6dctl import: the original MT6D's files to this gateway's (docs/migrating.md).
#include "control/config/loader.hpp"
#include "tools/mt6dctl/commands.hpp"
#include "tools/mt6dctl/import/importer.hpp"
#include "tools/mt6dctl/private_file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace mt6d::ctl {

namespace {

using importer::Imported;
using importer::SiteStream;

struct Options {
    std::string directory;
    std::string output = "mt6d.yaml";
    std::vector<std::string> local;
    bool force = false;
    bool json = false;
};

// What was made, and what is to be said about it.
struct Report {
    const Options& options;
    Imported imported;
    std::vector<std::string> files;
    config::Loaded checked;

    [[nodiscard]] bool is_good() const { return imported.errors.empty() && checked.config; }
};

using Json = nlohmann::ordered_json;

Json json_of(const std::vector<config::Diagnostic>& diagnostics) {
    Json list = Json::array();
    for (const config::Diagnostic& one : diagnostics) {
        list.push_back({{"where", one.where}, {"message", one.message}});
    }
    return list;
}

void print_json(const Report& report) {
    std::vector<config::Diagnostic> errors = report.imported.errors;
    errors.insert(errors.end(), report.checked.errors.begin(), report.checked.errors.end());
    std::vector<config::Diagnostic> warnings = report.imported.notes;
    warnings.insert(warnings.end(), report.checked.warnings.begin(), report.checked.warnings.end());
    Json settings = Json::array();
    for (const importer::SettingReport& setting : report.imported.settings) {
        settings.push_back({{"name", setting.name},
                            {"where", setting.at.text()},
                            {"fate", name_of(setting.fate)},
                            {"key", setting.key.empty() ? Json() : Json(setting.key)},
                            {"explanation", setting.explanation}});
    }
    const Json document{{"good", report.is_good()},
                        {"files", report.files},
                        {"settings", settings},
                        {"errors", json_of(errors)},
                        {"warnings", json_of(warnings)}};
    fmt::print("{}\n", document.dump());
}

void print_diagnostics(const std::vector<config::Diagnostic>& diagnostics, const char* before) {
    for (const config::Diagnostic& one : diagnostics) {
        fmt::print(stderr, "{}{}\n", before, one.text());
    }
}

void print_text(const Report& report) {
    for (const importer::SettingReport& setting : report.imported.settings) {
        fmt::print("{}: {} {}{}{}: {}\n", setting.at.text(), setting.name, name_of(setting.fate),
                   setting.key.empty() ? "" : " as ", setting.key, setting.explanation);
    }
    for (const std::string& file : report.files) {
        fmt::print("made {}\n", file);
    }
    print_diagnostics(report.imported.notes, "note: ");
    print_diagnostics(report.imported.errors, "");
    print_diagnostics(report.checked.errors, "");
    print_diagnostics(report.checked.warnings, "warning: ");
    if (!report.imported.errors.empty()) {
        fmt::print(stderr, "Nothing was made: mend these, and import again.\n");
    } else if (!report.checked.config) {
        fmt::print(stderr,
                   "{} does not pass the gateway's check yet: mend it there, then run "
                   "mt6dctl check {}\n",
                   report.options.output, report.options.output);
    } else {
        fmt::print("{} passes the gateway's check. Start it with:\n"
                   "  mt6d-gateway --config {}\n",
                   report.options.output, report.options.output);
    }
}

// All of them, or an error before the first.
Result<> refuse_existing(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
        std::error_code ignored;
        if (std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) {
            return Error{path
                         + " exists and is left as it is, and nothing was made: choose "
                           "another --output, or replace all with --force"};
        }
    }
    return {};
}

// Half of a site is of no use, and would be in the way of the next try. Not what took the place of
// something that is gone.
void remove_made(Report& report) {
    if (!report.options.force) {
        for (const std::string& path : report.files) {
            std::error_code ignored;
            std::filesystem::remove(path, ignored);
        }
        report.files.clear();
    }
}

Result<> write_files(Report& report) {
    const std::filesystem::path output = report.options.output;
    std::vector<std::string> paths;
    for (const SiteStream& stream : report.imported.streams) {
        paths.push_back(output.parent_path() / stream.key_file());
    }
    if (std::ranges::find(paths, output.string()) != paths.end()) {
        return Error{output.string() + " is the name of a key file too: choose another --output"};
    }
    paths.push_back(output);
    if (auto refused = refuse_existing(paths); !refused && !report.options.force) {
        return refused;
    }
    const Existing existing = report.options.force ? Existing::replace : Existing::refuse;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        const bool is_key = i < report.imported.streams.size();
        auto written = is_key ? write_private_file(
                           paths[i], report.imported.streams[i].key.hex() + "\n", existing)
                              : write_private_file(paths[i], report.imported.yaml, existing);
        if (!written) {
            remove_made(report);
            return written;
        }
        report.files.push_back(paths[i]);
    }
    return {};
}

int import_files(const Options& options) {
    Report report{options, importer::import_site(options.directory, options.local), {}, {}};
    if (report.imported.errors.empty()) {
        if (const auto written = write_files(report); written) {
            report.checked = config::load(options.output, {});
        } else if (options.json) {
            report.imported.errors.push_back({options.output, written.error().message});
        } else {
            return fail(written.error().message);
        }
    }
    options.json ? print_json(report) : print_text(report);
    return report.is_good() ? success : failure;
}

} // namespace

void add_import(CLI::App& app, int& status) {
    auto* const command = app.add_subcommand(
        "import", "Makes a configuration and key files of the original MT6D's mt6d.ini, users, "
                  "ethers and profiles in DIR, and says what became of each setting.");
    const auto options = std::make_shared<Options>();
    command->add_option("DIR", options->directory, "Where mt6d.ini lies")
        ->required()
        ->type_name("");
    command
        ->add_option("--output", options->output,
                     "The configuration to make; key files are made beside it")
        ->type_name("FILE")
        ->capture_default_str();
    command
        ->add_option("--local", options->local,
                     "A host behind this gateway, by name or address; repeatable. Without any, "
                     "each profile's source is")
        ->type_name("HOST")
        ->allow_extra_args(false);
    command->add_flag("--force", options->force, "Replaces files that exist");
    command->add_flag("--json", options->json, "Prints the report as one JSON document");
    command->callback([options, &status] { status = import_files(*options); });
}

} // namespace mt6d::ctl
