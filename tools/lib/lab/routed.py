# SPDX-License-Identifier: BSD-3-Clause
"""
Two sites on two links, with kernels as routers between them.

                    2001:db8:a::/64                      2001:db8:b::/64
    host-a ── gw-a ──┤ link-a ├── router-1 ── … ── router-n ──┤ link-b ├── gw-b ── host-b
                         │                                        │
                       carol                                    dave

Router n is fe80::n and ::n on each of its links. The first and the last one run radvd, and all
addresses and routes of the hosts come from it: those of host-a and host-b through their gateways,
which learn router and prefix as well. The hosts' interface identifiers are chosen (::a, ::b, ::c,
::d), since two of them stand in the gateways' configurations.

    path=(M, …)   one router more for each M, and links of these MTUs between them
    spare=True    router-2 stands beside router-1, on both links
    hashed=True   hashed addresses are in a /64 of their own at each site, 2001:db8:a:ff::/64 and
                  2001:db8:b:ff::/64, which the link's router routes to the gateway

carol and dave are nobody's streams: who else is on the links.
"""

import ipaddress
import json

from .link import Link
from .namespace import Namespace
from .process import wait_for
from .router import DEFAULTS, Router
from .topology import Host, Lab, answer_quickly, external_mac

PROTECTED_LABEL = 99  # one that no kernel uses itself

PREFIX_A, PREFIX_B = "2001:db8:a", "2001:db8:b"

HASHED_A, HASHED_B = f"{PREFIX_A}:ff::/64", f"{PREFIX_B}:ff::/64"

CAROL = Host("carol", f"{PREFIX_A}::c", "02:5e:c3:e5:55:0c")
DAVE = Host("dave", f"{PREFIX_B}::d", "02:5e:d4:f6:44:0d")


class RoutedLab(Lab):
    alice = Host("alice", f"{PREFIX_A}::a", "02:5e:a1:c3:77:0a")
    bob = Host("bob", f"{PREFIX_B}::b", "02:5e:b2:d4:66:0b")

    def __init__(self, path=(), spare=False, hashed=False, advertise=DEFAULTS, accept_mtu=True,
                 temporary=False, **options):
        super().__init__(host_mtu=1500, **options)
        self.path = path
        self.spare = spare
        self.hashed = {"alice": HASHED_A, "bob": HASHED_B} if hashed else {}
        self.advertise = advertise
        self.accept_mtu = accept_mtu  # a host's: whether it believes an advertisement's MTU option
        self.temporary = temporary  # whether hosts prefer temporary addresses (RFC 8981)

    def _build(self):
        self.links = {"a": self.machine("link-a", Link, mld=self.mld),
                      "b": self.machine("link-b", Link, mld=self.mld)}
        self._build_routers()
        self.host_a, self.a = self._site("a", self.alice, self.bob)
        self.host_b, self.b = self._site("b", self.bob, self.alice)
        self.gateways = [one for one in (self.a, self.b) if one]
        self.carol, self.dave = self._other("a", CAROL), self._other("b", DAVE)

    def link(self, letter):
        return self.links[letter]

    def _build_routers(self):
        count = len(self.path) + 1 + self.spare
        self.routers = []
        for number in range(1, count + 1):
            self.routers.append(Router(number, self.directory))
            self.machines.append(self.routers[-1])
        for router in self.advertising("a"):
            router.join(self.links["a"], PREFIX_A)
        for router in self.advertising("b"):
            router.join(self.links["b"], PREFIX_B)
        for index, mtu in enumerate(self.path):
            left, right = self.routers[index:index + 2]
            left.join_router(right, f"2001:db8:f{index + 1}", mtu)
            left.route(f"{PREFIX_B}::/64", f"fe80::{right.number}", f"to-{right.role}")
            right.route(f"{PREFIX_A}::/64", f"fe80::{left.number}", f"to-{left.role}")
        for letter, prefix in zip("ab", self.hashed.values()):
            for router in self.advertising(letter):
                router.route(prefix, link_local(external_mac(letter)), f"on-link-{letter}")
        for router in {*self.advertising("a"), *self.advertising("b")}:
            router.advertise(self.advertise)

    def advertising(self, letter):
        """The routers of a link."""
        if self.spare:
            return self.routers
        return self.routers[:1] if letter == "a" else self.routers[-1:]

    def set_path_mtu(self, index, mtu):
        """Of the link number `index` between routers."""
        left, right = self.routers[index:index + 2]
        left.set_mtu(right, mtu)
        right.set_mtu(left, mtu)

    def _other(self, letter, who):
        host = self.machine(who.name)
        self.link(letter).plug(host, "eth0", who.mac, f"to-{who.name}")
        self._prepare_host(host, who, "eth0")
        return host

    def _gateway(self, machine, letter, local, *others, **options):
        next_hops = f"  routed: [{self.hashed[local.name]}]\n" if self.hashed else ""
        return super()._gateway(machine, letter, local, *others, **{
            "next_hops": next_hops, "prefixes": self.hashed} | options)

    def _prepare_host(self, host, local, device):
        """Silent until configure_hosts(): then it begins as on a new link."""
        host.run("ethtool", "-K", device, "tx", "off")
        answer_quickly(host)
        host.sysctl(**{f"net__ipv6__conf__{device}__{key}": value for key, value in {
            "disable_ipv6": 1, "accept_ra": 1, "accept_ra_mtu": int(self.accept_mtu),
            "use_tempaddr": 2 if self.temporary else 0,
            # Soon, where several soliciting hosts and gateways start at once.
            "router_solicitation_interval": 1}.items()})
        identifier = ipaddress.IPv6Address(int(ipaddress.IPv6Address(local.address)) & (1 << 64) - 1)
        host.ip("token", "set", str(identifier), "dev", device)
        host.ip("link", "set", device, "up")

    def start(self):
        super().start()
        self.configure_hosts()

    def configure_hosts(self, seconds=15):
        """Hosts autoconfigure themselves; returns when all have their address and a router."""
        hosts = {self.host_a: self.alice, self.host_b: self.bob, self.carol: CAROL, self.dave: DAVE}
        for host in hosts:
            host.sysctl(net__ipv6__conf__eth0__disable_ipv6=0)
        for host, who in hosts.items():
            wait_for(f"address {who.address} and a router in {host.name}", seconds,
                     lambda: self._is_configured(host, who))  # pylint: disable=cell-var-from-loop

    def _is_configured(self, host, who):
        return (who.address in host_addresses(host) and default_routers(host)
                and (host_addresses(host, temporary=True) or not self.temporary))


def link_local(mac):
    """The address that a gateway makes itself of its MAC (RFC 4291, appendix A)."""
    parts = bytes.fromhex(mac.replace(":", ""))
    return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + bytes([parts[0] ^ 2]) + parts[1:3]
                                     + b"\xff\xfe" + parts[3:]))


def host_addresses(host: Namespace, temporary=False):
    """Those of global scope that are ready for use."""
    listed = json.loads(host.run("ip", "-6", "-j", "address", "show", "dev", "eth0").stdout)
    found = [info for part in listed for info in part.get("addr_info", [])]
    return [info["local"] for info in found
            if info.get("scope") == "global" and "tentative" not in info
            and ("temporary" in info) == temporary]


def default_routers(host: Namespace):
    routes = json.loads(host.run("ip", "-6", "-j", "route", "show", "default").stdout)
    hops = [hop for route in routes for hop in [route, *route.get("nexthops", [])]]
    return {hop["gateway"] for hop in hops if "gateway" in hop}


def chosen_source(host: Namespace, address):
    """The address from which the kernel would send there."""
    return json.loads(host.run("ip", "-6", "-j", "route", "get", address).stdout)[0]["prefsrc"]


def link_mtu(host: Namespace):
    """What IPv6 takes for the link's MTU: the device's, or an advertisement's."""
    return int(host.run("sysctl", "-n", "net.ipv6.conf.eth0.mtu").stdout)


def prefer(lab, command="add"):
    """The hosts' protected addresses, for their streams alone: a label of its own for both ends of
    a stream wins over the preference for temporary addresses (RFC 6724, 5, rules 6 and 7)."""
    for host in (lab.host_a, lab.host_b):
        for who in (lab.alice, lab.bob):
            host.ip("addrlabel", command, "prefix", f"{who.address}/128", "label", PROTECTED_LABEL)


def do_not_prefer(lab):
    prefer(lab, "del")
