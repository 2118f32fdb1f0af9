#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A switch that passes multicast only to where it was asked for (docs/protocol.md, 7.3): gateways
hear solicitations for addresses whose groups they report, and for no others."""

import ipaddress
import time

import pytest
from checks import carry
from lab.capture import (Capture, discovery_target, icmpv6_type, solicited_node_group,
                         write_frames)
from lab.gateway import hashed_address, salt_now
from lab.inject import inject
from lab.link import QUERY_TIMES
from lab.process import wait_for
from lab.topology import ALICE, BOB, Lab
from lab.traffic import wait_until_both_reachable

NOBODYS = "2001:db8:1::99:9999"


# Rotations every 2 s: a Linux bridge as MLDv1 querier puts its next general query off by a second
# each time that somebody leaves a group.
@pytest.fixture(scope="module", name="lab", params=[2, 1], ids=lambda version: f"MLDv{version}")
def switched_lab(request):
    with Lab(mld=request.param) as made:
        request.node.labs = [made]
        made.start()
        wait_until_both_reachable(made)
        yield made


def solicitation(target, source_mac):
    """Of the kernel of somebody else on the link."""
    from scapy.layers.inet6 import (ICMPv6ND_NS, ICMPv6NDOptSrcLLAddr,  # slow to load
                                    IPv6)
    from scapy.layers.l2 import Ether
    group = ipaddress.IPv6Address(solicited_node_group(target)).packed
    return bytes(Ether(src=source_mac, dst="33:33:" + group[-4:].hex(":"))
                 / IPv6(src="2001:db8:1::7", dst=solicited_node_group(target), hlim=255)
                 / ICMPv6ND_NS(tgt=target) / ICMPv6NDOptSrcLLAddr(lladdr=source_mac))


def test_sessions_lose_nothing_behind_a_snooping_switch(lab):
    carry(lab, rotations=3, queried=True)


def test_each_live_and_prepared_address_has_its_group_reported(lab):
    # Longer than the switch remembers what nobody confirms: queries are answered too.
    for _ in range(QUERY_TIMES["mcast_membership_interval"] // 100 + 1):
        for port, local in (("to-a", ALICE), ("to-b", BOB)):
            salt = salt_now(lab.rotation)
            reported = lab.wire.listeners(port)
            # The address of the next rotation, too: reported before it becomes active.
            live = [hashed_address(local, lab.key_file, salt + one) for one in (-1, 0, 1)]
            assert {solicited_node_group(address) for address in (*live, local.address)} <= reported
        time.sleep(1)


def test_groups_of_addresses_that_ended_are_left(lab):
    salt = salt_now(lab.rotation)
    old = {solicited_node_group(hashed_address(ALICE, lab.key_file, salt - one)) for one in range(10, 20)}
    wait_for("groups to be left", 2 * lab.lifetime, lambda: not old & lab.wire.listeners("to-a"))


def test_a_solicitation_for_nobody_reaches_no_gateway(lab):
    # From B's site, as a host on the switch would ask. The other one is there to be seen: the
    # capture and the switch do pass what was asked for.
    asked = hashed_address(ALICE, lab.key_file, salt_now(lab.rotation) + 1)
    path = lab.directory / "solicitations.pcap"
    write_frames(path, [solicitation(NOBODYS, "02:00:00:00:99:01"), solicitation(asked, "02:00:00:00:99:01")])
    lab.wire.ip("link", "add", "name", "visitor", "type", "veth", "peer", "name", "to-visitor")
    for device in ("visitor", "to-visitor"):
        lab.wire.ip("link", "set", device, "up")
    lab.wire.ip("link", "set", "to-visitor", "master", "br0")
    capture = Capture(lab.wire, "to-a")
    inject(lab.wire, "visitor", path)
    targets = [discovery_target(frame) for frame in capture.stop() if icmpv6_type(frame) == 135]
    lab.wire.ip("link", "delete", "visitor")
    assert asked in targets
    assert NOBODYS not in targets
