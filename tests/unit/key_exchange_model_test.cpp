// SPDX-License-Identifier: BSD-3-Clause
// Key exchange under every trouble (docs/protocol.md, 9, rule 7), in thousands of seeded runs.
// MT6D_MODEL_RUNS sets their number (a million take minutes), MT6D_MODEL_SEED the first
// seed: a failure names its own. MT6D_MODEL_TELL=1 tells what happens in them.
#include "control/exchange/openssl_exchange_crypto.hpp"
#include "tests/unit/key_exchange_model.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace mt6d {
namespace {

using test::ExchangeModel;
using test::ModelTroubles;

constexpr std::int64_t second = nanoseconds_per_second;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Each its own scenario, from its seed: settings, traffic, troubles.
class Scenario {
public:
    explicit Scenario(std::uint64_t seed) : engine_(seed ^ 0x5eed) {}

    std::int64_t pick(std::initializer_list<std::int64_t> choices) {
        return choices.begin()[engine_() % choices.size()];
    }
    KeyExchangeSettings settings() {
        KeyExchangeSettings made;
        made.method = pick({0, 0, 1}) == 1 ? KeyMethod::wrap : KeyMethod::x25519;
        made.rotation = static_cast<std::uint32_t>(pick({1, 10, 10, 20}));
        made.lifetime = made.rotation * static_cast<std::uint32_t>(pick({2, 3, 3, 6}));
        made.rekey_interval = static_cast<std::uint32_t>(pick({60, 90, 150, 86400}));
        made.rekey_window = static_cast<std::uint32_t>(pick({0, 5, 30}));
        made.own.bytes.fill(1);
        made.peer.bytes.fill(2);
        std::array<std::uint8_t, 64> key{};
        key.fill(static_cast<std::uint8_t>(engine_()));
        made.key = *config::SessionKey::from_bytes(key);
        return made;
    }
    // Rarely everything at once: most faults need few troubles, in the right order.
    ModelTroubles troubles() {
        ModelTroubles made;
        const auto some = [&](std::initializer_list<std::int64_t> choices) {
            return static_cast<unsigned>(pick({0, 1}) * pick(choices));
        };
        made.lose_message = some({50, 300, 700});
        made.lose_any = some({20, 200});
        made.duplicate = some({100, 500});
        made.change_message = some({50, 300});
        made.delay_long = some({20, 200});
        made.delay_ms = static_cast<unsigned>(pick({0, 300, 2000}));
        made.block = some({5, 20});
        made.crash_step = some({2, 8});
        made.crash_action = some({10, 100});
        made.set_clock = pick({0, 0, 1}) == 1 ? some({2, 5}) : 0;
        made.lose_disk = some({100, 500});
        made.old_disk = some({100, 500});
        made.disk_ms = static_cast<unsigned>(pick({0, 500, 5000}));
        made.no_leave = some({100, 800});
        made.lose_part = some({100, 500});
        made.disk_full = some({10, 50});
        made.lose_send = some({100, 500});
        made.late = some({20, 100});
        made.replay = some({50, 500});
        return made;
    }

private:
    std::mt19937_64 engine_;
};

// From the moment nothing goes wrong any more, where rule 6 takes longest:
// 1. Side a has a key that was agreed on, and side b lost it or took another. Rule 4 has a keep it
//    and change to it; until then it does not recover. Its change time is max(3R, 30 s) ahead at
//    most, and R where clocks differ by that.
// 2. a sends on it and hears nothing for max(3R, 30 s), rule 6's time, and offers.
// 3. b may take that only after as long a silence of its own, which began later by what was under
//    way then. It is offered again 16 s after, at most.
// 4. From the offer to the change max(3R, 30 s) pass (rule 1).
// And 10 s: whole seconds of times and looks, messages, disks, data of each 1.5 s.
std::int64_t recovery_time(const KeyExchangeSettings& settings) {
    const std::int64_t rotation = settings.rotation;
    return (3 * std::max<std::int64_t>(3 * rotation, 30) + rotation + 16 + 10) * second;
}

std::string how_to_repeat(std::uint64_t seed) {
    return "MT6D_MODEL_SEED=" + std::to_string(seed) + " MT6D_MODEL_RUNS=1";
}

template <class Run>
void run_all(std::uint64_t usual, Run run) {
    const std::uint64_t first = from_environment("MT6D_MODEL_SEED", 1);
    const std::uint64_t runs = from_environment("MT6D_MODEL_RUNS", usual);
    for (std::uint64_t seed = first; seed < first + runs; ++seed) {
        run(seed);
        if (testing::Test::HasFailure()) {
            FAIL() << "to repeat it: " << how_to_repeat(seed);
        }
    }
}

std::string first_fault(const ExchangeModel& model) {
    return model.faults.empty() ? "" : model.faults.front();
}

// In all runs.
struct Happened {
    std::uint64_t replays = 0;
    std::uint64_t excused = 0; // numbers used again, as section 6 says they may be
};

void come_through(std::uint64_t seed, ExchangeCrypto& crypto, Happened& happened) {
    Scenario scenario(seed);
    const KeyExchangeSettings settings = scenario.settings();
    ExchangeModel model(settings, seed, crypto);
    model.tell = from_environment("MT6D_MODEL_TELL", 0) != 0;
    model.troubles = scenario.troubles();
    model.data_every = {scenario.pick({0, 1, 3, 10}), scenario.pick({0, 1, 3, 10})};
    model.packets_at_once = static_cast<std::uint64_t>(scenario.pick({1, 1 << 20, 1 << 24}));
    model.run(scenario.pick({40, 100, 200}) * second);
    model.replay_old_messages();
    ASSERT_EQ(first_fault(model), "");

    model.heal();
    model.data_every = {3, 3};
    const std::int64_t healed = model.now();
    model.run(recovery_time(settings));
    model.count_lost = true;
    model.run(20 * second);
    model.replay_old_messages();
    ASSERT_EQ(first_fault(model), "") << "healed at " << healed % (100000 * second) / second;
    model.run((settings.lifetime + 5) * second);
    model.check_rest();
    ASSERT_EQ(first_fault(model), "");
    ASSERT_GT(model.data_opened, 0U);
    happened.replays += model.replays;
    happened.excused += model.sides[0].numbers.excused + model.sides[1].numbers.excused;
}

TEST(KeyExchangeModel, both_sides_talk_again_after_whatever_happened) {
    test::CheapExchangeCrypto crypto;
    Happened happened;
    run_all(20000, [&](std::uint64_t seed) { come_through(seed, crypto, happened); });
    EXPECT_GT(happened.replays, 0U);
    EXPECT_GT(happened.excused, 0U);
}

void lose_nothing(std::uint64_t seed, unsigned lost_messages, ExchangeCrypto& crypto) {
    Scenario scenario(seed);
    KeyExchangeSettings settings = scenario.settings();
    settings.rekey_interval = static_cast<std::uint32_t>(scenario.pick({60, 90}));
    settings.rekey_interval += 2 * settings.lifetime;
    ExchangeModel model(settings, seed, crypto);
    model.tell = from_environment("MT6D_MODEL_TELL", 0) != 0;
    model.troubles.lose_message = model.troubles.lose_send = lost_messages;
    model.troubles.duplicate = 100;
    model.troubles.late = static_cast<unsigned>(scenario.pick({0, 50}));
    model.troubles.late_ms = 1500;
    model.troubles.replay = static_cast<unsigned>(scenario.pick({0, 300}));
    // With R = 1 s and clocks apart by nearly that, L leaves no room for more.
    model.troubles.delay_ms =
        settings.rotation == 1 ? 300 : static_cast<unsigned>(scenario.pick({0, 500, 2000}));
    model.data_every = {scenario.pick({1, 2}), scenario.pick({1, 3, 5, 0})};
    if (scenario.pick({0, 1}) == 1) {
        std::swap(model.data_every[0], model.data_every[1]);
    }
    model.count_lost = true;
    model.run(4 * settings.rekey_interval * second);
    ASSERT_EQ(first_fault(model), "");
    for (const test::ModelSide& side : model.sides) {
        ASSERT_GE(side.machine->epoch(), lost_messages == 0 ? 2U : 0U);
        if (lost_messages == 0) { // else a side that only confirms may not be heard for long
            ASSERT_EQ(side.machine->facts(0).recoveries, 0U);
        }
    }
}

TEST(KeyExchangeModel, no_packet_is_lost_while_keys_change_and_messages_arrive) {
    test::CheapExchangeCrypto crypto;
    run_all(2000, [&](std::uint64_t seed) { lose_nothing(seed, 0, crypto); });
}

TEST(KeyExchangeModel, no_packet_is_lost_even_if_messages_are) {
    test::CheapExchangeCrypto crypto;
    run_all(2000, [&](std::uint64_t seed) { lose_nothing(seed, 500, crypto); });
}

// Crashes at every point, whose disk holds what was written: rule 3 says that a restart goes on
// from there, so nobody ever has to recover.
std::uint64_t need_no_recovery(std::uint64_t seed, ExchangeCrypto& crypto) {
    Scenario scenario(seed);
    KeyExchangeSettings settings = scenario.settings();
    settings.rotation = 10;
    settings.lifetime = 30;
    settings.rekey_interval = static_cast<std::uint32_t>(scenario.pick({60, 90}));
    ExchangeModel model(settings, seed, crypto);
    model.tell = from_environment("MT6D_MODEL_TELL", 0) != 0;
    model.troubles = scenario.troubles();
    model.troubles.lose_any = model.troubles.block = model.troubles.set_clock = 0;
    model.troubles.lose_disk = model.troubles.old_disk = model.troubles.lose_part = 0;
    model.troubles.crash_step = static_cast<unsigned>(scenario.pick({2, 10}));
    model.troubles.crash_action = static_cast<unsigned>(scenario.pick({0, 50, 300}));
    model.troubles.down_s = 5;
    model.troubles.up_s = 10;
    model.data_every = {1, scenario.pick({1, 3})};
    model.run(300 * second);
    model.heal();
    model.run(60 * second);
    std::uint64_t recoveries = model.recoveries;
    for (const test::ModelSide& side : model.sides) {
        recoveries += side.machine->facts(model.now()).recoveries;
    }
    EXPECT_EQ(first_fault(model), "");
    EXPECT_EQ(recoveries, 0U);
    return model.crashes;
}

TEST(KeyExchangeModel, restarts_with_what_is_on_disk_need_no_recovery) {
    test::CheapExchangeCrypto crypto;
    std::uint64_t crashes = 0;
    run_all(5000, [&](std::uint64_t seed) { crashes += need_no_recovery(seed, crypto); });
    EXPECT_GT(crashes, 0U);
}

TEST(KeyExchangeModel, holds_with_real_cryptography) {
    OpensslExchangeCrypto crypto;
    Happened happened;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        come_through(seed, crypto, happened);
        lose_nothing(seed, 0, crypto);
        ASSERT_FALSE(testing::Test::HasFailure()) << how_to_repeat(seed);
    }
}

} // namespace
} // namespace mt6d
