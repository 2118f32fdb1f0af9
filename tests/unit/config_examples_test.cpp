// SPDX-License-Identifier: BSD-3-Clause
// Every example of conf/ loads as it is, beside key files of its own.
#include "control/config/loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <string>

namespace mt6d::config {

namespace {

namespace fs = std::filesystem;

class ConfigExamples : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        std::string form = testing::TempDir() + "/mt6d-examples-XXXXXX";
        ASSERT_NE(::mkdtemp(form.data()), nullptr);
        directory_ = form;
    }
    void TearDown() override { fs::remove_all(directory_); }

    void write_private(const std::string& name, const std::string& text) const {
        const fs::path path = directory_ / name;
        std::ofstream(path) << text;
        ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    }

    fs::path directory_;
};

std::string read(const fs::path& path) {
    std::ifstream stream(path);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::vector<std::string> examples() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(MT6D_CONF)) {
        if (entry.path().extension() == ".yaml") {
            names.push_back(entry.path().stem().string());
        }
    }
    return names;
}

TEST_P(ConfigExamples, LoadWithoutAMessage) {
    const fs::path example = fs::path(MT6D_CONF) / (GetParam() + ".yaml");
    fs::copy(example, directory_);
    const std::string text = read(example);
    const std::regex key_file("key_file: ([^ }\n]+)");
    for (std::sregex_iterator i(text.begin(), text.end(), key_file), end; i != end; ++i) {
        write_private((*i)[1], std::string(128, 'a'));
    }
    write_private("many.streams", read(fs::path(MT6D_CONF) / "many.streams"));

    const Loaded loaded = load(directory_ / (GetParam() + ".yaml"), {});
    for (const Diagnostic& diagnostic : loaded.errors) {
        ADD_FAILURE() << diagnostic.text();
    }
    for (const Diagnostic& diagnostic : loaded.warnings) {
        ADD_FAILURE() << diagnostic.text();
    }
    ASSERT_TRUE(loaded.config.has_value());
    EXPECT_FALSE(loaded.config->streams.empty());
}

std::string test_name(const testing::TestParamInfo<std::string>& example) {
    return std::regex_replace(example.param, std::regex("[^A-Za-z0-9]"), "_");
}

INSTANTIATE_TEST_SUITE_P(Conf, ConfigExamples, testing::ValuesIn(examples()), test_name);

} // namespace

} // namespace mt6d::config
