// SPDX-License-Identifier: BSD-3-Clause
// The configuration as checked values: what the loader promises, the rest of the control code
// believes. Nothing here knows YAML.
#pragma once

#include "control/config/session_key.hpp"

#include <mt6d/address.hpp>
#include <mt6d/wire.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mt6d::config {

enum class Mode { gateway, host };
enum class Idle { poll, sleep };
// What becomes of a host's traffic that no stream carries (docs/protocol.md, section 10).
enum class Unprotected { proxy, drop };
enum class OtherFrames { drop, forward };    // frames that are not IPv6, or are VLAN-tagged
enum class Advertisements { learn, ignore }; // of routers
enum class Hash { sha256, sha384, sha512 };
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
};

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
    Unprotected unprotected = Unprotected::proxy;
    OtherFrames other_frames = OtherFrames::drop;
    Port internal;
    External external;
    std::vector<Stream> streams;
};

} // namespace mt6d::config
