// SPDX-License-Identifier: BSD-3-Clause
// How a configuration differs from the one in force, and what each difference takes.
#include "control/config/difference.hpp"
#include "control/config/stream_line.hpp"
#include "control/rotation_times.hpp"
#include "tests/unit/config_support.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>

namespace mt6d::config {
namespace {

Config good() {
    MemoryFiles files;
    add_good_files(files);
    auto loaded = load_text(good_yaml, "etc/c.yaml", {}, files);
    EXPECT_TRUE(loaded.config) << loaded.errors.front().text();
    return *std::move(loaded.config);
}

std::vector<StreamPtr> streams_of(const Config& config) {
    std::vector<StreamPtr> streams;
    for (const Stream& stream : config.streams) {
        streams.push_back(std::make_shared<const Stream>(stream));
    }
    return streams;
}

Difference from_good(const std::function<void(Config&)>& change) {
    const Config before = good();
    Config after = before;
    change(after);
    return difference(before, streams_of(before), after);
}

using Names = std::vector<std::string_view>;

Names keys(const std::vector<Difference::Setting>& settings) {
    Names names;
    for (const auto& setting : settings) {
        names.push_back(setting.key);
    }
    return names;
}

TEST(ADifference, is_empty_between_equal_configurations) {
    const Difference none = from_good([](Config&) {});
    EXPECT_TRUE(none.empty());
    EXPECT_EQ(none.unchanged, 1U);
}

struct SettingRow {
    std::string_view key;
    void (*change)(Config&);
};
const std::vector<SettingRow> setting_rows{
    {"name", [](Config& c) { c.name = "other"; }},
    {"mode", [](Config& c) { c.mode = Mode::host; }},
    {"idle", [](Config& c) { c.idle = Idle::sleep; }},
    {"control_core", [](Config& c) { c.control_core = 1; }},
    {"workers",
     [](Config& c) {
         c.workers = {1, 2};
     }},
    {"memory", [](Config& c) { c.memory_mib = 1024; }},
    {"hugepages", [](Config& c) { c.hugepages = false; }},
    {"crypto", [](Config& c) { c.crypto = Crypto::openssl; }},
    {"crypto_device", [](Config& c) { c.crypto_device = "crypto_openssl"; }},
    {"state_dir", [](Config& c) { c.state_dir = "/elsewhere"; }},
    {"streams_at_most", [](Config& c) { c.streams_at_most = 5; }},
    {"control.socket", [](Config& c) { c.control.socket = "/elsewhere"; }},
    {"control.group", [](Config& c) { c.control.group = "operators"; }},
    {"log.format", [](Config& c) { c.log.format = log::Format::json; }},
    {"log.level", [](Config& c) { c.log.level = log::Level::debug; }},
    {"metrics.prometheus", [](Config& c) { c.metrics.prometheus = "[::1]:9000"; }},
    {"metrics.streams", [](Config& c) { c.metrics.streams = 1; }},
    {"events", [](Config& c) { c.events = "/elsewhere"; }},
    {"unprotected", [](Config& c) { c.unprotected = Unprotected::drop; }},
    {"other_frames", [](Config& c) { c.other_frames = OtherFrames::forward; }},
    {"internal.device", [](Config& c) { c.internal.device = "net_null1"; }},
    {"internal.mac", [](Config& c) { c.internal.mac = MacAddress::parse("02:00:00:00:00:77"); }},
    {"internal.mtu", [](Config& c) { c.internal.mtu = 1400; }},
    {"external.device", [](Config& c) { c.external.device = "net_null1"; }},
    {"external.mac", [](Config& c) { c.external.mac = MacAddress::parse("02:00:00:00:00:77"); }},
    {"external.mtu", [](Config& c) { c.external.mtu = 1400; }},
    {"external.on_link", [](Config& c) { c.external.on_link.clear(); }},
    {"external.default_router", [](Config& c) { c.external.default_router.reset(); }},
    {"external.router_advertisements",
     [](Config& c) { c.external.router_advertisements = Advertisements::ignore; }},
    {"external.routed",
     [](Config& c) { c.external.routed = {*Ipv6Prefix::parse("2001:db8:f::/64")}; }},
    {"external.neighbors",
     [](Config& c) {
         c.external.neighbors = {
             {*Ipv6Address::parse("fe80::2"), *MacAddress::parse("02:00:00:00:00:78")}};
     }},
};

TEST(ADifference, of_each_setting_is_named_and_no_other) {
    Names tried;
    for (const SettingRow& row : setting_rows) {
        SCOPED_TRACE(row.key);
        const Difference found = from_good(row.change);
        const bool at_once = row.key == "log.level";
        EXPECT_EQ(keys(found.need_restart), at_once ? Names{} : Names{row.key});
        EXPECT_EQ(keys(found.settings), at_once ? Names{row.key} : Names{});
        EXPECT_EQ(found.unchanged, 1U);
        tried.push_back(row.key);
    }
    Names known = keys_that_need_a_restart();
    const Names at_once = keys_that_take_effect_at_once();
    known.insert(known.end(), at_once.begin(), at_once.end());
    std::sort(known.begin(), known.end());
    std::sort(tried.begin(), tried.end());
    EXPECT_EQ(tried, known);
}

struct StreamRow {
    std::string_view option;
    bool begins_anew;
    void (*change)(Stream&);
};
const std::vector<StreamRow> stream_rows{
    {"key", true, [](Stream& s) { s.key = *SessionKey::generate(); }},
    {"local.mac", true, [](Stream& s) { s.local.mac = *MacAddress::parse("02:00:00:00:00:1a"); }},
    {"remote.mac", true, [](Stream& s) { s.remote.mac = *MacAddress::parse("02:00:00:00:00:1b"); }},
    {"local.hashed_prefix", true,
     [](Stream& s) { s.local.hashed_prefix = Ipv6Prefix::parse("2001:db8:f::/64"); }},
    {"remote.hashed_prefix", true,
     [](Stream& s) { s.remote.hashed_prefix = Ipv6Prefix::parse("2001:db8:e::/64"); }},
    {"rotation", true, [](Stream& s) { s.options.rotation = 20; }},
    {"lifetime", true, [](Stream& s) { s.options.lifetime = 50; }},
    {"hash", true, [](Stream& s) { s.options.hash = Hash::sha512; }},
    {"cipher", true, [](Stream& s) { s.options.cipher = Cipher::none; }},
    {"base_port", true, [](Stream& s) { s.options.base_port = 4000; }},
    {"rekey.method", true, [](Stream& s) { s.options.rekey.method = KeyMethod::wrap; }},
    {"rekey.interval", true, [](Stream& s) { s.options.rekey.interval = 100; }},
    {"rekey.window", true, [](Stream& s) { s.options.rekey.window = 5; }},
    {"flow_labels", false, [](Stream& s) { s.options.flow_labels = false; }},
    {"accept_zero_checksum", false, [](Stream& s) { s.options.accept_zero_checksum = true; }},
    {"lower_mss", false, [](Stream& s) { s.options.lower_mss = false; }},
    {"copy_dscp", false, [](Stream& s) { s.options.copy_dscp = true; }},
    {"name", false, [](Stream& s) { s.name = "another"; }},
};

TEST(ADifference, of_each_option_of_a_stream_begins_it_anew_or_lets_it_go_on) {
    Names anew;
    Names goes_on;
    for (const StreamRow& row : stream_rows) {
        SCOPED_TRACE(row.option);
        const Difference found = from_good([&](Config& config) { row.change(config.streams[0]); });
        const auto& there = row.begins_anew ? found.anew : found.altered;
        ASSERT_EQ(there.size(), 1U);
        EXPECT_EQ(there[0].options, Names{row.option});
        EXPECT_EQ(found.anew.size() + found.altered.size(), 1U);
        EXPECT_EQ(found.unchanged, 0U);
        (row.begins_anew ? anew : goes_on).push_back(row.option);
    }
    EXPECT_EQ(anew, stream_options_that_begin_anew());
    EXPECT_EQ(goes_on, stream_options_that_alter());
}

TEST(ADifference, takes_the_two_hosts_for_what_makes_a_stream) {
    const Difference found = from_good([](Config& config) {
        config.streams.push_back(config.streams[0]);
        config.streams[0].remote.address.bytes[15] ^= 1U; // comes first now, and is new
    });
    EXPECT_EQ(found.added, std::vector<std::size_t>{0});
    EXPECT_TRUE(found.removed.empty());
    EXPECT_EQ(found.unchanged, 1U);
    const Difference gone =
        from_good([](Config& config) { config.streams[0].local.address.bytes[15] ^= 1U; });
    EXPECT_EQ(gone.added, std::vector<std::size_t>{0});
    EXPECT_EQ(gone.removed, std::vector<std::size_t>{0});
    EXPECT_EQ(gone.unchanged, 0U);
}

// --- docs/configuration.md --------------------------------------------------------------------

// The keys that stand in backquotes behind "- WHAT:".
std::vector<std::string> documented(const std::string& what) {
    std::ifstream page(MT6D_SOURCE_ROOT "/docs/configuration.md");
    for (std::string line; std::getline(page, line);) {
        if (!line.starts_with("- " + what + ": ")) {
            continue;
        }
        std::vector<std::string> keys;
        std::istringstream parts(line);
        bool is_key = false;
        for (std::string part; std::getline(parts, part, '`'); is_key = !is_key) {
            if (is_key) {
                keys.push_back(part);
            }
        }
        return keys;
    }
    return {};
}

std::vector<std::string> sorted(const Names& names) {
    std::vector<std::string> texts(names.begin(), names.end());
    std::sort(texts.begin(), texts.end());
    return texts;
}

TEST(TheConfigurationPage, says_of_each_key_what_a_reload_does) {
    const auto page = [](const std::string& what) {
        auto keys = documented(what);
        std::sort(keys.begin(), keys.end());
        return keys;
    };
    EXPECT_EQ(page("needs a restart"), sorted(keys_that_need_a_restart()));
    EXPECT_EQ(page("takes effect at once"), sorted(keys_that_take_effect_at_once()));
    EXPECT_EQ(page("the stream goes on"), sorted(stream_options_that_alter()));
    EXPECT_EQ(page("the stream begins anew"), sorted(stream_options_that_begin_anew()));
}

// --- a stream that an operator adds -----------------------------------------------------------

class AnAddedStream : public testing::Test {
protected:
    AnAddedStream() { add_good_files(files); }
    Result<Stream> read(const std::string& line) {
        return read_added_stream(line, config, streams_of(config), files);
    }
    void expect_refused(const std::string& line, const std::string& why) {
        const auto read_line = read(line);
        ASSERT_FALSE(read_line) << line;
        EXPECT_NE(read_line.error().message.find(why), std::string::npos)
            << read_line.error().message;
        EXPECT_EQ(read_line.error().message.find(good_key), std::string::npos);
    }
    static std::string line(const std::string& more = "") {
        return "2001:db8:1::a 02:00:00:00:00:0a 2001:db8:2::c 02:00:00:00:00:0c key-file ab.key"
               + more;
    }
    MemoryFiles files;
    Config config = good();
};

TEST_F(AnAddedStream, is_read_as_a_line_of_a_streams_file_with_its_key_in_a_file) {
    const auto stream = read(line(" name=extra rotation=20s"));
    ASSERT_TRUE(stream) << stream.error().message;
    EXPECT_EQ(stream->name, "extra");
    EXPECT_EQ(stream->options.rotation, 20U);
    EXPECT_EQ(std::string_view(stream->key.hex()), good_key);
}

TEST_F(AnAddedStream, inherits_the_defaults_of_the_configuration) {
    auto loaded = load_text(std::string(good_yaml) + "defaults: { base_port: 4000 }\n",
                            "etc/c.yaml", {}, files);
    ASSERT_TRUE(loaded.config);
    config = *std::move(loaded.config);
    const auto stream = read(line());
    ASSERT_TRUE(stream) << stream.error().message;
    EXPECT_EQ(stream->options.base_port, 4000);
}

TEST_F(AnAddedStream, whose_key_stands_in_the_line_is_refused_without_repeating_it) {
    std::string with_key = line();
    with_key.replace(with_key.find("key-file ab.key"), std::string::npos, good_key);
    expect_refused(with_key, "named by its file alone");
}

TEST_F(AnAddedStream, that_does_not_go_with_those_that_there_are_is_refused) {
    expect_refused(line(" name=alice-bob"), "is taken in the running gateway");
    expect_refused("2001:db8:1::a 02:00:00:00:00:0a 2001:db8:2::b 02:00:00:00:00:0b key-file "
                   "ab.key name=x",
                   "have a stream already, in the running gateway");
    expect_refused("2001:db8:1::a 02:00:00:00:00:99 2001:db8:2::c 02:00:00:00:00:0c key-file "
                   "ab.key",
                   "has the MAC address");
    expect_refused(line(" rotaton=2s"), "did you mean 'rotation'?");
    expect_refused("2001:db8:1::a", "the line ends before");
}

TEST(StreamsAtMost, are_no_fewer_than_the_streams_that_there_are) {
    EXPECT_EQ(errors_of(std::string(good_yaml) + "streams_at_most: 0\n").size(), 1U);
    EXPECT_TRUE(errors_of(std::string(good_yaml) + "streams_at_most: 1\n").empty());
}

} // namespace
} // namespace mt6d::config

namespace mt6d {
namespace {

TEST(RotationTimes, have_one_number_as_long_as_a_stream_has_them) {
    RotationTimes times;
    EXPECT_EQ(times.take(10), 0);
    EXPECT_EQ(times.take(20), 1);
    EXPECT_EQ(times.take(10), 0);
    times.give(0);
    EXPECT_EQ(times.take(30), 2);
    times.give(0);
    EXPECT_EQ(times.take(40), 0) << "no stream has the first one any more";
    EXPECT_EQ(times.take(10), 3);
}

TEST(RotationTimes, are_so_many_at_the_most) {
    RotationTimes times;
    for (std::uint32_t i = 1; i <= max_rotation_times; ++i) {
        EXPECT_TRUE(times.take(10 * i));
    }
    EXPECT_FALSE(times.take(1));
    EXPECT_EQ(times.take(10), 0);
    times.give(5);
    EXPECT_EQ(times.take(1), 5);
}

} // namespace
} // namespace mt6d
