// SPDX-License-Identifier: BSD-3-Clause
#include "control/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace mt6d {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::variant<CommandLine, ExitCode> parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "mt6d-gateway");
    return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

CommandLine accepted(std::vector<const char*> arguments) {
    auto result = parse(std::move(arguments));
    EXPECT_TRUE(std::holds_alternative<CommandLine>(result));
    return std::holds_alternative<CommandLine>(result) ? std::get<CommandLine>(result)
                                                       : CommandLine{};
}

struct Refusal {
    int exit_code = -1;
    std::string standard_output;
    std::string standard_error;
};

Refusal refused(std::vector<const char*> arguments) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const auto result = parse(std::move(arguments));
    Refusal refusal;
    refusal.standard_output = testing::internal::GetCapturedStdout();
    refusal.standard_error = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(std::holds_alternative<ExitCode>(result));
    if (std::holds_alternative<ExitCode>(result)) {
        refusal.exit_code = std::get<ExitCode>(result).value;
    }
    return refusal;
}

TEST(CommandLine, NeedsAConfigurationAndNoMore) {
    const auto line = accepted({"--config", "a.yaml"});
    EXPECT_EQ(line.config, "a.yaml");
    EXPECT_THAT(line.overrides, IsEmpty());
    EXPECT_EQ(line.stats_period, 0U);
    EXPECT_EQ(line.stats_format, StatsFormat::text);
    EXPECT_THAT(line.eal_arguments, IsEmpty());
}

TEST(CommandLine, TakesHowLongAServiceMayLackALink) {
    EXPECT_EQ(accepted({"--config", "a.yaml"}).ready_timeout, 60U);
    EXPECT_EQ(accepted({"--config", "a.yaml", "--ready-timeout", "0"}).ready_timeout, 0U);
    EXPECT_EQ(refused({"--config", "a.yaml", "--ready-timeout", "3601"}).exit_code, 2);
}

TEST(CommandLine, TakesAPromptAndAFileOfCommands) {
    const auto none = accepted({"--config", "a.yaml"});
    EXPECT_FALSE(none.interactive);
    EXPECT_EQ(none.command_file, "");
    for (const char* const flag : {"-i", "--interactive"}) {
        EXPECT_TRUE(accepted({"--config", "a.yaml", flag}).interactive);
    }
    EXPECT_EQ(accepted({"--config", "a.yaml", "--command-file", "c"}).command_file, "c");
}

TEST(CommandLine, WithoutAConfigurationIsRefused) {
    const auto refusal = refused({});
    EXPECT_EQ(refusal.exit_code, 2);
    EXPECT_THAT(refusal.standard_error, HasSubstr("--config"));
}

TEST(CommandLine, KeepsOverridesInTheirOrderWithCommasAndBrackets) {
    EXPECT_THAT(accepted({"--config", "a.yaml", "--set", "internal.device=net_tap0,iface=x",
                          "--set=workers=[1,2]", "--set", "a=b=c"})
                    .overrides,
                ElementsAre("internal.device=net_tap0,iface=x", "workers=[1,2]", "a=b=c"));
}

TEST(CommandLine, RefusesAnOverrideWithoutKeyOrValue) {
    for (const char* text : {"rotation", "=2s"}) {
        const auto refusal = refused({"--config", "a.yaml", "--set", text});
        EXPECT_EQ(refusal.exit_code, 2);
        EXPECT_THAT(refusal.standard_error, AllOf(HasSubstr("--set"), HasSubstr(text)));
    }
}

TEST(CommandLine, LetsAnOverrideTakeOneWordOnly) {
    EXPECT_EQ(refused({"--config", "a.yaml", "--set", "a=1", "b=2"}).exit_code, 2);
}

TEST(CommandLine, ReadsPeriodAndFormatOfStatistics) {
    const auto line =
        accepted({"--config", "a.yaml", "--stats-period", "5", "--stats-format", "json"});
    EXPECT_EQ(line.stats_period, 5U);
    EXPECT_EQ(line.stats_format, StatsFormat::json);
}

TEST(CommandLine, RefusesPeriodsAndFormatsThatAreNone) {
    for (const auto& [option, value] :
         std::vector<std::pair<const char*, const char*>>{{"--stats-period", "-1"},
                                                          {"--stats-period", "soon"},
                                                          {"--stats-period", "86401"},
                                                          {"--stats-format", "xml"},
                                                          {"--stats-format", "0"}}) {
        const auto refusal = refused({"--config", "a.yaml", option, value});
        EXPECT_EQ(refusal.exit_code, 2) << option << " " << value;
        EXPECT_THAT(refusal.standard_error, HasSubstr(option));
    }
}

TEST(CommandLine, PassesWhatFollowsTheDashesToEalAsItIs) {
    EXPECT_THAT(
        accepted({"--config", "a.yaml", "--", "--log-level=debug", "-m", "64", "--", "--config"})
            .eal_arguments,
        ElementsAre("--log-level=debug", "-m", "64", "--", "--config"));
    EXPECT_THAT(accepted({"--config", "a.yaml", "--"}).eal_arguments, IsEmpty());
}

TEST(CommandLine, RefusesWhatItDoesNotKnow) {
    EXPECT_EQ(refused({"--config", "a.yaml", "--no-huge"}).exit_code, 2);
    EXPECT_EQ(refused({"--config", "a.yaml", "more"}).exit_code, 2);
}

TEST(CommandLine, HelpsWithAnExampleOnStandardOutput) {
    const auto help = refused({"--help"});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_THAT(help.standard_output,
                AllOf(HasSubstr("--config"), HasSubstr("--set"), HasSubstr("Example"),
                      HasSubstr("mt6d-gateway --config /etc")));
    EXPECT_THAT(help.standard_error, IsEmpty());
}

TEST(CommandLine, TellsItsVersion) {
    const auto version = refused({"--version"});
    EXPECT_EQ(version.exit_code, 0);
    EXPECT_THAT(version.standard_output, testing::MatchesRegex("mt6d-gateway [0-9]+\\.[0-9]+.*\n"));
}

} // namespace
} // namespace mt6d
