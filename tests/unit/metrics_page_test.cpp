// SPDX-License-Identifier: BSD-3-Clause
// docs/operating.md has the metrics and the alarms that the code has, with the same words.
#include "control/events/event.hpp"
#include "control/metrics/metric.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mt6d {
namespace {

// The rows of the page's tables that begin with such a word in code.
std::multiset<std::string> rows(std::string_view heading) {
    std::ifstream page(MT6D_SOURCE_ROOT "/docs/operating.md");
    std::multiset<std::string> found;
    bool inside = false;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("#")) {
            inside = line == heading;
        } else if (inside && line.starts_with("| `")) {
            found.insert(line);
        }
    }
    if (found.empty()) {
        throw std::runtime_error("docs/operating.md has no table under " + std::string(heading));
    }
    return found;
}

std::string in_code(std::string_view words) {
    std::string text;
    for (const char c : words) {
        text += c == ',' ? "`," : c == ' ' ? " `" : std::string(1, c);
    }
    return words.empty() ? "" : "`" + text + "`";
}

TEST(OperatingPage, has_each_metric_as_the_code_has_it) {
    std::multiset<std::string> expected;
    for (const metrics::MetricText& metric : metrics::metric_texts) {
        expected.insert("| `" + std::string(metric.name) + "` | "
                        + (metric.type == metrics::Type::counter ? "counter" : "gauge") + " | "
                        + in_code(metric.labels) + (metric.labels.empty() ? "| " : " | ")
                        + std::string(metric.sentence) + " |");
    }
    EXPECT_EQ(rows("### Every metric"), expected);
}

TEST(OperatingPage, has_each_alarm_as_the_code_has_it) {
    std::multiset<std::string> expected;
    for (const events::AlarmText& alarm : events::alarm_texts) {
        expected.insert("| `" + std::string(alarm.symbol) + "` | " + in_code(alarm.about)
                        + (alarm.about.empty() ? "| " : " | ") + std::string(alarm.sentence)
                        + " |");
    }
    EXPECT_EQ(rows("### Alarms"), expected);
}

} // namespace
} // namespace mt6d
