#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Clocks that disagree by just under one rotation lose nothing (docs/protocol.md, 3)."""

import pytest
from checks import Lossless
from lab.gateway import stream
from lab.topology import BOB
from lab.traffic import ping, wait_until_both_reachable


@pytest.mark.parametrize("offset", ["-1.9s", "+1.9s"])
def test_one_clock_off_by_just_under_a_rotation_loses_none(make_lab, offset):
    lab = make_lab(rotation=2)
    lab.b.fake_clock(offset)
    lab.start()
    wait_until_both_reachable(lab)
    with Lossless(lab, at_least=2000):
        assert ping(lab.host_a, BOB.address, count=2200, interval=0.01) == (2200, 2200)
    # Each sees how far the other's clock is off, and warns of it: it is over a quarter of the
    # rotation time. Pings came each 10 ms, so the resolution is about that.
    ahead = float(offset.rstrip("s"))
    for gateway, expected in ((lab.a, ahead), (lab.b, -ahead)):
        seen = stream(gateway.counters())["peer_clock"]
        assert abs(seen["ahead"] - expected) < 0.1, seen
        assert seen["resolution"] < 0.1, seen
        assert "the peer's clock is" in gateway.describe()
