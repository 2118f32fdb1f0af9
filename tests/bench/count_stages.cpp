// SPDX-License-Identifier: BSD-3-Clause
// What tools/bench instructions counts, under valgrind --tool=callgrind: bursts into the tunnel and
// out of it, empty polls, rotations, each in a part of its own. The clock is moved by hand, so that
// every run does the same.
//
//     count_stages none|aes-256-cbc|aes-256-gcm
//
// Writes how often each part did what, as JSON.
#include "site.hpp"
#include "tests/support/becomes_true.hpp"
#include "tests/support/fake_clock.hpp"

#include <rte_eal.h>

#include <valgrind/callgrind.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace mt6d;
using namespace mt6d::bench;

constexpr std::size_t burst = 64; // one packet of each stream
constexpr std::size_t frame_size = 200;
constexpr unsigned rounds = 50; // bursts each way
constexpr unsigned warm_up = 4; // bursts before: what only first packets cost is left out
constexpr std::uint64_t empty_polls = 500;
constexpr unsigned wire_size = 1024;
constexpr std::uint32_t rotation = 10;
constexpr unsigned rotations = 4;
constexpr std::int64_t tick_ns = 100'000'000;
constexpr std::int64_t start_ns = 1'700'000'005 * nanoseconds_per_second;

void wait_until(const auto& condition) {
    if (!becomes_true(condition)) {
        throw std::runtime_error("a gateway does not do what it should");
    }
}

class Subject {
public:
    explicit Subject(Cipher cipher)
        : form_{{cipher, rotation, burst}, config::Idle::poll, config::Crypto::openssl} {
        for (const config::Stream& stream : near_streams(form_.streams)) {
            frames_.push_back(host_frame(stream, Site::near_internal_mac, frame_size));
        }
    }
    void run();

private:
    using Packets = std::vector<rte_mbuf*>;

    void begin();
    // `units`: that the part did, since begin().
    void end(const char* name, std::uint64_t units, std::uint64_t busy_polls);
    [[nodiscard]] std::uint64_t polls() const { return near_.polls() + far_.polls(); }
    void encapsulate(unsigned bursts, Packets& tunnelled);
    void decapsulate(const Packets& tunnelled);
    void poll_nothing();
    void rotate();
    // Waits for a burst of hosts' packets; what the gateways made themselves is freed.
    void collect(const Wire& wire, Packets& packets) const;
    static void send(const Wire& wire, std::span<rte_mbuf* const> packets);

    test::FakeClock clock_{start_ns};
    GatewayForm form_;
    rte_mempool* hosts_ = packet_pool("hosts", 8191, 0);
    Wire from_hosts_{"from_hosts", wire_size};
    Wire to_hosts_{"to_hosts", wire_size};
    Wire near_to_network_{"near_to_network", wire_size};
    Wire network_to_near_{"network_to_near", wire_size};
    Wire far_to_network_{"far_to_network", wire_size};
    Wire network_to_far_{"network_to_far", wire_size};
    Wire from_remote_{"from_remote", wire_size};
    Wire to_remote_{"to_remote", wire_size};
    Site near_{
        End::near, form_, clock_, {from_hosts_, to_hosts_}, {network_to_near_, near_to_network_}};
    Site far_{
        End::far, form_, clock_, {from_remote_, to_remote_}, {network_to_far_, far_to_network_}};
    std::vector<Frame> frames_;
    std::uint64_t polls_before_ = 0;
};

void Subject::begin() {
    polls_before_ = polls();
    CALLGRIND_ZERO_STATS;
}

void Subject::end(const char* name, std::uint64_t units, std::uint64_t busy_polls) {
    CALLGRIND_DUMP_STATS_AT(name);
    std::printf("{\"part\": \"%s\", \"units\": %llu, \"empty_polls\": %llu}\n", name,
                static_cast<unsigned long long>(units),
                static_cast<unsigned long long>(polls() - polls_before_ - busy_polls));
}

void Subject::send(const Wire& wire, std::span<rte_mbuf* const> packets) {
    auto* const* const slots = reinterpret_cast<void* const*>(packets.data());
    const auto count = static_cast<unsigned>(packets.size());
    if (rte_ring_enqueue_bulk(wire.ring(), slots, count, nullptr) != count) {
        throw std::runtime_error("a wire is full");
    }
}

void Subject::collect(const Wire& wire, Packets& packets) const {
    const std::size_t wanted = packets.size() + burst;
    wait_until([&] {
        void* slot = nullptr;
        while (rte_ring_dequeue(wire.ring(), &slot) == 0) {
            auto* const packet = static_cast<rte_mbuf*>(slot);
            if (packet->pool == hosts_) {
                packets.push_back(packet);
            } else {
                rte_pktmbuf_free(packet);
            }
        }
        return packets.size() >= wanted;
    });
}

void Subject::encapsulate(unsigned bursts, Packets& tunnelled) {
    for (unsigned i = 0; i < bursts; ++i) {
        Packets packets;
        for (const Frame& frame : frames_) {
            packets.push_back(packet_of(frame, hosts_));
        }
        send(from_hosts_, packets);
        collect(near_to_network_, tunnelled);
    }
}

void Subject::decapsulate(const Packets& tunnelled) {
    for (std::size_t i = 0; i < tunnelled.size(); i += burst) {
        send(network_to_far_, std::span(tunnelled).subspan(i, burst));
        Packets inner;
        collect(to_remote_, inner);
        rte_pktmbuf_free_bulk(inner.data(), static_cast<unsigned>(inner.size()));
    }
}

void Subject::poll_nothing() {
    const std::uint64_t before = polls();
    wait_until([&] { return polls() >= before + empty_polls; });
}

void Subject::rotate() {
    constexpr std::int64_t all = rotations * rotation * nanoseconds_per_second;
    for (std::int64_t passed = 0; passed < all; passed += tick_ns) {
        clock_.advance(tick_ns);
        near_.tick();
        far_.tick();
        std::this_thread::sleep_for(std::chrono::microseconds(100)); // workers end grace periods
        for (const Wire* const wire :
             {&to_hosts_, &near_to_network_, &to_remote_, &far_to_network_}) {
            wire->discard();
        }
    }
}

void Subject::run() {
    near_.tick();
    far_.tick();
    Packets first;
    encapsulate(warm_up, first);
    decapsulate(first);
    Packets tunnelled;
    CALLGRIND_START_INSTRUMENTATION;
    begin();
    poll_nothing();
    end("polls", polls() - polls_before_, 0);
    begin();
    encapsulate(rounds, tunnelled);
    end("into_tunnel", tunnelled.size(), rounds);
    begin();
    decapsulate(tunnelled);
    end("out_of_tunnel", tunnelled.size(), rounds);
    begin();
    rotate();
    end("rotations", 2 * rotations * frames_.size(), 0);
    CALLGRIND_STOP_INSTRUMENTATION;
    const std::string lost = near_.losses() + " " + far_.losses();
    if (lost != " ") {
        throw std::runtime_error("dropped: " + lost);
    }
}

} // namespace

int main(int count, char** values) {
    try {
        const std::span<char*> arguments(values, static_cast<std::size_t>(count));
        const Cipher cipher = cipher_named(arguments.size() == 2 ? arguments[1] : "");
        start_eal(arguments[0], {0, 0, 0});
        Subject(cipher).run();
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "count_stages: %s\n", failure.what());
        return 1;
    }
    rte_eal_cleanup();
    return 0;
}
