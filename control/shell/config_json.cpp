// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/config_json.hpp"

#include <algorithm>
#include <string>

namespace mt6d::shell {
namespace {

using Json = nlohmann::ordered_json;

std::string_view name(config::Crypto crypto) {
    switch (crypto) {
    case config::Crypto::automatic:
        return "auto";
    case config::Crypto::multi_buffer:
        return "multi-buffer";
    case config::Crypto::device:
        return "cryptodev";
    case config::Crypto::openssl:
        return "openssl";
    }
    return "unknown";
}

Json json_of(const config::Core& core) {
    return core ? Json(*core) : Json("any");
}

template <class Prefix>
Json json_of(const std::vector<Prefix>& prefixes) {
    Json list = Json::array();
    for (const Prefix& prefix : prefixes) {
        list.push_back(prefix.text());
    }
    return list;
}

Json json_of(const config::Port& port) {
    Json json{{"device", port.device}};
    json["mac"] = port.mac ? Json(port.mac->text()) : Json("of the port");
    json["mtu_bytes"] = port.mtu ? Json(*port.mtu) : Json("of the port");
    return json;
}

Json json_of(const config::External& external) {
    Json json = json_of(static_cast<const config::Port&>(external));
    json["on_link"] = json_of(external.on_link);
    json["default_router"] =
        external.default_router ? Json(external.default_router->text()) : Json();
    json["router_advertisements"] =
        external.router_advertisements == config::Advertisements::learn ? "learn" : "ignore";
    json["routed"] = json_of(external.routed);
    json["neighbors"] = Json::array();
    for (const config::StaticNeighbor& neighbor : external.neighbors) {
        json["neighbors"].push_back(
            {{"address", neighbor.address.text()}, {"mac", neighbor.mac.text()}});
    }
    return json;
}

Json json_of(const config::Host& host) {
    Json json{{"name", host.name}, {"address", host.address.text()}, {"mac", host.mac.text()}};
    if (host.hashed_prefix) {
        json["hashed_prefix"] = host.hashed_prefix->text();
    }
    return json;
}

Json json_of(const config::Stream& stream) {
    const config::StreamOptions& options = stream.options;
    return {{"name", stream.name},
            {"local", json_of(stream.local)},
            {"remote", json_of(stream.remote)},
            {"key", "set"},
            {"rotation_seconds", options.rotation},
            {"lifetime_seconds", options.lifetime},
            {"hash", name_of(options.hash)},
            {"cipher", shell::name(options.cipher)},
            {"flow_labels", options.flow_labels},
            {"accept_zero_checksum", options.accept_zero_checksum},
            {"lower_mss", options.lower_mss},
            {"copy_dscp", options.copy_dscp},
            {"base_port", options.base_port},
            {"rekey",
             {{"method", shell::name(options.rekey.method)},
              {"interval_seconds", options.rekey.interval},
              {"window_seconds", options.rekey.window}}}};
}

} // namespace

std::string_view name(Cipher cipher) {
    switch (cipher) {
    case Cipher::aes_256_gcm:
        return "aes-256-gcm";
    case Cipher::aes_256_cbc:
        return "aes-256-cbc";
    case Cipher::none:
        return "none";
    }
    return "unknown";
}

std::string_view name(config::Idle idle) {
    switch (idle) {
    case config::Idle::poll:
        return "poll";
    case config::Idle::sleep:
        return "sleep";
    case config::Idle::interrupt:
        return "interrupt";
    }
    return "unknown";
}

std::string_view name(KeyMethod method) {
    switch (method) {
    case KeyMethod::x25519:
        return "x25519";
    case KeyMethod::wrap:
        return "wrap";
    case KeyMethod::off:
        return "off";
    }
    return "unknown";
}

Json config_json(const config::Config& config, std::span<const config::StreamPtr> streams) {
    Json json{{"file", config.file},
              {"name", config.name},
              {"mode", config.mode == config::Mode::host ? "host" : "gateway"},
              {"idle", name(config.idle)},
              {"control_core", json_of(config.control_core)},
              {"workers", Json::array()},
              {"memory_mib", config.memory_mib},
              {"hugepages", config.hugepages ? "auto" : "off"},
              {"crypto", name(config.crypto)}};
    for (const config::Core& core : config.workers) {
        json["workers"].push_back(json_of(core));
    }
    if (!config.crypto_device.empty()) {
        json["crypto_device"] = config.crypto_device;
    }
    json["state_dir"] = config.state_dir;
    json["streams_at_most"] =
        config.streams_at_most ? Json(*config.streams_at_most) : Json("as at the start");
    json["control"]["socket"] = config.control.socket.empty() ? "none" : config.control.socket;
    json["control"]["group"] =
        config.control.group.empty() ? "of the process" : config.control.group;
    json["log"] = {
        {"format", config.log.format == log::Format::json ? "json" : "text"},
        {"level", log::name(config.log.level)},
    };
    json["metrics"]["prometheus"] =
        config.metrics.prometheus.empty() ? "none" : config.metrics.prometheus;
    json["metrics"]["streams"] = config.metrics.streams;
    json["events"] = config.events.empty() ? "none" : config.events;
    json["unprotected"] = config.unprotected == config::Unprotected::drop ? "drop" : "proxy";
    json["other_frames"] = config.other_frames == config::OtherFrames::forward ? "forward" : "drop";
    json["internal"] = json_of(config.internal);
    json["external"] = json_of(config.external);
    json["stream_count"] = streams.size();
    json["streams"] = Json::array();
    for (std::size_t i = 0; i < std::min(streams.size(), most_streams_shown); ++i) {
        json["streams"].push_back(json_of(*streams[i]));
    }
    return json;
}

} // namespace mt6d::shell
