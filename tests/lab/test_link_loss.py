#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A link that goes down and up: the switch is told again what it has forgotten (docs/protocol.md,
7.2 and 7.3)."""

import time

from lab.capture import (Capture, addresses, discovery_target, icmpv6_type,
                         solicited_node_group)
from lab.gateway import hashed_address, salt_now
from lab.process import wait_for
from lab.topology import ALICE, BOB
from lab.traffic import ping, wait_until_both_reachable

ALL_ROUTERS = "ff02::2"
# After a link comes up: reports at once, and solicitations, which are repeated each second.
RESUMES_WITHIN = 5


def announced(frames):
    """Addresses that somebody spoke of without being asked (RFC 9131)."""
    return {discovery_target(frame) for frame in frames
            if icmpv6_type(frame) == 136 and addresses(frame)[1] == ALL_ROUTERS}


def test_a_link_that_was_down_is_used_again_at_once(make_lab):
    # So long that no new address gives cause to report or announce anything.
    lab = make_lab(rotation=60, mld=2)
    lab.start()
    wait_until_both_reachable(lab)
    salt = salt_now(lab.rotation)
    # Of use now, and should a rotation come in between.
    live = [hashed_address(ALICE, lab.key_file, salt + one) for one in (0, 1)]
    capture = Capture(lab.wire, "to-a")  # which goes on when the link comes back
    lab.wire.unplug("to-a")  # the switch forgets what was reported there
    assert lab.wire.listeners("to-a") == set()
    assert ping(lab.host_a, BOB.address, count=3, interval=1, wait=0.2)[1] == 0
    wait_for("the gateway to notice", RESUMES_WITHIN,
             lambda: "external: link down" in lab.a.describe())
    lab.wire.plug_again("to-a")
    begin = time.monotonic()
    wait_until_both_reachable(lab)
    assert time.monotonic() - begin <= RESUMES_WITHIN
    groups = {solicited_node_group(address) for address in live}
    wait_for("reports of all groups", RESUMES_WITHIN, lambda: groups <= lab.wire.listeners("to-a"))
    assert ping(lab.host_a, BOB.address, count=300, interval=0.02) == (300, 300)
    assert set(live) <= announced(capture.stop())
