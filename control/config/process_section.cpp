// SPDX-License-Identifier: BSD-3-Clause
// name, mode, idle, cores, memory, crypto, state: what the gateway takes from the machine; and what
// it does with traffic that is not a stream's.
#include "control/config/device.hpp"
#include "control/config/scalars.hpp"
#include "control/config/sections.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mt6d::config {

namespace {

constexpr std::size_t max_workers = 64;

void read_workers(Section& root, Config& config, std::optional<Position> control_core_at) {
    constexpr std::string_view example = "[1, 2], or [any]";
    const Value* const value = root.find("workers");
    if (value == nullptr) {
        return;
    }
    Diagnostics& diagnostics = root.diagnostics();
    if (value->kind == Value::Kind::scalar) {
        diagnostics.error(value->at, fmt::format("workers must be a list of CPUs, one a worker: "
                                                 "write workers: {}",
                                                 example));
        return;
    }
    std::vector<Core> workers;
    for (const Value& item : root.list("workers", example)) {
        const auto text = scalar_text(item, "a worker", Quotes::refused, diagnostics);
        if (!text) {
            continue;
        }
        const auto core = parse_core(text->value);
        if (!core) {
            diagnostics.error(text->at, "workers: " + core.error().message);
        } else if (*core && std::find(workers.begin(), workers.end(), *core) != workers.end()) {
            diagnostics.error(text->at, fmt::format("workers: CPU {} stands twice: give each "
                                                    "worker a CPU of its own",
                                                    **core));
        } else if (*core && *core == config.control_core && config.idle == Idle::poll) {
            diagnostics.error(
                control_core_at.value_or(text->at),
                fmt::format("CPU {} is both control_core and a worker's, whose polling would "
                            "starve it: write another CPU, control_core: any, or idle: sleep",
                            **core));
        } else {
            workers.push_back(*core);
        }
    }
    if (value->kind == Value::Kind::sequence && value->items.empty()) {
        diagnostics.error(value->at, fmt::format("workers is empty, and at least one is needed: "
                                                 "write workers: {}",
                                                 example));
    }
    if (workers.size() > max_workers) {
        diagnostics.error(value->at, fmt::format("{} workers are more than the {} that are "
                                                 "possible: remove some",
                                                 workers.size(), max_workers));
    }
    config.workers = std::move(workers);
}

void read_crypto(Section& root, Config& config) {
    root.read("crypto", config.crypto, parse_crypto);
    const auto device = root.scalar("crypto_device", parse_crypto_device);
    const bool wanted = config.crypto == Crypto::device;
    if (device) {
        config.crypto_device = device->value;
        if (!wanted) {
            root.diagnostics().error(device->at,
                                     "crypto_device is used by crypto: cryptodev alone: "
                                     "write that too, or remove the key");
        }
    } else if (wanted && !root.has("crypto_device")) {
        root.diagnostics().error(root.find("crypto")->at,
                                 "crypto: cryptodev needs to know which device: write "
                                 "crypto_device: and its PCI address, or crypto_openssl");
    }
}

// What it leaks is said at start (docs/protocol.md, section 10).
void read_other_frames(Section& root, Config& config) {
    const auto frames = root.scalar("other_frames", parse_other_frames);
    if (!frames) {
        return;
    }
    config.other_frames = frames->value;
    if (config.other_frames == OtherFrames::forward) {
        root.diagnostics().warning(frames->at,
                                   "other_frames: forward lets IPv4, ARP and VLAN-tagged frames "
                                   "out as they are: with hosts' MACs, and IPv4 addresses");
    }
}

} // namespace

void read_process(Section& root, Config& config) {
    root.read("name", config.name, parse_gateway_name);
    root.read("mode", config.mode, parse_mode);
    root.read("idle", config.idle, parse_idle);
    const auto control_core =
        root.scalar("control_core", parse_core, Quotes::refused); // as in workers
    if (control_core) {
        config.control_core = control_core->value;
    }
    read_workers(root, config, control_core ? std::optional(control_core->at) : std::nullopt);
    root.read("memory", config.memory_mib, parse_memory, Quotes::allowed);
    root.read("hugepages", config.hugepages, parse_hugepages, Quotes::allowed);
    read_crypto(root, config);
    config.state_dir = "/var/lib/mt6d/" + config.name;
    root.read("state_dir", config.state_dir, parse_directory);
    root.read("unprotected", config.unprotected, parse_unprotected);
    read_other_frames(root, config);
}

} // namespace mt6d::config
