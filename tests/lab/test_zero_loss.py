#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Sessions run through rotations every 1 or 2 s and lose nothing, whatever the cipher
(docs/protocol.md, 3). All tests of one cipher share a lab."""

import time

import pytest
from checks import ROTATIONS, Lossless
from lab.topology import ALICE, BOB, Lab
from lab.traffic import (IperfServer, WebServer, download, iperf_udp, ping, udp_without_room,
                         wait_until_both_reachable)

FLOOD = 50_000
DOWNLOAD_BYTES = 250_000_000  # for each second between rotations: enough for ten of them
DOWNLOAD_RATE = 20 << 20  # bytes a second
UDP_ROTATIONS = 12
# iperf3's receiver is an ordinary process with an ordinary socket buffer: faster than this, it
# would lose many packets after they have arrived.
UDP_LIMIT = 40_000_000


@pytest.fixture(scope="module", params=[("aes-256-gcm", 2), ("aes-256-cbc", 1), ("none", 1)],
                ids=lambda parameters: "{}-rotation-{}".format(*parameters))
def shared_lab(request):
    cipher, rotation = request.param
    with Lab(cipher=cipher, rotation=rotation) as lab:
        lab.start()
        wait_until_both_reachable(lab)
        yield lab


@pytest.fixture
def running(request, shared_lab):
    request.node.labs = [shared_lab]
    return shared_lab


def seconds_for_rotations(lab):
    return (ROTATIONS + 1) * lab.rotation


def test_flood_ping_of_50000_packets_and_more_loses_none(running):
    with Lossless(running, at_least=FLOOD):
        # Counted from here: what comes before it, the first reading of the counters, takes seconds.
        end = time.monotonic() + seconds_for_rotations(running)
        while time.monotonic() < end:
            sent, received = ping(running.host_a, BOB.address, count=FLOOD, flood=True)
            assert (sent, received) == (FLOOD, FLOOD)


def test_download_through_ten_rotations_arrives_whole(running):
    size = DOWNLOAD_BYTES * running.rotation
    server = WebServer(running.host_a, ALICE.address, size)
    begin = time.monotonic()
    with Lossless(running, at_least=size // 1500 // 2):
        digest = download(running.host_b, server.url, rate=DOWNLOAD_RATE)
        # A server must not be done before enough rotations: curl's rate takes care of it.
        assert time.monotonic() - begin >= ROTATIONS * running.rotation
    server.stop()
    assert digest == server.digest


def test_udp_below_half_of_what_the_lab_carries_loses_none(running):
    server = IperfServer(running.host_b)
    # How much that is, by a short overload whose losses do not matter.
    carried = iperf_udp(running.host_a, BOB.address, "1G", 2)
    received = 1 - carried["lost_packets"] / carried["packets"]
    rate = int(min(carried["bits_per_second"] * received * 0.4, UDP_LIMIT))
    seconds = UDP_ROTATIONS * running.rotation
    full = udp_without_room(running.host_b)
    with Lossless(running, at_least=1000):
        result = iperf_udp(running.host_a, BOB.address, rate, seconds)
    server.stop()
    # What a receiver without a core of its own did not fetch in time had arrived.
    assert result["lost_packets"] == udp_without_room(running.host_b) - full
    assert result["packets"] >= rate * seconds / 8 / 1200 * 0.9
