# SPDX-License-Identifier: BSD-3-Clause
"""One Ethernet link: a bridge that machines are plugged into, and that captures are made on."""

import json

from .namespace import Namespace, connect

LINK_MTU = 1500

# A querier's times, in hundredths of a second (RFC 3810, 9): short, so that a listener whose
# answers or reports are missing is forgotten within one test.
QUERY_TIMES = {"mcast_query_interval": 800, "mcast_query_response_interval": 100,
               "mcast_startup_query_interval": 100, "mcast_startup_query_count": 3,
               "mcast_membership_interval": 1200, "mcast_last_member_interval": 50}


class Link(Namespace):
    """A port is named for the machine at its other end: to-a, to-router-1, …

    With `mld` (1 or 2) the bridge snoops, and is the link's querier of that version: multicast to a
    group that nobody reported goes to no port. Else it floods.
    """

    def __init__(self, role, directory, mtu=LINK_MTU, mld=None):
        super().__init__(role, directory)
        self.mtu = mtu
        self.silence()
        self.ip("link", "add", "name", "br0", "type", "bridge", "mcast_snooping", "0")
        if mld:
            self._snoop(mld)
        self.ip("link", "set", "br0", "up")

    def _snoop(self, version):
        # A query has a source address: the bridge's own link-local one.
        self.sysctl(net__ipv6__conf__br0__accept_dad=0, net__ipv6__conf__br0__accept_ra=0,
                    net__ipv6__conf__br0__disable_ipv6=0)
        times = [part for pair in QUERY_TIMES.items() for part in pair]
        self.ip("link", "set", "br0", "type", "bridge", "mcast_snooping", "1", "mcast_mld_version",
                version, *times)
        # A querier relies on what it knows after one response interval: one that is set by now.
        self.ip("link", "set", "br0", "type", "bridge", "mcast_querier", "1")

    def plug(self, machine, device, mac, port):
        connect(machine, {"name": device, "mac": mac},
                self, {"name": port, "mac": f"02:{mac[3:-2]}fe"}, self.mtu)
        # A bridge port takes frames as they are: no merging on the way in.
        self.run("ethtool", "-K", port, "gro", "off", "tx", "off")
        self.ip("link", "set", port, "master", "br0")

    def listeners(self, port):
        """The groups that were reported on a port."""
        found = json.loads(self.run("bridge", "-j", "mdb", "show", "dev", "br0").stdout)
        return {entry["grp"] for part in found for entry in part.get("mdb", [])
                if entry["port"] == port}

    def unplug(self, port):
        """The cable, at one end; plug_again() puts it back."""
        self.ip("link", "set", port, "down")

    def plug_again(self, port):
        self.ip("link", "set", port, "up")
