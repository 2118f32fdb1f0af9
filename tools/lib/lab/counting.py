# SPDX-License-Identifier: BSD-3-Clause
"""Zero loss, counted twice: by the gateways and by the hosts' own kernels.

Neighbour discovery and reports of groups are no traffic of a stream (docs/protocol.md, 7), so what
passed is frames less those. nftables counts them in the hosts.
"""

import collections
import concurrent.futures
import json

from .gateway import Gateway, stream
from .process import LabError

RULES = """\
table ip6 lab { }
delete table ip6 lab
table ip6 lab {
    counter sent { }
    counter received { }
    chain out {
        type filter hook output priority 0;
        icmpv6 type { 130, 131, 132, 133, 134, 135, 136, 137, 143 } counter name sent
    }
    chain in {
        type filter hook prerouting priority -300;
        ip6 saddr { OWN } accept
        icmpv6 type { 130, 131, 132, 133, 134, 135, 136, 137, 143 } counter name received
    }
}
"""

class HostCount(collections.namedtuple(
        "HostCount", "frames_sent frames_received nd_sent nd_received")):
    @property
    def traffic(self):
        return self.frames_sent - self.nd_sent, self.frames_received - self.nd_received


def count_neighbor_discovery(host):
    path = host.directory / f"{host.role}.nft"
    # A kernel hears its own reports, of groups that it listens to: no frame of the link's.
    listed = json.loads(host.run("ip", "-6", "-j", "address").stdout)
    own = {info["local"] for part in listed for info in part.get("addr_info", []) if "local" in info}
    path.write_text(RULES.replace("OWN", ", ".join(sorted(own))))
    host.run("nft", "-f", path)


def host_count(host, device="eth0"):
    link = json.loads(host.run("ip", "-j", "-s", "link", "show", device).stdout)[0]["stats64"]
    listed = json.loads(host.run("nft", "-j", "list", "counters").stdout)["nftables"]
    discovery = {entry["counter"]["name"]: entry["counter"]["packets"]
                 for entry in listed if "counter" in entry}
    return HostCount(link["tx"]["packets"], link["rx"]["packets"],
                     discovery["sent"], discovery["received"])


Direction = collections.namedtuple(
    "Direction", "host_sent gateway_received encapsulated decapsulated gateway_sent host_received")


class Count:
    """From begin() to end(): what went in at one side and came out at the other.

    `queried`: hosts are asked for their groups all the time, so that only their traffic falls silent,
    and what passed the gateways' ports cannot be told to the packet."""

    def __init__(self, lab, queried=False):
        self.lab = lab
        self.queried = queried
        for host in (lab.host_a, lab.host_b):
            count_neighbor_discovery(host)
        self._begin = self._now()

    def _now(self):
        """All counters, of one moment: read again if a host spoke meanwhile."""
        lab = self.lab

        def hosts():
            return host_count(lab.host_a, lab.host_device), host_count(lab.host_b)

        for _ in range(10):
            before = hosts()
            with concurrent.futures.ThreadPoolExecutor() as pool:  # each waits for its next second
                gateways = pool.map(Gateway.counters, (lab.a, lab.b))
            after = hosts()
            if after == before or (self.queried and [one.traffic for one in after]
                                   == [one.traffic for one in before]):
                return *gateways, *before
        raise LabError("the hosts never fall silent: counters cannot be compared")

    def end(self):
        """Call when traffic has stopped. Returns the Direction A to B, and B to A."""
        begin_a, begin_b, host_begin_a, host_begin_b = self._begin
        end_a, end_b, host_end_a, host_end_b = self._now()
        side_a = _Side(begin_a, end_a, host_begin_a, host_end_a)
        side_b = _Side(begin_b, end_b, host_begin_b, host_end_b)
        self.rotations = min(stream(end_a)["salt"] - stream(begin_a)["salt"],
                             stream(end_b)["salt"] - stream(begin_b)["salt"])
        self.drops = {"a": side_a.new_drops(), "b": side_b.new_drops()}
        return side_a.to(side_b), side_b.to(side_a)


class _Side:
    """What one site's counters rose by."""

    def __init__(self, begin, end, host_begin, host_end):
        self.begin, self.end = begin, end
        self.host = HostCount(*(after - before for before, after in zip(host_begin, host_end)))

    def port(self, key):
        return self.end["ports"]["internal"][key] - self.begin["ports"]["internal"][key]

    def stream(self, key):
        return stream(self.end)[key] - stream(self.begin)[key]

    def to(self, other):
        return Direction(
            host_sent=self.host.frames_sent - self.host.nd_sent,
            gateway_received=self.port("rx_packets") - self.host.nd_sent,
            encapsulated=self.stream("encapsulated_packets"),
            decapsulated=other.stream("decapsulated_packets"),
            gateway_sent=other.port("tx_packets") - other.host.nd_received,
            host_received=other.host.frames_received - other.host.nd_received)

    def new_drops(self):
        before = self.begin["drops"]
        return {reason: count - before.get(reason, 0) for reason, count in self.end["drops"].items()
                if count != before.get(reason, 0)}
