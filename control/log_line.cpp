// SPDX-License-Identifier: BSD-3-Clause
#include "control/log_line.hpp"

#include "control/timestamp.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace mt6d::log {
namespace {

// Who reads lines must not be led to see two where there is one.
std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }, ' ');
    return text;
}

} // namespace

std::string plain(const Line& line) {
    std::string text(line.origin.area);
    if (!line.origin.stream.empty()) {
        text += fmt::format(": stream {}", line.origin.stream);
    }
    text += fmt::format(": {}", line.text);
    if (line.left_out > 0) {
        text += fmt::format(" ({} like this were left out before)", line.left_out);
    }
    if (line.last) {
        text += " (more like this are left out until they come less often)";
    }
    return one_line(std::move(text));
}

std::string for_journal(const Line& line) {
    return std::string(priority(line.level)) + plain(line);
}

std::string json(const Line& line, std::int64_t unix_ns) {
    nlohmann::ordered_json object{
        {"time", timestamp(unix_ns)}, {"level", name(line.level)}, {"area", line.origin.area}};
    if (!line.origin.stream.empty()) {
        object["stream"] = line.origin.stream;
    }
    object["message"] = line.text;
    if (line.left_out > 0) {
        object["left_out_before"] = line.left_out;
    }
    if (line.last) {
        object["leaving_out_more"] = true;
    }
    // A driver may say what is no UTF-8.
    return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string_view priority(Level level) {
    constexpr std::array<std::string_view, level_names.size()> priorities{"<7>", "<6>", "<4>",
                                                                          "<3>"};
    return priorities[static_cast<std::size_t>(level)];
}

bool is_journal(int descriptor, const char* journal_stream) {
    struct stat file {};
    return journal_stream != nullptr && fstat(descriptor, &file) == 0
           && fmt::format("{}:{}", file.st_dev, file.st_ino) == journal_stream;
}

} // namespace mt6d::log
