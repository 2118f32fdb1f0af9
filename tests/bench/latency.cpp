// SPDX-License-Identifier: BSD-3-Clause
// What a gateway adds to the time that a packet takes from host to network, and to its jitter:
// beside a loop that only receives and sends, on the same ports, at the same rates. Run by
// tools/bench latency, whose help says more.
#include "load.hpp"
#include "site.hpp"

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_launch.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace mt6d;
using namespace mt6d::bench;

struct Options {
    std::vector<std::string> ciphers{"none", "aes-256-gcm"};
    std::vector<double> loads{1, 50, 90};
    std::size_t size = 200;
    std::size_t streams = 64;
    std::vector<unsigned> cores{0, 1};
    unsigned turns = 5;
    double seconds = 2;
    bool json = false;
};

struct Wires {
    static constexpr unsigned size = 4096;
    Wire from_hosts{"from_hosts", size};
    Wire to_hosts{"to_hosts", size};
    Wire to_network{"to_network", size};
    Wire from_network{"from_network", size};
};

// Microseconds.
struct Delays {
    double median = 0;
    double p99 = 0;
    double p999 = 0;
    double jitter = 0; // mean difference between a packet's and the one's before it

    static constexpr std::array<double Delays::*, 4> figures{&Delays::median, &Delays::p99,
                                                             &Delays::p999, &Delays::jitter};
};

Delays summary(std::vector<std::uint32_t> cycles) {
    if (cycles.size() < 2) {
        throw std::runtime_error("no packets came through");
    }
    const double us = 1e6 / static_cast<double>(rte_get_tsc_hz());
    double differences = 0;
    for (std::size_t i = 1; i < cycles.size(); ++i) {
        differences += std::abs(static_cast<double>(cycles[i]) - cycles[i - 1]);
    }
    std::sort(cycles.begin(), cycles.end());
    const auto quantile = [&](double share) {
        return us
               * cycles[static_cast<std::size_t>(share * static_cast<double>(cycles.size() - 1))];
    };
    return {quantile(0.5), quantile(0.99), quantile(0.999),
            us * differences / static_cast<double>(cycles.size() - 1)};
}

// Of each figure that of the middle turn.
Delays median_of(const std::vector<Delays>& turns) {
    Delays result;
    for (double Delays::*const figure : Delays::figures) {
        std::vector<double> values;
        for (const Delays& turn : turns) {
            values.push_back(turn.*figure);
        }
        std::sort(values.begin(), values.end());
        result.*figure = values[values.size() / 2];
    }
    return result;
}

// Receives and sends on the near worker's lcore, and nothing else.
class BareLoop {
public:
    explicit BareLoop(const Wires& wires)
        : pool_(packet_pool("bare", 1023, 0)),
          in_("bare_in", wires.from_hosts, wires.to_hosts, pool_),
          out_("bare_out", wires.from_network, wires.to_network, pool_) {
        if (rte_eal_remote_launch(run, this, near_lcore) != 0) {
            throw std::runtime_error("the worker's lcore is busy");
        }
    }
    ~BareLoop() {
        ends_ = true;
        rte_eal_wait_lcore(near_lcore);
    }
    BareLoop(const BareLoop&) = delete;
    BareLoop& operator=(const BareLoop&) = delete;

private:
    static int run(void* self) {
        auto& loop = *static_cast<BareLoop*>(self);
        std::array<rte_mbuf*, 64> burst{};
        while (!loop.ends_.load(std::memory_order_relaxed)) {
            const std::uint16_t count =
                rte_eth_rx_burst(loop.in_.id(), 0, burst.data(), burst.size());
            const std::uint16_t sent = rte_eth_tx_burst(loop.out_.id(), 0, burst.data(), count);
            rte_pktmbuf_free_bulk(burst.data() + sent, count - sent);
        }
        return 0;
    }

    rte_mempool* pool_;
    WiredPort in_;
    WiredPort out_;
    std::atomic<bool> ends_{false};
};

// One cipher at one share of the highest rate.
struct Point {
    std::string cipher;
    double load = 0; // percent
    double rate = 0; // packets a second
    std::vector<Delays> gateway;
    std::vector<Delays> bare;
    std::uint64_t lost = 0;
};

class Bench {
public:
    explicit Bench(const Options& options) : options_(options) {}
    std::vector<Point> run();

private:
    [[nodiscard]] GatewayForm form(const std::string& cipher) const {
        return {{cipher_named(cipher), rotation, options_.streams}, config::Idle::poll};
    }
    [[nodiscard]] std::vector<Frame> frames() const;
    // Calls measure(load) while a gateway carries what it sends.
    template <class Measure>
    void with_gateway(const std::string& cipher, Measure measure);
    Delays delays(Load& load, Point& point);

    static constexpr std::uint32_t rotation = 10;
    const Options& options_;
    SystemClock clock_;
    Wires wires_;
};

std::vector<Frame> Bench::frames() const {
    std::vector<Frame> frames;
    for (const config::Stream& stream : near_streams(form("none").streams)) {
        frames.push_back(host_frame(stream, Site::near_internal_mac, options_.size));
    }
    return frames;
}

template <class Measure>
void Bench::with_gateway(const std::string& cipher, Measure measure) {
    Site site(End::near, form(cipher), clock_, {wires_.from_hosts, wires_.to_hosts},
              {wires_.from_network, wires_.to_network});
    std::int64_t next_tick = 0;
    Load load(frames(), wires_.from_hosts, wires_.to_network, [&] {
        const std::int64_t now = clock_.monotonic_ns();
        if (now >= next_tick) {
            site.tick();
            wires_.to_hosts.discard();
            next_tick = now + site.gateway().control().until_next();
        }
    });
    measure(load);
}

Delays Bench::delays(Load& load, Point& point) {
    Load::Tally tally = load.run(point.rate, options_.seconds, true);
    point.lost += tally.lost();
    return summary(std::move(tally.delays));
}

std::vector<Point> Bench::run() {
    std::vector<Point> points;
    for (const std::string& cipher : options_.ciphers) {
        double highest = 0;
        with_gateway(cipher, [&](Load& load) { highest = highest_rate(load, options_.seconds); });
        for (const double share : options_.loads) {
            points.push_back({cipher, share, highest * share / 100, {}, {}});
        }
    }
    for (unsigned turn = 0; turn < options_.turns; ++turn) {
        for (const std::string& cipher : options_.ciphers) {
            with_gateway(cipher, [&](Load& load) {
                for (Point& point : points) {
                    if (point.cipher == cipher) {
                        point.gateway.push_back(delays(load, point));
                    }
                }
            });
        }
        const BareLoop bare(wires_);
        Load load(frames(), wires_.from_hosts, wires_.to_network, [] {});
        for (Point& point : points) {
            point.bare.push_back(delays(load, point));
        }
    }
    return points;
}

Delays added(const Point& point) {
    Delays result = median_of(point.gateway);
    const Delays bare = median_of(point.bare);
    for (double Delays::*const figure : Delays::figures) {
        result.*figure -= bare.*figure;
    }
    return result;
}

void print(const std::vector<Point>& points) {
    std::printf(
        "Microseconds from a host's port to the network's: a gateway, less a loop that only "
        "receives and sends\n%-13s%6s%10s%10s%10s%10s%10s%8s\n",
        "cipher", "load", "Mpps", "median", "p99", "p99.9", "jitter", "lost");
    for (const Point& point : points) {
        const Delays whole = median_of(point.gateway);
        const Delays less = added(point);
        const auto row = [&](const char* name, const Delays& delays) {
            std::printf("%-13s%5.0f%%%10.4f%10.2f%10.2f%10.2f%10.2f%8llu\n", name, point.load,
                        point.rate / 1e6, delays.median, delays.p99, delays.p999, delays.jitter,
                        static_cast<unsigned long long>(point.lost));
        };
        row(point.cipher.c_str(), whole);
        row("  added", less);
    }
}

nlohmann::json as_json(const Delays& delays) {
    return {{"median", delays.median},
            {"p99", delays.p99},
            {"p99.9", delays.p999},
            {"jitter", delays.jitter}};
}

void print_json(const std::vector<Point>& points) {
    nlohmann::json results = nlohmann::json::array();
    for (const Point& point : points) {
        results.push_back({{"cipher", point.cipher},
                           {"load_percent", point.load},
                           {"packets_per_second", point.rate},
                           {"lost", point.lost},
                           {"gateway_us", as_json(median_of(point.gateway))},
                           {"bare_us", as_json(median_of(point.bare))},
                           {"added_us", as_json(added(point))}});
    }
    std::puts(nlohmann::json{{"bench", "latency"}, {"results", results}}.dump(1).c_str());
}

} // namespace

int main(int count, char** values) {
    CLI::App app("Added one-way latency and jitter", "tools/bench latency");
    Options options;
    app.add_option("--ciphers", options.ciphers, "default: none,aes-256-gcm")->delimiter(',');
    app.add_option("--loads", options.loads, "percent of the highest rate without loss")
        ->delimiter(',');
    app.add_option("--size", options.size, "of the hosts' frames, bytes");
    app.add_option("--streams", options.streams);
    app.add_option("--cores", options.cores, "of hosts and control, the worker (default: 0,1)")
        ->delimiter(',')
        ->expected(2);
    app.add_option("--turns", options.turns, "gateway and loop take turns; medians count");
    app.add_option("--seconds", options.seconds, "of each measurement");
    app.add_flag("--json", options.json);
    CLI11_PARSE(app, count, values);
    try {
        start_eal(values[0], {options.cores[0], options.cores[1], options.cores[1]});
        const std::vector<Point> points = Bench(options).run();
        options.json ? print_json(points) : print(points);
        rte_eal_cleanup();
        return 0;
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "latency: %s\n", failure.what());
        return 1;
    }
}
