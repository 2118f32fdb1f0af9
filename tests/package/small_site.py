# SPDX-License-Identifier: BSD-3-Clause
"""A configuration with one stream, and the two interfaces that it names."""
from lab.namespace import Namespace

CONFIGURATION = """\
name: site-a
idle: sleep
memory: 64M
internal: { device: "net_af_packet0,iface=inside" }
external: { device: "net_af_packet1,iface=outside", on_link: ["2001:db8:1::/64"] }
hosts:
  - { name: alice, address: 2001:db8:1::a, mac: 02:00:00:00:00:0a }
  - { name: bob, address: 2001:db8:2::b, mac: 02:00:00:00:00:0b }
streams:
  - { local: alice, remote: bob, key_file: alice-bob.key }
"""


def two_interfaces(role, directory):
    """In a network of their own."""
    namespace = Namespace(role, directory)
    for name in ("inside", "outside"):
        namespace.ip("link", "add", name, "type", "veth", "peer", "name", f"{name}-peer")
        namespace.ip("link", "set", name, "up")
        namespace.ip("link", "set", f"{name}-peer", "up")
    return namespace
