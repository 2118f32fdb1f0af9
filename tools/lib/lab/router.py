# SPDX-License-Identifier: BSD-3-Clause
"""A router: a kernel that forwards, and radvd with a configuration of its own."""

import collections
import signal

from .namespace import Namespace, connect
from .process import wait_for

Attached = collections.namedtuple("Attached", "device prefix")

# radvd's defaults are an advertisement every 200 to 600 s, and one whenever somebody asks.
DEFAULTS = ""
# The shortest that radvd takes. What a neighbour's death costs at most with these times (RFC 4861,
# 6.3.4, 7.3.3 and 10): ReachableTime * 1.5 + DELAY_FIRST_PROBE_TIME + 3 * RetransTimer = 11 s.
IMPATIENT = """\
    MinRtrAdvInterval 3;
    MaxRtrAdvInterval 4;
    AdvDefaultLifetime 8;
    AdvReachableTime 2000;
    AdvRetransTimer 1000;
"""
NOTICED_WITHIN = 11  # seconds

INTERFACE = """\
interface {device} {{
    AdvSendAdvert on;
{options}    prefix {prefix}::/64 {{ }};
}};
"""


class Router(Namespace):
    """Number n has the addresses fe80::n and PREFIX::n on each of its links."""

    def __init__(self, number, directory):
        super().__init__(f"router-{number}", directory)
        self.number = number
        self.attached = []
        self.radvd = None
        # Its addresses are usable at once, and there are no others.
        self.sysctl(net__ipv6__conf__all__forwarding=1, net__ipv6__conf__default__accept_dad=0,
                    net__ipv6__conf__default__addr_gen_mode=1,
                    # Else traceroute, which asks quickly, would miss answers.
                    net__ipv6__icmp__ratelimit=0)

    def join(self, link, prefix):
        """A link with hosts: 2001:db8:a, say."""
        device = f"on-{link.role}"
        link.plug(self, device, self.mac(prefix), f"to-{self.role}")
        self._address(device, prefix, self.number)
        self.attached.append(Attached(device, prefix))

    def join_router(self, other, prefix, mtu):
        """A link with one other router."""
        ends = [{"name": f"to-{end.role}", "mac": machine.mac(prefix)}
                for machine, end in ((self, other), (other, self))]
        connect(self, ends[0], other, ends[1], mtu)
        for machine, end in ((self, ends[0]), (other, ends[1])):
            machine._address(end["name"], prefix, machine.number)  # pylint: disable=protected-access

    def _address(self, device, prefix, number):
        self.run("ethtool", "-K", device, "gro", "off", "tx", "off")
        for address in (f"fe80::{number}", f"{prefix}::{number}"):
            self.ip("address", "add", f"{address}/64", "dev", device, "nodad")

    def mac(self, prefix):
        return f"02:00:5e:00:{prefix[-1]:0>2}:{self.number:02x}"

    def route(self, prefix, via, device):
        self.ip("route", "add", prefix, "via", via, "dev", device)

    def set_mtu(self, other, mtu):
        """Of the link to another router, which has to be told too."""
        self.ip("link", "set", f"to-{other.role}", "mtu", mtu)

    def advertise(self, options=DEFAULTS):
        file = self.directory / f"{self.role}.radvd.conf"
        file.write_text("".join(INTERFACE.format(device=one.device, prefix=one.prefix, options=options)
                                for one in self.attached))
        self.radvd = self.start("radvd", "radvd", "--nodaemon", "--logmethod", "stderr", "--config",
                                file, "--pidfile", self.directory / f"{self.role}.radvd.pid")
        # Killed, or gone before it began, would be noticed much later, and far away.
        wait_for("radvd's sockets", 5, self._listens)

    def _listens(self):
        self.radvd.check_alive()
        return self.run("cat", "/proc/net/raw6").stdout.count("\n") > 1

    def leave(self):
        """All links at once, with no last word: a router that lost its power."""
        for one in self.attached:
            self.ip("link", "set", one.device, "down")
        if self.radvd:
            self.radvd.end(signal.SIGKILL)
            self.radvd = None

    def come_back(self, options=DEFAULTS):
        for one in self.attached:
            self.ip("link", "set", one.device, "up")
            # A link that goes down takes its addresses with it.
            for address in (f"fe80::{self.number}", f"{one.prefix}::{self.number}"):
                self.ip("address", "replace", f"{address}/64", "dev", one.device, "nodad")
        self.advertise(options)
