// SPDX-License-Identifier: BSD-3-Clause
// --set key=value.
#include "tests/unit/config_support.hpp"

#include <gmock/gmock.h>

namespace mt6d::config {

namespace {

using testing::ElementsAre;

Config loaded(const std::vector<std::string>& overrides) {
    MemoryFiles files;
    add_good_files(files);
    Loaded result = load_text(good_yaml, "etc/c.yaml", overrides, files);
    EXPECT_THAT(texts(result.errors), testing::IsEmpty());
    return result.config.value_or(Config{});
}

std::vector<std::string> errors(const std::vector<std::string>& overrides) {
    return errors_of(std::string(good_yaml), overrides);
}

TEST(ConfigOverrides, ReplaceAddAndReachIntoLists) {
    const Config config =
        loaded({"internal.device=net_tap7,iface=x", "defaults.rotation=2s", "workers=[1, 2]",
                "streams.0.name=first", "external.on_link=[2001:db8:9::/64]"});
    EXPECT_EQ(config.internal.device, "net_tap7,iface=x");
    EXPECT_EQ(config.streams.at(0).options.rotation, 2U);
    EXPECT_EQ(config.streams.at(0).options.lifetime, 6U);
    EXPECT_EQ(config.streams.at(0).name, "first");
    EXPECT_THAT(config.workers, ElementsAre(Core{1}, Core{2}));
    EXPECT_EQ(config.external.on_link.at(0).text(), "2001:db8:9::/64");
}

TEST(ConfigOverrides, TheLastOneWins) {
    EXPECT_EQ(loaded({"name=a", "name=b"}).name, "b");
}

TEST(ConfigOverrides, MendWhatTheFileHasWrong) {
    const std::string yaml = changed(std::string(good_yaml), "net_tap0", "nonsense");
    EXPECT_THAT(errors_of(yaml, {"internal.device=net_tap0"}), testing::IsEmpty());
}

TEST(ConfigOverrides, AreCheckedLikeTheFile) {
    EXPECT_THAT(errors({"internal.mtu=9"}),
                ElementsAre("--set internal.mtu: internal.mtu: '9' is out of range: write 1280 to "
                            "9702"));
    EXPECT_THAT(errors({"defaults.rotaton=2s"}),
                ElementsAre("--set defaults.rotaton: unknown key 'rotaton' in defaults; did you "
                            "mean 'rotation'?"));
    EXPECT_THAT(errors({"name="}),
                ElementsAre("--set name: name has no value: write one, or remove the key"));
}

TEST(ConfigOverrides, MustBeWellFormed) {
    EXPECT_THAT(errors({"name"}), ElementsAre("--set name: not of the form KEY=VALUE: write it "
                                              "like --set defaults.rotation=2s"));
    EXPECT_THAT(errors({"=x"}), ElementsAre("--set : not of the form KEY=VALUE: write it like "
                                            "--set defaults.rotation=2s"));
    EXPECT_THAT(errors({"internal..mtu=1500"}),
                ElementsAre("--set internal..mtu: an empty part in the key: write it like "
                            "internal.device"));
    EXPECT_THAT(errors({"streams.1.name=x"}),
                ElementsAre("--set streams.1.name: '1' is no item of this list: write its number, "
                            "0 to 0"));
    EXPECT_THAT(errors({"internal.device.iface=x"}),
                ElementsAre("--set internal.device.iface: 'iface' lies within a single value, not "
                            "a section: shorten the key"));
    EXPECT_THAT(errors({"internal={ device: x }"}),
                ElementsAre("--set internal: the value is a section: set its keys one by one"));
    EXPECT_THAT(errors({"name=a: b: c"}),
                ElementsAre("--set name: not valid YAML: illegal map value (mind indentation, "
                            "colons and brackets)"));
}

} // namespace

} // namespace mt6d::config
