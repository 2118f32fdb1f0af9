// SPDX-License-Identifier: BSD-3-Clause
// What statistics say, and that a reader who does not read holds up nothing.
#include "control/statistics.hpp"
#include "control/statistics_printer.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <vector>

namespace mt6d {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t second = 1000; // in cycles

Statistics at(std::uint64_t cycles) {
    Statistics statistics;
    statistics.time = 5; // wherever the wall clock is set to
    statistics.cycles = cycles;
    statistics.cycles_per_second = second;
    statistics.workers.resize(1);
    return statistics;
}

class Pipe {
public:
    Pipe() { EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0); }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    void fill() const {
        ::fcntl(ends_[1], F_SETFL, O_NONBLOCK);
        const std::string page(4096, '.');
        while (::write(ends_[1], page.data(), page.size()) > 0) {
        }
        ::fcntl(ends_[1], F_SETFL, 0);
    }
    [[nodiscard]] std::string read() const {
        std::array<char, 65536> buffer{};
        const ssize_t size = ::read(ends_[0], buffer.data(), buffer.size());
        return {buffer.data(), static_cast<std::size_t>(size)};
    }
    [[nodiscard]] int input() const { return ends_[1]; }

private:
    std::array<int, 2> ends_{};
};

TEST(Statistics, RatesAndBusyAreOfTheTimeBetween) {
    Statistics before = at(7 * second);
    Statistics now = at(9 * second);
    before.ports[0].rx_packets = 1000;
    now.ports[0].rx_packets = 2468;
    now.workers[0].busy_cycles = second / 2;
    EXPECT_THAT(format_text(now, before), testing::HasSubstr(" 734 "));
    EXPECT_THAT(format_text(now, before), testing::HasSubstr(" 25.0%"));
    EXPECT_EQ(nlohmann::json::parse(format_json(now, before, "stats"))["workers"][0]["busy"], 0.25);
}

TEST(Statistics, SayWhatThePortsAndEachWorkerLost) {
    Statistics now = at(second);
    now.ports[1].rx_errors = 3;
    now.ports[1].tx_errors = 4;
    now.workers[0].polls = 5;
    now.workers[0].reasons[0] = 6;
    const auto json = nlohmann::json::parse(format_json(now, {}, "stats"));
    EXPECT_EQ(json["ports"]["external"]["rx_errors"], 3);
    EXPECT_EQ(json["ports"]["external"]["tx_errors"], 4);
    EXPECT_EQ(json["workers"][0]["polls"], 5);
    EXPECT_EQ(json["workers"][0]["drops"][std::string(reason_texts[0].symbol)], 6);
}

TEST(StatisticsPrinter, SummaryIsOfTheTimeSinceTheStart) {
    const Pipe pipe;
    StatisticsPrinter printer([] { return at(10 * second); }, StatsFormat::json, seconds(0),
                              pipe.input());
    EXPECT_EQ(nlohmann::json::parse(pipe.read())["event"], "ready");
    printer.stop();
    Statistics last = at(14 * second);
    last.workers[0].busy_cycles = second;
    printer.print_summary(last);
    const auto summary = nlohmann::json::parse(pipe.read());
    EXPECT_EQ(summary["event"], "summary");
    EXPECT_EQ(summary["workers"][0]["busy"], 0.25);
}

TEST(StatisticsPrinter, PrintsOnceItIsGivenAPeriod) {
    const Pipe pipe;
    StatisticsPrinter printer([] { return at(second); }, StatsFormat::json, seconds(0),
                              pipe.input());
    EXPECT_NE(pipe.read().find("\"ready\""), std::string::npos);
    printer.set_period(seconds(1));
    EXPECT_EQ(printer.period(), seconds(1));
    EXPECT_NE(pipe.read().find("\"stats\""), std::string::npos);
}

TEST(StatisticsPrinter, EndsThoughNobodyReads) {
    const Pipe pipe;
    pipe.fill();
    const auto begin = std::chrono::steady_clock::now();
    StatisticsPrinter printer([] { return at(second); }, StatsFormat::json, seconds(1),
                              pipe.input());
    printer.stop();
    printer.print_summary(at(2 * second));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(3));
}

} // namespace
} // namespace mt6d
