#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A third gateway that poses as A, with all but the key."""

from lab.gateway import make_key, stream
from lab.topology import ALICE, BOB
from lab.traffic import ping

# C cannot find B by itself (a wrong key gives addresses B does not answer for), so it is told
# B's MAC address as that of its router: its packets do reach B's port.
ROUTER_IS_B = """\
  default_router: fe80::b
  neighbors:
    - { address: fe80::b, mac: 02:00:00:00:1b:02 }
"""


def test_wrong_key_gets_nothing_through(running):
    key_file = running.directory / "wrong.key"
    make_key(key_file)
    host_c, c = running.add_gateway("c", ALICE, BOB, key_file=key_file, next_hops=ROUTER_IS_B)
    c.start()
    before = running.b.counters()
    sent, received = ping(host_c, BOB.address, count=100, interval=0.01)
    after, stranger = running.b.counters(), c.counters()
    assert (sent, received) == (100, 0)
    # They were sent, they arrived, and each is counted where it was refused.
    assert stream(stranger)["encapsulated_packets"] == 100
    arrived = (after["ports"]["external"]["rx_packets"]
               - before["ports"]["external"]["rx_packets"])
    refused = (sum(after["ports"]["external"]["drops"].values())
               - sum(before["ports"]["external"]["drops"].values()))
    assert arrived >= 100
    assert refused >= 100
    assert stream(after)["decapsulated_packets"] == stream(before)["decapsulated_packets"]
    # And those it poses as still talk.
    assert ping(running.host_a, BOB.address, count=20, interval=0.05) == (20, 20)
