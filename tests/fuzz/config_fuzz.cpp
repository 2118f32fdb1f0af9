// SPDX-License-Identifier: BSD-3-Clause
// The configuration loader on any bytes. The input is the YAML file; what follows a line of "====",
// if there is one, is the streams file. No file is touched: the same key is in every key file.
#include "control/config/loader.hpp"
#include "tests/unit/memory_files.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace mt6d::config;

constexpr std::string_view separator = "====\n";
constexpr std::string_view key = "f0e1d2c3b4a5968778695a4b3c2d1e0ff0e1d2c3b4a5968778695a4b3c2d1e0f";

// Key files for every name, and one streams file.
class FuzzFiles final : public FileReader {
public:
    explicit FuzzFiles(std::string_view streams) : streams_(streams) {}

    mt6d::Result<std::unique_ptr<Input>> open(const std::string& path,
                                              Privacy /*privacy*/) override {
        const bool is_key = path.ends_with(".key");
        return std::unique_ptr<Input>(
            std::make_unique<MemoryInput>(is_key ? std::string(key) : streams_, 100));
    }

private:
    std::string streams_;
};

// What the loader promises to everybody else.
void check(const Loaded& loaded, bool key_is_in_yaml) {
    if (loaded.config.has_value() != loaded.errors.empty()) {
        std::abort();
    }
    for (const auto& list : {loaded.errors, loaded.warnings}) {
        for (const Diagnostic& diagnostic : list) {
            if (diagnostic.where.empty() || diagnostic.message.empty()
                || (!key_is_in_yaml && diagnostic.message.find(key) != std::string::npos)) {
                std::abort();
            }
        }
    }
    if (!loaded.config) {
        return;
    }
    if (loaded.config->streams.empty() || loaded.config->workers.empty()) {
        std::abort();
    }
    for (const Stream& stream : loaded.config->streams) {
        const StreamOptions& options = stream.options;
        if (options.lifetime % options.rotation != 0 || options.lifetime / options.rotation < 2
            || stream.key.bytes().size() < SessionKey::min_size || stream.name.empty()) {
            std::abort();
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto found = input.find(separator);
    const std::string_view yaml = input.substr(0, found);
    FuzzFiles files(found == std::string_view::npos ? "" : input.substr(found + separator.size()));
    // Whoever names a host like a key sees it again; a key where keys belong is never seen.
    const bool key_is_in_yaml = yaml.find(key) != std::string_view::npos;
    check(load_text(yaml, "fuzz.yaml", {}, files), key_is_in_yaml);
    // The beginning of the input as an override, too: the path that takes text from a command line.
    const std::string override_option(yaml.substr(0, yaml.find('\n')));
    check(load_text(yaml, "fuzz.yaml", {override_option, "streams.0.rotation=2s"}, files),
          key_is_in_yaml);
    return 0;
}
