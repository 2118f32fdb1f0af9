// SPDX-License-Identifier: BSD-3-Clause
// A neighbour cache on the bench: brings entries into a state, keeps what the dataplane would
// know, and writes down what the cache did as text.
#pragma once

#include "control/neighbor_cache.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mt6d::test {

inline constexpr std::int64_t second = nanoseconds_per_second;
inline constexpr MacAddress mac_a{{2, 0, 0, 0, 0, 0xa}};
inline constexpr MacAddress mac_b{{2, 0, 0, 0, 0, 0xb}};

inline Ipv6Address address_of(std::uint32_t number) {
    Ipv6Address address{{0x20, 0x01, 0x0d, 0xb8}};
    for (std::size_t i = 0; i < 4; ++i) {
        address.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    }
    return address;
}

// How an entry came to be as it is; lent is incomplete with a MAC from the caller.
enum class Start { incomplete, lent, reachable, stale, delay, probe, failed, permanent };
inline constexpr Start all_starts[] = {Start::incomplete, Start::lent,     Start::reachable,
                                       Start::stale,      Start::delay,    Start::probe,
                                       Start::failed,     Start::permanent};

inline const char* name_of(Start start) {
    static constexpr const char* names[] = {"incomplete", "lent",  "reachable", "stale",
                                            "delay",      "probe", "failed",    "permanent"};
    return names[static_cast<int>(start)];
}

inline const char* name_of(NeighborState state) {
    static constexpr const char* names[] = {"incomplete", "reachable", "stale",    "delay",
                                            "probe",      "failed",    "permanent"};
    return names[static_cast<int>(state)];
}

inline std::string name_of(const std::optional<MacAddress>& mac) {
    return !mac || mac->is_zero() ? "-" : mac == mac_a ? "A" : mac == mac_b ? "B" : mac->text();
}

class NeighborBench {
public:
    explicit NeighborBench(std::size_t capacity = 16)
        : cache(capacity, [this] { return random; }) {}

    // Puts the target into a state, with MAC A where that state has one.
    void begin(Start start) {
        if (start == Start::permanent) {
            id = cache.add_permanent(target, mac_a, actions_).value();
            take();
            return;
        }
        resolve(start == Start::lent ? std::optional(mac_a) : std::nullopt);
        if (start == Start::failed) {
            run_until(now + 3 * second);
        } else if (start == Start::reachable) {
            advertise({target, mac_a, false, true, true});
        } else if (start != Start::incomplete && start != Start::lent) {
            advertise({target, mac_a, false, false, true});
        }
        if (start == Start::delay || start == Start::probe) {
            use();
        }
        if (start == Start::probe) {
            run_until(now + 5 * second);
        }
    }

    std::string resolve(std::optional<MacAddress> previous = std::nullopt) {
        id = cache.resolve(target, now, previous, actions_).value();
        return take();
    }
    std::string advertise(const Advertisement& advertisement) {
        cache.on_advertisement(advertisement, now, actions_);
        return take();
    }
    std::string solicitation(const MacAddress& source_mac) {
        cache.on_solicitation(target, source_mac, actions_);
        return take();
    }
    std::string router_advertisement(std::optional<MacAddress> mac) {
        cache.on_router_advertisement(target, mac, now, actions_);
        return take();
    }
    std::string use() {
        cache.used(id, now, actions_);
        return take();
    }

    // Time passes, each timer is served when it is due: "second: what was done" for each.
    std::vector<std::string> run_until(std::int64_t end) {
        std::vector<std::string> lines;
        while (cache.next_deadline().value_or(INT64_MAX) <= end) {
            const std::int64_t due = *cache.next_deadline();
            if (due <= now && !lines.empty()) {
                ADD_FAILURE() << "the timer of " << due << " ns stays due at " << now << " ns";
                return lines;
            }
            now = due;
            cache.advance(now, actions_);
            lines.push_back(std::to_string(now / second) + ": " + take());
        }
        now = end;
        return lines;
    }

    // "state MAC", as the cache says.
    [[nodiscard]] std::string neighbor() const {
        const auto found = cache.find(target);
        return found ? std::string(name_of(found->state)) + " " + name_of(found->mac) : "none";
    }

    // What the cache told the dataplane last agrees with what it knows.
    void expect_dataplane_knows() const {
        const auto found = cache.find(target);
        ASSERT_TRUE(found);
        const auto known = dataplane.at(found->id);
        EXPECT_EQ(known.state, adjacency_state(found->state, found->mac.has_value()));
        EXPECT_EQ(known.mac, found->mac.value_or(MacAddress{}));
    }

    std::uint32_t random = 0x80000000; // half: reachable for exactly 30 s
    NeighborCache cache;
    Ipv6Address target = address_of(1);
    AdjacencyId id = 0; // of the target
    std::int64_t now = 0;
    std::map<AdjacencyId, AdjacencyChanged> dataplane;

private:
    std::string take() {
        std::string text;
        for (const NeighborAction& action : actions_) {
            text += text.empty() ? "" : ", ";
            if (std::holds_alternative<SolicitMulticast>(action)) {
                text += "multicast";
            } else if (const auto* unicast = std::get_if<SolicitUnicast>(&action)) {
                text += "unicast " + name_of(unicast->mac);
            } else {
                const auto& change = std::get<AdjacencyChanged>(action);
                dataplane[change.id] = change;
                text += text_of(change);
            }
        }
        actions_.clear();
        return text;
    }

    static std::string text_of(const AdjacencyChanged& change) {
        static constexpr const char* names[] = {"waiting", "usable", "unconfirmed", "failed"};
        const std::string name = names[static_cast<int>(change.state)];
        return change.mac.is_zero() ? name : name + " " + name_of(change.mac);
    }

    NeighborActions actions_;
};

} // namespace mt6d::test
