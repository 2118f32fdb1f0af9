// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/ssh_ports.hpp"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::doctor {

namespace {

// A file, and those of the directory beside it whose names continue its own.
std::vector<std::string> with_additions(const FileTree& files, const std::string& path) {
    std::vector<std::string> paths{path};
    const std::string directory = path + ".d/";
    for (const std::string& name : files.names(directory)) {
        paths.push_back(directory);
        paths.back() += name;
    }
    return paths;
}

// The value of `Keyword value`, `Keyword=value` or `Keyword "value"`, in whatever case.
std::optional<std::string> value_of(std::string line, std::string_view keyword) {
    std::replace_if(
        line.begin(), line.end(), [](char one) { return one == '=' || one == '"'; }, ' ');
    const auto fields = words(line);
    if (fields.size() < 2 || strcasecmp(fields[0].c_str(), std::string(keyword).c_str()) != 0) {
        return std::nullopt;
    }
    return fields[1];
}

// "2222", and the 2222 of "192.0.2.1:2222" and "[2001:db8::1]:2222"; not the end of an address.
std::optional<std::uint16_t> port_of(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon != std::string_view::npos) {
        const bool one_alone = text.find(':') == colon;
        if (!one_alone && text[colon - 1] != ']') {
            return std::nullopt;
        }
        text.remove_prefix(colon + 1);
    }
    std::uint16_t port = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool whole = failure == std::errc{} && end == text.data() + text.size();
    return whole ? std::optional(port) : std::nullopt;
}

} // namespace

std::set<std::uint16_t> ssh_ports(const FileTree& files) {
    struct Source {
        std::string_view file;
        std::vector<std::string_view> keywords;
    };
    const std::vector<Source> sources{
        {"/etc/ssh/sshd_config", {"Port", "ListenAddress"}},
        {"/etc/systemd/system/ssh.socket", {"ListenStream"}},
    };
    constexpr std::uint16_t usual = 22;
    std::set<std::uint16_t> ports{usual};
    for (const Source& source : sources) {
        for (const std::string& path : with_additions(files, std::string(source.file))) {
            for (const std::string& line : files.lines(path)) {
                for (const std::string_view keyword : source.keywords) {
                    const auto value = value_of(line, keyword);
                    const auto port = value ? port_of(*value) : std::nullopt;
                    if (port) {
                        ports.insert(*port);
                    }
                }
            }
        }
    }
    return ports;
}

} // namespace mt6d::doctor
