// SPDX-License-Identifier: BSD-3-Clause
// The sections log, metrics and events: what the gateway tells of itself.
#include "tests/unit/config_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mt6d::config {
namespace {

Config config_of(const std::string& lines) {
    MemoryFiles files;
    add_good_files(files);
    Loaded loaded = load_text(lines + std::string(good_yaml), "etc/c.yaml", {}, files);
    EXPECT_THAT(texts(loaded.errors), testing::IsEmpty());
    return loaded.config ? *std::move(loaded.config) : Config{};
}

std::string error_of(const std::string& lines) {
    const auto errors = errors_of(lines + std::string(good_yaml));
    EXPECT_EQ(errors.size(), 1U);
    return errors.empty() ? "" : errors.front();
}

TEST(Reports, are_lines_of_text_on_standard_error_unless_more_is_asked_for) {
    const Config config = config_of("");
    EXPECT_EQ(config.log.format, log::Format::text);
    EXPECT_EQ(config.log.level, log::Level::info);
    EXPECT_EQ(config.metrics.prometheus, "");
    EXPECT_EQ(config.metrics.streams, 100U);
    EXPECT_EQ(config.events, "");
}

TEST(Reports, have_the_forms_that_are_asked_for) {
    const Config config = config_of("log: { format: json, level: debug }\n"
                                    "metrics: { prometheus: \"[::1]:9766\", streams: 5 }\n"
                                    "events: /var/log/mt6d/a.events\n");
    EXPECT_EQ(config.log.format, log::Format::json);
    EXPECT_EQ(config.log.level, log::Level::debug);
    EXPECT_EQ(config.metrics.prometheus, "[::1]:9766");
    EXPECT_EQ(config.metrics.streams, 5U);
    EXPECT_EQ(config.events, "/var/log/mt6d/a.events");
}

TEST(Reports, can_be_switched_off_by_name) {
    const Config config = config_of("metrics: { prometheus: none }\nevents: none\n");
    EXPECT_EQ(config.metrics.prometheus, "");
    EXPECT_EQ(config.events, "");
}

TEST(Reports, refuse_forms_and_levels_that_there_are_not) {
    EXPECT_EQ(error_of("log: { format: xml }\n"),
              "etc/c.yaml:1:16: log.format: 'xml' is not known here: write text or json");
    EXPECT_EQ(error_of("log: { level: loud }\n"),
              "etc/c.yaml:1:15: log.level: 'loud' is not known here: write debug, info, warning or "
              "error");
}

TEST(Reports, refuse_what_is_no_address_with_a_port) {
    for (const std::string text : {"localhost:9766", "9766", "::1:9766", "[::1]", "[::1]:0",
                                   "127.0.0.1:65536", "127.0.0:1", "[127.0.0.1]:1"}) {
        EXPECT_EQ(error_of("metrics: { prometheus: \"" + text + "\" }\n"),
                  "etc/c.yaml:1:24: metrics.prometheus: '" + text
                      + "' is no address with a port: write one like \"[::1]:9766\" or "
                        "127.0.0.1:9766, or none");
    }
}

TEST(Reports, refuse_an_event_log_that_is_no_absolute_path_of_a_file) {
    for (const std::string text : {"events.json", "/var/log/"}) {
        EXPECT_EQ(error_of("events: " + text + "\n"),
                  "etc/c.yaml:1:9: events: '" + text
                      + "' is no absolute path of a file: write one like "
                        "/var/log/mt6d/site-a.events, or none");
    }
}

} // namespace
} // namespace mt6d::config
