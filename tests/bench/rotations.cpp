// SPDX-License-Identifier: BSD-3-Clause
// Two gateways in a row, all of whose streams change their addresses each second, at 90 % of the
// highest rate without loss: as many packets have to come out as go in. Run by tools/bench
// rotations, whose help says more.
#include "load.hpp"
#include "site.hpp"

#include <rte_cycles.h>
#include <rte_eal.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace mt6d;
using namespace mt6d::bench;

struct Options {
    std::uint64_t rotations = 1000;
    std::string cipher = "none";
    std::size_t size = 200;
    std::size_t streams = 64;
    std::vector<unsigned> cores{0, 1, 1};
    double seconds = 5;
    double rate = 0;
    bool polls = false;
    bool json = false;
};

// hosts ─▶ near gateway ─▶ far gateway ─▶ remote hosts, and a wire for each way back.
class Chain {
public:
    explicit Chain(const Options& options);

    Load& load() { return *load_; }
    // Changes of addresses of the near and the far gateway so far.
    [[nodiscard]] std::array<std::uint64_t, 2> rotations() {
        return {near_.gateway().control().rotations(), far_.gateway().control().rotations()};
    }
    [[nodiscard]] std::string losses() const {
        const std::string near = near_.losses();
        const std::string far = far_.losses();
        return near + (near.empty() || far.empty() ? "" : ", ") + far;
    }

private:
    void between();

    static constexpr unsigned wire_size = 16384;
    SystemClock clock_;
    GatewayForm form_;
    Wire from_hosts_{"from_hosts", wire_size};
    Wire to_hosts_{"to_hosts", wire_size};
    Wire forth_{"forth", wire_size};
    Wire back_{"back", wire_size};
    Wire from_remote_{"from_remote", wire_size};
    Wire to_remote_{"to_remote", wire_size};
    Site near_{End::near, form_, clock_, {from_hosts_, to_hosts_}, {back_, forth_}};
    Site far_{End::far, form_, clock_, {from_remote_, to_remote_}, {forth_, back_}};
    std::int64_t next_tick_ = 0;
    std::optional<Load> load_;
};

Chain::Chain(const Options& options)
    : form_{{cipher_named(options.cipher), 1, options.streams},
            options.polls ? config::Idle::poll : config::Idle::sleep} {
    std::vector<Frame> frames;
    for (const config::Stream& stream : near_streams(form_.streams)) {
        frames.push_back(host_frame(stream, Site::near_internal_mac, options.size));
    }
    load_.emplace(std::move(frames), from_hosts_, to_remote_, [this] { between(); });
}

// Control of both gateways, when it is due.
void Chain::between() {
    const std::int64_t now = clock_.monotonic_ns();
    if (now < next_tick_) {
        return;
    }
    near_.tick();
    far_.tick();
    to_hosts_.discard(); // what the near gateway tells its hosts
    next_tick_ =
        now
        + std::min(near_.gateway().control().until_next(), far_.gateway().control().until_next());
}

struct Verdict {
    double highest = 0;
    Load::Tally tally;
    std::array<std::uint64_t, 2> rotations{};
    std::string losses;
    bool passed = false;
};

Verdict measure(const Options& options) {
    Chain chain(options);
    Verdict verdict;
    verdict.highest =
        options.rate > 0 ? options.rate / 0.9 : highest_rate(chain.load(), options.seconds);
    const std::string lost_before = chain.losses();
    const auto before = chain.rotations();
    verdict.tally =
        chain.load().run(0.9 * verdict.highest, static_cast<double>(options.rotations) + 0.5);
    const auto after = chain.rotations();
    bool all = true;
    for (std::size_t i = 0; i < after.size(); ++i) {
        verdict.rotations[i] = after[i] - before[i];
        all &= verdict.rotations[i] >= options.rotations;
    }
    const std::string lost_after = chain.losses();
    verdict.losses = lost_after == lost_before ? "" : lost_after;
    verdict.passed = all && verdict.tally.lost() == 0 && verdict.losses.empty();
    return verdict;
}

void print(const Verdict& verdict, bool as_json) {
    const Load::Tally& tally = verdict.tally;
    if (as_json) {
        std::puts(nlohmann::json{{"bench", "rotations"},
                                 {"highest_packets_per_second", verdict.highest},
                                 {"packets_per_second", tally.rate()},
                                 {"packets_in", tally.sent},
                                 {"packets_out", tally.received},
                                 {"refused_by_full_port", tally.refused},
                                 {"dropped", verdict.losses},
                                 {"rotations", verdict.rotations},
                                 {"passed", verdict.passed}}
                      .dump(1)
                      .c_str());
        return;
    }
    std::printf("highest rate without loss: %.3f Mpps; sent at %.3f Mpps for %.0f s\n",
                verdict.highest / 1e6, tally.rate() / 1e6, tally.seconds);
    std::printf("rotations: %llu near, %llu far\n",
                static_cast<unsigned long long>(verdict.rotations[0]),
                static_cast<unsigned long long>(verdict.rotations[1]));
    std::printf("packets in: %llu, out: %llu, lost: %llu (refused by a full port: %llu)\n",
                static_cast<unsigned long long>(tally.sent),
                static_cast<unsigned long long>(tally.received),
                static_cast<unsigned long long>(tally.lost()),
                static_cast<unsigned long long>(tally.refused));
    std::printf("drops: %s\n", verdict.losses.empty() ? "none" : verdict.losses.c_str());
    std::puts(verdict.passed ? "PASSED" : "FAILED");
}

} // namespace

int main(int count, char** values) {
    CLI::App app("Rotations under load, without loss", "tools/bench rotations");
    Options options;
    app.add_option("--rotations", options.rotations, "at one a second (default: 1000)");
    app.add_option("--cipher", options.cipher, "none, aes-256-cbc or aes-256-gcm");
    app.add_option("--size", options.size, "of the hosts' frames, bytes");
    app.add_option("--streams", options.streams);
    app.add_option("--cores", options.cores,
                   "of hosts and control, the near worker, the far worker (default: 0,1,1)")
        ->delimiter(',')
        ->expected(3);
    app.add_option("--seconds", options.seconds, "of each try for the highest rate");
    app.add_option("--rate", options.rate, "packets a second, instead of looking for a rate");
    app.add_flag("--poll", options.polls, "workers never sleep: each on a core of its own");
    app.add_flag("--json", options.json);
    CLI11_PARSE(app, count, values);
    try {
        start_eal(values[0], options.cores);
        const Verdict verdict = measure(options);
        print(verdict, options.json);
        rte_eal_cleanup();
        return verdict.passed ? 0 : 1;
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "rotations: %s\n", failure.what());
        return 1;
    }
}
