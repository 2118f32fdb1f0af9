#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Sessions run through rotations every 2 s and lose nothing (docs/protocol.md, 3)."""

import time

from checks import ROTATIONS, Lossless
from lab.traffic import IperfServer, WebServer, download, iperf_udp, ping

from lab.topology import ALICE, BOB

FLOOD = 50_000
DOWNLOAD_BYTES = 500_000_000
UDP_SECONDS = 24
# iperf3's receiver is an ordinary process with an ordinary socket buffer: faster than this, a busy
# machine loses packets after they have arrived.
UDP_LIMIT = 40_000_000


def seconds_for_rotations(lab):
    return (ROTATIONS + 1) * lab.rotation


def test_flood_ping_of_50000_packets_and_more_loses_none(running):
    end = time.monotonic() + seconds_for_rotations(running)
    with Lossless(running, at_least=FLOOD):
        first = True
        while first or time.monotonic() < end:
            sent, received = ping(running.host_a, BOB.address, count=FLOOD, flood=True)
            assert (sent, received) == (FLOOD, FLOOD)
            first = False


def test_download_of_500_megabytes_arrives_whole(running):
    server = WebServer(running.host_a, ALICE.address, DOWNLOAD_BYTES)
    begin = time.monotonic()
    with Lossless(running, at_least=DOWNLOAD_BYTES // 1500 // 2):
        digest = download(running.host_b, server.url, rate="20M")
        # A server must not be done before enough rotations: curl's rate takes care of it.
        assert time.monotonic() - begin >= ROTATIONS * running.rotation
    assert digest == server.digest


def test_udp_below_half_of_what_the_lab_carries_loses_none(running):
    server = IperfServer(running.host_b)
    # How much that is, by a short overload whose losses do not matter.
    carried = iperf_udp(running.host_a, BOB.address, "1G", 2)
    received = 1 - carried["lost_packets"] / carried["packets"]
    rate = int(min(carried["bits_per_second"] * received * 0.4, UDP_LIMIT))
    with Lossless(running, at_least=1000):
        result = iperf_udp(running.host_a, BOB.address, rate, UDP_SECONDS)
    server.stop()
    assert result["lost_packets"] == 0
    assert result["packets"] >= rate * UDP_SECONDS / 8 / 1200 * 0.9
