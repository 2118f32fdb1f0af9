// SPDX-License-Identifier: BSD-3-Clause
// Each mistake in the YAML file: its message, word for word, and its position.
#include "tests/unit/config_support.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace mt6d::config {

namespace {

struct Mistake {
    const char* name;
    std::string_view from; // in good_yaml
    std::string_view to;
    std::vector<std::string> expected;
};

void PrintTo(const Mistake& mistake, std::ostream* out) {
    *out << mistake.name;
}

class ConfigMessages : public testing::TestWithParam<Mistake> {};

TEST_P(ConfigMessages, SayWhatIsWrongAndWhere) {
    const Mistake& mistake = GetParam();
    EXPECT_THAT(errors_of(changed(std::string(good_yaml), mistake.from, mistake.to)),
                testing::ElementsAreArray(mistake.expected));
}

std::string name_of(const testing::TestParamInfo<Mistake>& info) {
    return info.param.name;
}

const Mistake syntax_mistakes[] = {
    {"BrokenYaml",
     "hosts:\n",
     "hosts: [\n",
     {"etc/c.yaml:8:3: not valid YAML: illegal block entry (mind indentation, colons and "
      "brackets)"}},
    {"TabIndentation",
     "  device: net_tap0",
     "\tdevice: net_tap0",
     {"etc/c.yaml:2:8: not valid YAML: illegal map value (mind indentation, colons and brackets)"}},
    {"SecondDocument",
     "streams:\n",
     "---\nstreams:\n",
     {"etc/c.yaml:14:1: a second document begins here, and a file holds one configuration: remove "
      "it and its '---'"}},
    {"RepeatedKey",
     "  device: net_tap0",
     "  device: net_tap0\n  device: net_tap1",
     {"etc/c.yaml:3:3: repeated key 'device', first in etc/c.yaml:2:3: keep one of them"}},
    {"RepeatedSection",
     "streams:\n",
     "streams: []\nstreams:\n",
     {"etc/c.yaml:15:1: repeated key 'streams', first in etc/c.yaml:14:1: keep one of them"}},
    {"Anchor",
     "address: 2001:db8:1::a",
     "address: &a 2001:db8:1::a",
     {"etc/c.yaml:9:14: anchors (&name) are not read here: remove it"}},
    {"Alias",
     "  device: net_null0",
     "  device: *a",
     {"etc/c.yaml:4:11: not valid YAML: the referenced anchor is not defined (mind indentation, "
      "colons and brackets)"}},
    {"DefinedAlias",
     "hosts:\n  - name: alice",
     "hosts:\n  - &a { name: carol, address: 2001:db8:2::c, mac: 02:00:00:00:00:0c }\n  - *a\n  - "
     "name: alice",
     {"etc/c.yaml:8:5: anchors (&name) are not read here: remove it",
      "etc/c.yaml:9:5: aliases (*name) are not read here: write the value itself"}},
    {"Tag",
     "device: net_tap0",
     "device: !!str net_tap0",
     {"etc/c.yaml:2:11: tags (!name) are not read here: remove it"}},
    {"KeyThatIsAList",
     "hosts:\n",
     "[a, b]: 1\nhosts:\n",
     {"etc/c.yaml:7:1: a key must be one word, like 'name:'"}},
    {"UnknownKey",
     "  device: net_tap0",
     "  device: net_tap0\n  mtuu: 1500",
     {"etc/c.yaml:3:3: unknown key 'mtuu' in internal; did you mean 'mtu'?"}},
    {"UnknownKeyUnlikeAny",
     "  device: net_tap0",
     "  device: net_tap0\n  colour: red",
     {"etc/c.yaml:3:3: unknown key 'colour' in internal; the keys here are device, mac, mtu"}},
    {"UnknownSection",
     "streams:\n",
     "default: {}\nstreams:\n",
     {"etc/c.yaml:14:1: unknown key 'default'; did you mean 'defaults'?"}},
    {"KeyInsteadOfKeyFile",
     "key_file: ab.key",
     "key: ab.key",
     {"etc/c.yaml:15:5: streams: key 'key_file' is missing: write key_file: the name of a file "
      "made with mt6dctl keygen",
      "etc/c.yaml:17:5: unknown key 'key' in streams; the keys here are name, local, remote, "
      "key_file, rotation, lifetime, hash, cipher, flow_labels, accept_zero_checksum, lower_mss, "
      "copy_dscp, base_port, rekey"}},
    {"EmptyValue",
     "device: net_tap0",
     "device:",
     {"etc/c.yaml:2:3: internal.device has no value: write one, or remove the key"}},
    {"EmptySection",
     "internal:\n  device: net_tap0",
     "internal:",
     {"etc/c.yaml:1:1: internal has no value: write one, or remove the key"}},
};
INSTANTIATE_TEST_SUITE_P(Syntax, ConfigMessages, testing::ValuesIn(syntax_mistakes), name_of);

const Mistake process_mistakes[] = {
    {"GatewayName",
     "internal:\n",
     "name: Site_A\ninternal:\n",
     {"etc/c.yaml:1:7: name: 'Site_A' is no gateway name: write 1 to 32 of a-z, 0-9 and '-'"}},
    {"Mode",
     "internal:\n",
     "mode: hots\ninternal:\n",
     {"etc/c.yaml:1:7: mode: 'hots' is not known here: write gateway or host; did you mean "
      "'host'?"}},
    {"Idle",
     "internal:\n",
     "idle: nap\ninternal:\n",
     {"etc/c.yaml:1:7: idle: 'nap' is not known here: write poll, sleep or interrupt"}},
    {"ControlCore",
     "internal:\n",
     "control_core: first\ninternal:\n",
     {"etc/c.yaml:1:15: control_core: 'first' is no CPU: write its number, or any"}},
    {"OctalCore",
     "internal:\n",
     "control_core: 010\ninternal:\n",
     {"etc/c.yaml:1:15: control_core: '010' has a leading zero, which some read as octal: write "
      "the number without it"}},
    {"WorkersAsNumber",
     "internal:\n",
     "workers: 2\ninternal:\n",
     {"etc/c.yaml:1:10: workers must be a list of CPUs, one a worker: write workers: [1, 2], or "
      "[any]"}},
    {"WorkersEmpty",
     "internal:\n",
     "workers: []\ninternal:\n",
     {"etc/c.yaml:1:10: workers is empty, and at least one is needed: write workers: [1, 2], or "
      "[any]"}},
    {"WorkersQuoted",
     "internal:\n",
     "workers: [\"65\"]\ninternal:\n",
     {"etc/c.yaml:1:11: a worker is text because of its quotes: remove them"}},
    {"WorkersTwice",
     "internal:\n",
     "workers: [1, 2, 1]\ninternal:\n",
     {"etc/c.yaml:1:17: workers: CPU 1 stands twice: give each worker a CPU of its own"}},
    {"WorkersNested",
     "internal:\n",
     "workers: [[1]]\ninternal:\n",
     {"etc/c.yaml:1:11: a worker must be a single value, and is a list"}},
    {"WorkersOnControlCore",
     "internal:\n",
     "control_core: 1\nworkers: [1, 2]\ninternal:\n",
     {"etc/c.yaml:1:15: CPU 1 is both control_core and a worker's, whose polling would starve it: "
      "write another CPU, control_core: any, or idle: sleep"}},
    {"MemoryWithoutUnit",
     "internal:\n",
     "memory: 512\ninternal:\n",
     {"etc/c.yaml:1:9: memory: '512' has no unit: write M (MiB) or G (GiB) right after the number, "
      "like 512M"}},
    {"MemoryUnit",
     "internal:\n",
     "memory: 512MB\ninternal:\n",
     {"etc/c.yaml:1:9: memory: '512MB' has an unknown unit: write M (MiB) or G (GiB) right after "
      "the number, like 512M"}},
    {"MemoryTooSmall",
     "internal:\n",
     "memory: 16M\ninternal:\n",
     {"etc/c.yaml:1:9: memory: '16M' is out of range: write 64M to 1024G"}},
    {"Hugepages",
     "internal:\n",
     "hugepages: on\ninternal:\n",
     {"etc/c.yaml:1:12: hugepages: 'on' is not known here: write auto or off"}},
};
INSTANTIATE_TEST_SUITE_P(Process, ConfigMessages, testing::ValuesIn(process_mistakes), name_of);

const Mistake ports_mistakes[] = {
    {"MissingDevice",
     "  device: net_tap0",
     "  mtu: 1500",
     {"etc/c.yaml:2:3: internal: key 'device' is missing: write device: 0000:01:00.0, or a virtual "
      "device like net_af_xdp0,iface=eth1"}},
    {"MissingSection",
     "internal:\n  device: net_tap0\n",
     "",
     {"etc/c.yaml:1:1: key 'internal' is missing: write internal: a section with the device "
      "towards the hosts"}},
    {"UnknownDevice",
     "net_tap0",
     "net_bond0",
     {"etc/c.yaml:2:11: internal.device: 'net_bond0' is no device: write a PCI address like "
      "0000:01:00.0, or a virtual device: one of net_virtio_user, net_af_packet, net_af_xdp, "
      "net_vhost, net_memif, net_pcap, net_null, net_ring, net_tap and a number, like "
      "net_af_xdp0,iface=eth1"}},
    {"MisspeltDevice",
     "net_tap0",
     "net_tpa0",
     {"etc/c.yaml:2:11: internal.device: 'net_tpa0' is no device: write a PCI address like "
      "0000:01:00.0, or a virtual device: one of net_virtio_user, net_af_packet, net_af_xdp, "
      "net_vhost, net_memif, net_pcap, net_null, net_ring, net_tap and a number, like "
      "net_af_xdp0,iface=eth1; did you mean 'net_tap'?"}},
    {"PciFunction",
     "net_tap0",
     "0000:01:00.8",
     {"etc/c.yaml:2:11: internal.device: '0000:01:00.8' is no device: write a PCI address like "
      "0000:01:00.0, or a virtual device: one of net_virtio_user, net_af_packet, net_af_xdp, "
      "net_vhost, net_memif, net_pcap, net_null, net_ring, net_tap and a number, like "
      "net_af_xdp0,iface=eth1"}},
    {"DeviceNeedsInterface",
     "net_tap0",
     "net_af_xdp0,start_queue=0",
     {"etc/c.yaml:2:11: internal.device: net_af_xdp needs iface=: write it like "
      "net_af_xdp0,iface=eth1"}},
    {"DeviceArgumentTwice",
     "net_tap0",
     "net_tap0,iface=a,iface=b",
     {"etc/c.yaml:2:11: internal.device: the device argument 'iface' stands twice: keep one of "
      "them"}},
    {"DeviceEndsInComma",
     "net_tap0",
     "\"net_tap0,\"",
     {"etc/c.yaml:2:11: internal.device: 'net_tap0,' ends in a comma: remove it"}},
    {"DeviceWithSpace",
     "net_tap0",
     "\"net_tap0, iface=a\"",
     {"etc/c.yaml:2:11: internal.device: 'net_tap0, iface=a' has white space in it: remove it"}},
    {"SameDevice",
     "net_null0",
     "net_tap0,iface=other",
     {"etc/c.yaml:4:11: external.device: device net_tap0 is the internal port's already: the two "
      "ports need two devices"}},
    {"SamePciDevice",
     "internal:\n  device: net_tap0\nexternal:\n  device: net_null0",
     "internal:\n  device: 0000:0A:00.1\nexternal:\n  device: 0a:00.1",
     {"etc/c.yaml:4:11: external.device: device 0000:0a:00.1 is the internal port's already: the "
      "two ports need two devices"}},
    {"SameInterface",
     "internal:\n  device: net_tap0\nexternal:\n  device: net_null0",
     "internal:\n  device: net_af_xdp0,iface=eth1\nexternal:\n  device: net_af_packet0,iface=eth1",
     {"etc/c.yaml:4:11: external.device: interface eth1 is the internal port's already: the two "
      "ports need two devices"}},
    {"HostModeWithoutTap",
     "internal:\n  device: net_tap0",
     "mode: host\ninternal:\n  device: net_af_xdp0,iface=eth1",
     {"etc/c.yaml:3:11: internal.device: in host mode the internal port is a TAP device that the "
      "gateway makes for this machine's kernel: write net_tap0,iface=mt6d0"}},
    {"MtuQuoted",
     "  device: net_tap0",
     "  device: net_tap0\n  mtu: \"1500\"",
     {"etc/c.yaml:3:8: internal.mtu is text because of its quotes: remove them"}},
    {"MtuRange",
     "  device: net_tap0",
     "  device: net_tap0\n  mtu: 1279",
     {"etc/c.yaml:3:8: internal.mtu: '1279' is out of range: write 1280 to 9702"}},
    {"MtuHuge",
     "  device: net_tap0",
     "  device: net_tap0\n  mtu: 99999999999999999999999",
     {"etc/c.yaml:3:8: internal.mtu: '99999999999999999999999' is out of range: write 1280 to "
      "9702"}},
    {"MacOfAGroup",
     "  device: net_tap0",
     "  device: net_tap0\n  mac: 01:00:00:00:00:01",
     {"etc/c.yaml:3:8: internal.mac: 01:00:00:00:00:01 is a group address: write the address of "
      "one interface"}},
    {"MacOfAHost",
     "  device: net_tap0",
     "  device: net_tap0\n  mac: 02:00:00:00:00:0A",
     {"etc/c.yaml:3:8: internal.mac: 02:00:00:00:00:0a is the address of the host alice: write one "
      "that is the gateway's alone, or remove the key"}},
    {"MacText",
     "  device: net_tap0",
     "  device: net_tap0\n  mac: 02-00-00-00-00-01",
     {"etc/c.yaml:3:8: internal.mac: '02-00-00-00-00-01' is not a MAC address: write it like "
      "02:00:00:00:00:01"}},
    {"OnLinkNotAList",
     "[2001:db8:1::/64]",
     "2001:db8:1::/64",
     {"etc/c.yaml:5:12: external.on_link must be a list: write on_link: [2001:db8:1::/64]"}},
    {"OnLinkWithHostBits",
     "[2001:db8:1::/64]",
     "[2001:db8:1::1/64]",
     {"etc/c.yaml:5:13: external.on_link: '2001:db8:1::1/64' is not a prefix (its length is not 0 "
      "to 128, or bits beyond the length are set): write it like 2001:db8:1::/64"}},
    {"OnLinkWithoutLength",
     "[2001:db8:1::/64]",
     "[\"2001:db8:1::\"]",
     {"etc/c.yaml:5:13: external.on_link: '2001:db8:1::' is not a prefix: write it with its "
      "length, like 2001:db8:1::/64"}},
    {"OnLinkEverything",
     "[2001:db8:1::/64]",
     "[\"::/0\"]",
     {"etc/c.yaml:5:13: external.on_link: ::/0 is too large for one link: write the prefix of the "
      "external link, mostly a /64"}},
    {"OnLinkLinkLocal",
     "[2001:db8:1::/64]",
     "[fe80::/64]",
     {"etc/c.yaml:5:13: external.on_link: fe80::/64 is always on-link: remove it, and list global "
      "or unique local prefixes only"}},
    {"OnLinkTwice",
     "[2001:db8:1::/64]",
     "[2001:db8:1::/64, 2001:DB8:1::/64]",
     {"etc/c.yaml:5:30: external.on_link: 2001:db8:1::/64 stands twice: keep one of them"}},
    {"RouterOffLink",
     "fe80::1",
     "2001:db8:9::1",
     {"etc/c.yaml:6:19: external.default_router: 2001:db8:9::1 cannot be reached, for it is "
      "neither link-local nor within external.on_link: write the router's fe80:: address, or add "
      "its prefix to on_link"}},
    {"RouterMulticast",
     "fe80::1",
     "ff02::2",
     {"etc/c.yaml:6:19: external.default_router: ff02::2 is a multicast address: write a unicast "
      "address"}},
    {"RouterWithLength",
     "fe80::1",
     "fe80::1/64",
     {"etc/c.yaml:6:19: external.default_router: 'fe80::1/64' is not an IPv6 address: write it "
      "like 2001:db8::1, without a prefix length"}},
    {"NeighborIncomplete",
     "  default_router: fe80::1",
     "  default_router: fe80::1\n  neighbors: [{ address: fe80::1 }]",
     {"etc/c.yaml:7:15: neighbors: key 'mac' is missing: write mac: 02:00:00:00:00:fe"}},
    {"NeighborTwice",
     "  default_router: fe80::1",
     "  default_router: fe80::1\n  neighbors:\n    - { address: fe80::1, mac: 02:00:00:00:00:fe "
     "}\n    - { address: fe80::1, mac: 02:00:00:00:00:fd }",
     {"etc/c.yaml:9:18: neighbors: fe80::1 stands twice: keep one of them"}},
};
INSTANTIATE_TEST_SUITE_P(Ports, ConfigMessages, testing::ValuesIn(ports_mistakes), name_of);

const Mistake defaults_mistakes[] = {
    {"RotationWithoutUnit",
     "hosts:\n",
     "defaults: { rotation: 10 }\nhosts:\n",
     {"etc/c.yaml:7:23: defaults.rotation: '10' has no unit: write 10s, 10m or 10h"}},
    {"RotationInMilliseconds",
     "hosts:\n",
     "defaults: { rotation: 500ms }\nhosts:\n",
     {"etc/c.yaml:7:23: defaults.rotation: '500ms' is not a whole number of seconds: write whole "
      "seconds, like 1s"}},
    {"RotationFraction",
     "hosts:\n",
     "defaults: { rotation: 1.5s }\nhosts:\n",
     {"etc/c.yaml:7:23: defaults.rotation: '1.5s' is not a whole number of seconds: write whole "
      "seconds, like 1s"}},
    {"RotationBetweenTens",
     "hosts:\n",
     "defaults: { rotation: 15s }\nhosts:\n",
     {"etc/c.yaml:7:23: defaults.rotation: '15s' is no rotation time, which is 1s to 9s or a "
      "multiple of 10s: write 10s or 20s"}},
    {"RotationZero",
     "hosts:\n",
     "defaults: { rotation: 0s }\nhosts:\n",
     {"etc/c.yaml:7:23: defaults.rotation: '0s' is out of range: write 1s to 8784h"}},
    {"RotationOctal",
     "hosts:\n",
     "defaults: { rotation: 010s }\nhosts:\n",
     {"etc/c.yaml:7:23: defaults.rotation: '010s' has a leading zero, which some read as octal: "
      "write the number without it"}},
    {"RotationUnit",
     "hosts:\n",
     "defaults: { rotation: 1d }\nhosts:\n",
     {"etc/c.yaml:7:23: defaults.rotation: '1d' has an unknown unit: write s (seconds), m "
      "(minutes) or h (hours) right after the number"}},
    {"RotationWord",
     "hosts:\n",
     "defaults: { rotation: fast }\nhosts:\n",
     {"etc/c.yaml:7:23: defaults.rotation: 'fast' does not begin with a number: write a whole "
      "number and a unit, like 10s, 5m or 1h"}},
    {"FlowLabelsQuoted",
     "hosts:\n",
     "defaults: { flow_labels: \"true\" }\nhosts:\n",
     {"etc/c.yaml:7:26: defaults.flow_labels is text because of its quotes: remove them"}},
    {"LifetimeNoMultiple",
     "hosts:\n",
     "defaults: { rotation: 4s, lifetime: 10s }\nhosts:\n",
     {"etc/c.yaml:7:37: lifetime 10s is no multiple of the rotation time 4s: write lifetime: 12s, "
      "or another multiple of 4s from 8s"}},
    {"LifetimeTooShort",
     "hosts:\n",
     "defaults: { rotation: 10s, lifetime: 10s }\nhosts:\n",
     {"etc/c.yaml:7:38: lifetime 10s is less than twice the rotation time 10s: write lifetime: "
      "20s, or another multiple of 10s from 20s"}},
    {"LifetimeOfTheBuiltInRotation",
     "hosts:\n",
     "defaults: { lifetime: 25s }\nhosts:\n",
     {"etc/c.yaml:7:23: lifetime 25s is no multiple of the rotation time 10s: write lifetime: 30s, "
      "or another multiple of 10s from 20s"}},
    {"LifetimeTooLong",
     "hosts:\n",
     "defaults: { rotation: 1s, lifetime: 1h }\nhosts:\n",
     {"etc/c.yaml:7:37: lifetime 3600s is more than 256 times the rotation time 1s: write "
      "lifetime: 256s, or another multiple of 1s from 2s"}},
    {"Hash",
     "hosts:\n",
     "defaults: { hash: sha-256 }\nhosts:\n",
     {"etc/c.yaml:7:19: defaults.hash: 'sha-256' is not known here: write sha256, sha384 or "
      "sha512; did you mean 'sha256'?"}},
    {"Cipher",
     "hosts:\n",
     "defaults: { cipher: aes-128-gcm }\nhosts:\n",
     {"etc/c.yaml:7:21: defaults.cipher: 'aes-128-gcm' is not known here: write aes-256-gcm, "
      "aes-256-cbc or none; did you mean 'aes-256-gcm'?"}},
    {"Crypto",
     "hosts:\n",
     "crypto: hardware\nhosts:\n",
     {"etc/c.yaml:7:9: crypto: 'hardware' is not known here: write auto, multi-buffer, cryptodev "
      "or openssl"}},
    {"CryptoDeviceMissing",
     "hosts:\n",
     "crypto: cryptodev\nhosts:\n",
     {"etc/c.yaml:7:9: crypto: cryptodev needs to know which device: write crypto_device: and its "
      "PCI address, or crypto_openssl"}},
    {"CryptoDeviceUnused",
     "hosts:\n",
     "crypto_device: crypto_openssl\nhosts:\n",
     {"etc/c.yaml:7:16: crypto_device is used by crypto: cryptodev alone: write that too, or "
      "remove the key"}},
    {"CryptoDeviceUnknown",
     "hosts:\n",
     "crypto: cryptodev\ncrypto_device: net_null\nhosts:\n",
     {"etc/c.yaml:8:16: crypto_device: 'net_null' is no crypto device: write a PCI address like "
      "0000:3d:00.0, or a virtual device like crypto_openssl"}},
    {"StateDirectory",
     "hosts:\n",
     "state_dir: state\nhosts:\n",
     {"etc/c.yaml:7:12: state_dir: 'state' is no absolute path: write one like "
      "/var/lib/mt6d/site-a"}},
    {"TruthValue",
     "hosts:\n",
     "defaults: { flow_labels: yes }\nhosts:\n",
     {"etc/c.yaml:7:26: defaults.flow_labels: 'yes' is neither true nor false: write one of the "
      "two"}},
    {"BasePort",
     "hosts:\n",
     "defaults: { base_port: 65533 }\nhosts:\n",
     {"etc/c.yaml:7:24: defaults.base_port: '65533' is out of range: write 1 to 65532"}},
    {"NotASection",
     "hosts:\n",
     "defaults: [rotation]\nhosts:\n",
     {"etc/c.yaml:7:11: defaults must be a section of 'key: value' lines, and is a list"}},
};
INSTANTIATE_TEST_SUITE_P(Defaults, ConfigMessages, testing::ValuesIn(defaults_mistakes), name_of);

const Mistake hosts_mistakes[] = {
    {"NoName",
     "  - name: alice\n    address",
     "  - address",
     {"etc/c.yaml:8:5: hosts: key 'name' is missing: write name: alice",
      "etc/c.yaml:14:12: streams.local: no host is named 'alice': add it to hosts"}},
    {"BadName",
     "name: alice",
     "name: al ice",
     {"etc/c.yaml:8:11: hosts.name: 'al ice' is no name: write 1 to 63 letters, digits and '.', "
      "'-', '_', ':', beginning with a letter or digit",
      "etc/c.yaml:15:12: streams.local: no host is named 'alice': add it to hosts"}},
    {"SameName",
     "name: alice",
     "name: bob",
     {"etc/c.yaml:11:11: hosts: the name bob is taken by the host in etc/c.yaml:8:11: give this "
      "one another",
      "etc/c.yaml:15:12: streams.local: no host is named 'alice': add it to hosts"}},
    {"SameAddress",
     "2001:db8:2::b",
     "2001:db8:1:0::a",
     {"etc/c.yaml:12:14: hosts: 2001:db8:1::a is the address of alice in etc/c.yaml:8:11 already: "
      "keep one of the two hosts"}},
    {"LinkLocalAddress",
     "2001:db8:1::a",
     "fe80::a",
     {"etc/c.yaml:9:14: hosts.address: fe80::a is a link-local address, which is never routed to "
      "another site: write the host's global or unique local address"}},
    {"MulticastAddress",
     "2001:db8:1::a",
     "ff02::1",
     {"etc/c.yaml:9:14: hosts.address: ff02::1 is a multicast address: write a unicast address"}},
    {"LoopbackAddress",
     "2001:db8:1::a",
     "\"::1\"",
     {"etc/c.yaml:9:14: hosts.address: ::1 is a loopback or IPv4-compatible address, which is "
      "never routed to another site: write the host's global or unique local address"}},
    {"MappedAddress",
     "2001:db8:1::a",
     "\"::ffff:192.0.2.1\"",
     {"etc/c.yaml:9:14: hosts.address: ::ffff:192.0.2.1 is an IPv4-mapped address, which is never "
      "routed to another site: write the host's global or unique local address"}},
    {"AddressText",
     "2001:db8:1::a",
     "192.0.2.1",
     {"etc/c.yaml:9:14: hosts.address: '192.0.2.1' is not an IPv6 address: write it like "
      "2001:db8::1"}},
    {"ZeroMac",
     "02:00:00:00:00:0a",
     "00:00:00:00:00:00",
     {"etc/c.yaml:10:10: hosts.mac: 00:00:00:00:00:00 is zero: write the address of one "
      "interface"}},
    {"HashedPrefixLength",
     "    mac: 02:00:00:00:00:0a",
     "    mac: 02:00:00:00:00:0a\n    hashed_prefix: 2001:db8:7::/56",
     {"etc/c.yaml:11:20: hosts.hashed_prefix: 2001:db8:7::/56 is not a /64: hashed addresses need "
      "64 bits after the prefix (docs/protocol.md, section 4)"}},
    {"HashedPrefixLinkLocal",
     "    mac: 02:00:00:00:00:0a",
     "    mac: 02:00:00:00:00:0a\n    hashed_prefix: fe80::/64",
     {"etc/c.yaml:11:20: hosts.hashed_prefix: fe80::/64 cannot be routed: write a global or unique "
      "local /64 that is routed to the gateway"}},
};
INSTANTIATE_TEST_SUITE_P(Hosts, ConfigMessages, testing::ValuesIn(hosts_mistakes), name_of);

const Mistake streams_mistakes[] = {
    {"None",
     "streams:\n  - local: alice\n    remote: bob\n    key_file: ab.key\n",
     "streams: []\n",
     {"etc/c.yaml:1:1: no stream: write at least one in streams, or name a streams_file that holds "
      "one"}},
    {"UnknownHost",
     "remote: bob",
     "remote: bobb",
     {"etc/c.yaml:16:13: streams.remote: no host is named 'bobb': add it to hosts; did you mean "
      "'bob'?"}},
    {"MissingRemote",
     "    remote: bob\n",
     "",
     {"etc/c.yaml:15:5: streams: key 'remote' is missing: write remote: the name of a host of the "
      "hosts list"}},
    {"MissingKey",
     "    key_file: ab.key\n",
     "",
     {"etc/c.yaml:15:5: streams: key 'key_file' is missing: write key_file: the name of a file "
      "made with mt6dctl keygen"}},
    {"NoKeyFile",
     "ab.key",
     "cd.key",
     {"etc/c.yaml:17:15: key file 'etc/cd.key': cannot be opened: No such file or directory"}},
    {"KeyInPlaceOfItsFile",
     "ab.key",
     "00112233445566778899aabbccddeeff",
     {"etc/c.yaml:17:15: streams.key_file holds what looks like a key, and must name a file: put "
      "the key into a file of its own with mode 0600, or make a new one with mt6dctl keygen"}},
    {"HostWithItself",
     "remote: bob",
     "remote: alice",
     {"etc/c.yaml:15:5: local and remote are one host, 2001:db8:1::a: a stream joins two"}},
    {"SamePair",
     "    key_file: ab.key\n",
     "    key_file: ab.key\n  - { local: alice, remote: bob, key_file: ab.key, name: again }\n",
     {"etc/c.yaml:18:5: 2001:db8:1::a and 2001:db8:2::b have a stream already, in etc/c.yaml:15:5: "
      "keep one of them, for a pair has one key"}},
    {"MirroredPair",
     "    key_file: ab.key\n",
     "    key_file: ab.key\n  - { local: bob, remote: alice, key_file: ab.key }\n",
     {"etc/c.yaml:18:5: 2001:db8:1::a and 2001:db8:2::b have a stream the other way round already, "
      "in etc/c.yaml:15:5: keep the one whose local host is behind this gateway; the peer's "
      "configuration has the other"}},
    {"LocalThatIsRemote",
     "streams:\n  - local: alice\n    remote: bob\n    key_file: ab.key\n",
     "  - { name: carol, address: 2001:db8:3::c, mac: 02:00:00:00:00:0c }\nstreams:\n  - { local: "
     "alice, remote: bob, key_file: ab.key }\n  - { local: bob, remote: carol, key_file: ab.key "
     "}\n",
     {"etc/c.yaml:17:14: 2001:db8:2::b is a local host here and a remote host in etc/c.yaml:16:5: "
      "a host is on one side of the gateway, so mend one of the two"}},
    {"SameName",
     "streams:\n  - local: alice\n    remote: bob\n    key_file: ab.key\n",
     "  - { name: carol, address: 2001:db8:3::c, mac: 02:00:00:00:00:0c }\nstreams:\n  - { local: "
     "alice, remote: bob, key_file: ab.key, name: x }\n  - { local: alice, remote: carol, "
     "key_file: ab.key, name: x }\n",
     {"etc/c.yaml:17:5: the stream name 'x' is taken in etc/c.yaml:16:5: give one of the two "
      "another name"}},
    {"RotationUnderInheritedLifetime",
     "streams:\n  - local: alice\n    remote: bob\n    key_file: ab.key\n",
     "defaults: { lifetime: 20s }\nstreams:\n  - { local: alice, remote: bob, key_file: ab.key, "
     "rotation: 3s }\n",
     {"etc/c.yaml:16:62: lifetime 20s is no multiple of the rotation time 3s: write lifetime: 21s, "
      "or another multiple of 3s from 6s"}},
    {"Unreachable",
     "  default_router: fe80::1\n",
     "  router_advertisements: ignore\n",
     {"etc/c.yaml:16:13: bob cannot be reached: its hashed addresses lie in 2001:db8:2::/64, which "
      "no prefix of external.on_link covers, there is no external.default_router, and router "
      "advertisements are ignored: write one of the two, or router_advertisements: learn"}},
    {"UnreachableThroughANarrowPrefix",
     "  on_link: [2001:db8:1::/64]\n  default_router: fe80::1\n",
     "  on_link: [2001:db8:2::/80]\n  router_advertisements: ignore\n",
     {"etc/c.yaml:16:13: bob cannot be reached: its hashed addresses lie in 2001:db8:2::/64, which "
      "no prefix of external.on_link covers, there is no external.default_router, and router "
      "advertisements are ignored: write one of the two, or router_advertisements: learn"}},
};
INSTANTIATE_TEST_SUITE_P(Streams, ConfigMessages, testing::ValuesIn(streams_mistakes), name_of);

// Two sections' worth of mistakes are told at once, in the order of the file.
TEST(ConfigMessagesTogether, AreSortedByPosition) {
    const std::string yaml = "streams: 1\nhosts: 2\nexternal: 3\ninternal: 4\nnane: x\n";
    const auto errors = errors_of(yaml, {"workers=3"});
    ASSERT_EQ(errors.size(), 6U);
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_TRUE(errors[i].starts_with(fmt::format("etc/c.yaml:{}:", i + 1))) << errors[i];
    }
    EXPECT_TRUE(errors[5].starts_with("--set workers: ")) << errors[5];
}

TEST(ConfigMessagesTogether, EndInACountWhereThereAreTooMany) {
    std::string yaml(good_yaml);
    for (int i = 0; i < 70; ++i) {
        yaml += "  - { local: nobody, remote: alice, key_file: ab.key }\n";
    }
    const auto errors = errors_of(yaml);
    ASSERT_EQ(errors.size(), Diagnostics::most_printed + 1);
    EXPECT_EQ(errors.back(), "etc/c.yaml: and 20 more");
}

TEST(ConfigMessagesTogether, ShowNoControlCharacters) {
    const auto errors = errors_of(changed(std::string(good_yaml), "net_tap0", "\"a\\eb\\nc\""));
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_THAT(errors[0], testing::HasSubstr("'a\\x1bb\\x0ac' is no device"));
}

TEST(ConfigMessagesTogether, StopAtAHostileDepth) {
    for (const char* const nesting : {"[", "{a: ", "- ", "? "}) {
        std::string yaml;
        for (int i = 0; i < 10'000; ++i) {
            yaml += nesting;
        }
        const auto errors = errors_of(yaml);
        ASSERT_EQ(errors.size(), 1U);
        EXPECT_THAT(errors[0], testing::EndsWith("nested deeper than 16 levels: nothing in a "
                                                 "configuration is"));
    }
}

} // namespace

} // namespace mt6d::config
