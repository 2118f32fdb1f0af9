// SPDX-License-Identifier: BSD-3-Clause
// The configuration as checked values: what the loader promises, the rest of the control code
// believes. Nothing here knows YAML.
#pragma once

#include "control/config/session_key.hpp"
#include "control/log_levels.hpp"

#include <mt6d/address.hpp>
#include <mt6d/wire.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::config {

enum class Mode { gateway, host };
enum class Idle { poll, sleep, interrupt };
// What becomes of a host's traffic that no stream carries (docs/protocol.md, section 10).
enum class Unprotected { proxy, drop };
enum class OtherFrames { drop, forward };    // frames that are not IPv6, or are VLAN-tagged
enum class Advertisements { learn, ignore }; // of routers
enum class Hash { sha256, sha384, sha512 };

constexpr std::string_view name_of(Hash hash) {
    switch (hash) {
    case Hash::sha384:
        return "sha384";
    case Hash::sha512:
        return "sha512";
    case Hash::sha256:
        break;
    }
    return "sha256";
}

using Cipher = mt6d::Cipher;
// Who encrypts (control/crypto/backend.hpp).
enum class Crypto { automatic, multi_buffer, device, openssl };

// A CPU number, or any CPU (the thread floats).
using Core = std::optional<std::uint32_t>;

struct Port {
    std::string device;               // PCI address or EAL virtual device string
    std::optional<MacAddress> mac;    // the gateway's own address there; the port's if absent
    std::optional<std::uint16_t> mtu; // of the IPv6 packet, bytes; the port's if absent
};

struct StaticNeighbor {
    Ipv6Address address;
    MacAddress mac;
};

// Prefixes of the external link that a configuration can name, beside those that are learned.
inline constexpr std::size_t most_on_link = 64;

struct External : Port {
    std::vector<Ipv6Prefix> on_link;
    std::optional<Ipv6Address> default_router;
    std::vector<StaticNeighbor> neighbors;
    Advertisements router_advertisements = Advertisements::learn;
    // What the network's routers send to this gateway: nobody asks for hashed addresses in these.
    std::vector<Ipv6Prefix> routed;
};

struct Host {
    std::string name;
    Ipv6Address address; // the true address
    MacAddress mac;
    std::optional<Ipv6Prefix> hashed_prefix; // a /64
};

// docs/protocol.md, section 9.
struct Rekey {
    KeyMethod method = KeyMethod::x25519;
    std::uint32_t interval = 86400; // seconds, at least a lifetime
    std::uint32_t window = 30;      // seconds: at random it is so much shorter or longer
};

struct StreamOptions {
    std::uint32_t rotation = 10; // seconds, is_rotation_time()
    std::uint32_t lifetime = 30; // seconds, a multiple of rotation, at least twice it
    Hash hash = Hash::sha256;
    Cipher cipher = Cipher::aes_256_gcm;
    bool flow_labels = true;
    bool accept_zero_checksum = false;
    bool lower_mss = true;  // of TCP connections that pass
    bool copy_dscp = false; // of the inner packet to the outer one
    Rekey rekey;
    std::uint16_t base_port = 19766; // to 65532: four key states follow it
};

struct Stream {
    std::string name; // "local-remote" unless given
    Host local;
    Host remote;
    SessionKey key;
    StreamOptions options;

    // With its peer, of which the configured one is the first: workers tell its keys apart.
    [[nodiscard]] bool exchanges_keys() const { return options.rekey.method != KeyMethod::off; }
};
// Of the running gateway: shared by all that speak of the stream, and wiped with the last of them.
using StreamPtr = std::shared_ptr<const Stream>;

// How an operator reaches the running gateway.
struct Control {
    std::string socket; // path; empty: none
    std::string group;  // that may use it beside this process's user; empty: this process's
};

// What is written to standard error.
struct Log {
    log::Format format = log::Format::text;
    log::Level level = log::Level::info; // and what is more important
};

struct Metrics {
    std::string prometheus;      // address and port that are listened at; empty: nowhere
    std::uint32_t streams = 100; // with series of their own; those of the rest are added up
};

struct StreamOptionsDraft;

struct Config {
    std::string file;
    std::string name = "mt6d"; // tells several gateways of one machine apart
    Mode mode = Mode::gateway;
    Idle idle = Idle::poll;
    Core control_core;
    std::vector<Core> workers{Core{}};
    std::uint32_t memory_mib = 512;
    bool hugepages = true; // use them where there are any
    Crypto crypto = Crypto::automatic;
    std::string
        crypto_device;     // Crypto::device alone: PCI address or virtual device (crypto_openssl)
    std::string state_dir; // what must survive a kill
    Control control;
    Log log;
    Metrics metrics;
    std::string events; // path of the event log; empty: none
    Unprotected unprotected = Unprotected::proxy;
    OtherFrames other_frames = OtherFrames::drop;
    Port internal;
    External external;
    // That tables have room for; else control/stream_room.hpp says.
    std::optional<std::uint32_t> streams_at_most;
    // What a stream that says nothing else inherits; null: what is built in.
    std::shared_ptr<const StreamOptionsDraft> defaults;
    std::vector<Stream> streams;
};

} // namespace mt6d::config
