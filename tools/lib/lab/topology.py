# SPDX-License-Identifier: BSD-3-Clause
"""
The lab's machines, each a network namespace; both sites are on one link, 2001:db8:1::/64.

     host-a            gw-a                 wire                 gw-b           host-b
    ┌──────┐      ┌──────────────┐      ┌──────────┐      ┌──────────────┐     ┌──────┐
    │ eth0 ├──────┤ inside       │      │   br0    │      │       inside ├─────┤ eth0 │
    │  ::a │      │   outside ───┼──────┤ a      b ├──────┼─── outside   │     │  ::b │
    └──────┘      └──────────────┘      └──────────┘      └──────────────┘     └──────┘
     kernel         mt6d-gateway      bridge, captures      mt6d-gateway        kernel

The gateways' veth ends belong to net_af_xdp (net_af_packet where the kernel has no AF_XDP), so
nothing else sees their frames; captures are made on the bridge's ports, between the gateways.
A third pair, host-c and gw-c, can be put on the bridge. In host mode host-a and gw-a are one
machine: the kernel sits behind a TAP device of the gateway's. Without gateways (`protected=False`)
the hosts are plugged into the bridge themselves: what the lab would be without MT6D.
Sites on two links, with routers between them, are in routed.py.

Links between gateways (`wire`):
    veth    as drawn
    tap     the gateways' external ports are net_tap devices, bridged to `outside`
    vhost   net_vhost at A and net_virtio_user at B, over a socket: no wire to capture on
With `mld` the bridge snoops (link.py).
"""

import collections
import os
import shutil
import socket

from . import gateway
from .gateway import Gateway
from .link import LINK_MTU, Link
from .namespace import Namespace, connect, lab_directory, remove_stale

Host = collections.namedtuple("Host", "name address mac")

ALICE = Host("alice", "2001:db8:1::a", "02:5e:a1:c3:77:0a")
BOB = Host("bob", "2001:db8:1::b", "02:5e:b2:d4:66:0b")

WIRE_MTU = LINK_MTU
# Only streams pass, so whatever shows a host outside is the gateway's doing: not the host's own.
NOTHING_ELSE = "unprotected: drop\n"
CIPHERS = ("aes-256-gcm", "aes-256-cbc", "none")


def inner_mtu(mtu, cipher):
    """docs/protocol.md, 8: the largest packet of a host that fits."""
    return {"none": mtu - 16, "aes-256-cbc": 16 * ((mtu - 56) // 16) + 32, "aes-256-gcm": mtu - 48}[cipher]


def external_mac(letter):
    """Of a gateway's external port: what its neighbours on the wire see."""
    return f"02:00:00:00:1{letter}:02"


def best_driver():
    """Of those that put a gateway on a veth end."""
    try:
        socket.socket(getattr(socket, "AF_XDP", 44), socket.SOCK_RAW).close()
        return "net_af_xdp"
    except OSError:
        return "net_af_packet"


def answer_quickly(machine):
    """Else a kernel would soon say no more which ports and hop limits it does not take."""
    machine.sysctl(net__ipv6__icmp__ratelimit=0)


class Lab:
    """Context manager: machines, keys and configurations; start() runs both gateways."""

    alice, bob = ALICE, BOB

    def __init__(self, rotation=2, lifetime=None, cipher="aes-256-gcm", wire="veth", host_mode=False,
                 host_mtu=None, driver=None, mld=None, protected=True, policy="", rekey="method: off"):
        self.rotation = rotation
        self.lifetime = lifetime or 3 * rotation
        self.cipher = cipher
        self.wire_kind = wire
        self.host_mode = host_mode
        self.host_mtu = host_mtu or inner_mtu(WIRE_MTU, cipher)
        self.driver = driver or best_driver()
        self.mld = mld
        self.protected = protected
        self.policy = policy  # lines of both configurations
        self.rekey = rekey  # their section of that name
        self.host_device = "protected" if host_mode else "eth0"  # of host-a
        self.machines = []
        self.gateways = []
        self._last_state = None

    def __enter__(self):
        remove_stale()
        self.directory = lab_directory()
        self.key_file = self.directory / "session.key"
        try:
            gateway.make_key(self.key_file)
            self._build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind:
            self._last_state = self.describe()
        self.close()

    def close(self):
        for machine in self.machines:
            machine.delete()
        for one in self.gateways:
            one.forget()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        """The gateways, one after the other: net_virtio_user needs its peer's socket."""
        for one in self.gateways:
            one.start()

    def machine(self, role, kind=Namespace, **options):
        namespace = kind(role, self.directory, **options)
        self.machines.append(namespace)
        return namespace

    # -- how the machines are made -------------------------------------------------------------

    def _build(self):
        self.wire = self.machine("wire", Link, mld=self.mld)
        if self.host_mode:
            self.host_a, self.a = self._host_machine("a", self.alice, self.bob)
        else:
            self.host_a, self.a = self._site("a", self.alice, self.bob)
        self.host_b, self.b = self._site("b", self.bob, self.alice)
        self.gateways = [one for one in (self.a, self.b) if one]

    def link(self, _letter):
        """That a site's gateway is plugged into."""
        return self.wire

    def _site(self, letter, local, remote, **options):
        host = self.machine(f"host-{letter}")
        if not self.protected:
            self.link(letter).plug(host, "eth0", local.mac, f"to-{letter}")
            self._prepare_host(host, local, "eth0")
            return host, None
        machine = self.machine(f"gw-{letter}")
        machine.silence()
        connect(host, {"name": "eth0", "mac": local.mac},
                machine, {"name": "inside", "mac": f"02:00:00:00:1{letter}:01"}, WIRE_MTU)
        self._prepare_host(host, local, "eth0")
        return host, self._gateway(machine, letter, local, remote, self._port("inside", 0),
                                   **options)

    def _host_machine(self, letter, local, remote):
        """Host mode: one namespace; its kernel's interface appears when the gateway starts."""
        machine = self.machine(f"host-{letter}")
        machine.sysctl(net__ipv6__conf__default__accept_ra=0)
        return machine, self._gateway(machine, letter, local, remote,
                                      f"net_tap0,iface={self.host_device}", mode="host")

    def finish_host_mode(self):
        """After the gateway of host-a has made its TAP device."""
        self.host_a.ip("link", "set", self.host_device, "address", ALICE.mac)
        self._prepare_host(self.host_a, ALICE, self.host_device)

    def _prepare_host(self, host, local, device):
        host.sysctl(**{f"net__ipv6__conf__{device}__accept_ra": 0})
        # A veth end leaves transport checksums unfinished for its peer; a wire would not.
        host.run("ethtool", "-K", device, "tx", "off")
        answer_quickly(host)
        host.ip("link", "set", device, "mtu", self.host_mtu, "up")
        host.ip("address", "replace", f"{local.address}/64", "dev", device, "nodad")

    def _port(self, device, number):
        # Usually 512 frames: a gateway that has to wait for a CPU would lose what comes meanwhile.
        ring = ",framecnt=4096" if self.driver == "net_af_packet" else ""
        return f"{self.driver}{number},iface={device}{ring}"

    def _gateway(self, machine, letter, local, remote, internal, **options):
        options = {"key_file": self.key_file, "state_dir": self.directory / f"state-{letter}",
                   "rotation": self.rotation, "lifetime": self.lifetime, "cipher": self.cipher,
                   "policy": self.policy, "rekey": self.rekey} | options
        text = gateway.configuration(f"lab-{os.getpid()}-{letter}", local, remote, internal,
                                     self._external(machine, letter), **options)
        return Gateway(machine, letter, text)

    def _external(self, machine, letter):
        """Connects a gateway's machine to the wire and returns its external device string."""
        mac = external_mac(letter)
        if self.wire_kind == "vhost":
            path = self.directory / "vhost.socket"
            return (f"net_vhost1,iface={path}" if letter == "a"
                    else f"net_virtio_user1,path={path},mac={mac},queue_size=1024")
        self.attach_to_wire(machine, letter, mac)
        if self.wire_kind == "tap":
            return "net_tap1,iface=tap"
        return self._port("outside", 1)

    def attach_to_wire(self, machine, letter, mac):
        self.link(letter).plug(machine, "outside", mac, f"to-{letter}")
        machine.run("sysctl", "-qw", "net.ipv6.conf.outside.disable_ipv6=1")
        # An AF_PACKET or AF_XDP port takes frames as they are: no merging on the way in.
        machine.run("ethtool", "-K", "outside", "gro", "off", "tx", "off")

    def finish_tap_wire(self):
        """Once the gateways have made their TAP devices: each bridged to its machine's veth."""
        for one in self.gateways:
            machine = one.namespace
            machine.ip("link", "add", "name", "br0", "type", "bridge", "mcast_snooping", "0")
            for device in ("tap", "outside"):
                machine.ip("link", "set", device, "master", "br0")
            for device in ("tap", "br0"):
                machine.ip("link", "set", device, "up")

    def add_gateway(self, letter, local, remote, **options):
        """A third site on the same wire; options as of configuration()."""
        host, other = self._site(letter, local, remote, **options)
        self.gateways.append(other)
        return host, other

    def describe(self):
        """For a failed test: all there is to know about the lab's state, or was when it failed."""
        if self._last_state:
            return self._last_state
        parts = [one.describe() for one in self.gateways]
        for machine in self.machines:
            parts.append(f"{machine.name}\n" + machine.run(
                "ip", "-s", "link", check=False).stdout)
        return "\n\n".join(parts)
