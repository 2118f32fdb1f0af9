#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a listener between the gateways sees: hashed addresses, and no host."""

import time

import pytest
from lab.capture import (Capture, addresses, cipher_of, discovery_target, is_ipv6, is_tunnel,
                         leaks)
from lab.gateway import hashed_address, salt_now
from lab.topology import ALICE, BOB, CIPHERS, NOTHING_ELSE
from lab.traffic import (IperfServer, WebServer, download, iperf_udp, ping,
                         wait_until_both_reachable, wait_until_reachable)


def hashed_pairs(lab, begin, end):
    """{(alice's, bob's)} of each salt that may be on the wire between these two."""
    return {(hashed_address(ALICE, lab.key_file, salt), hashed_address(BOB, lab.key_file, salt))
            for salt in range(begin - 2, end + 3)}


def test_capture_holds_hashed_addresses_only(make_lab):
    lab = make_lab(policy=NOTHING_ELSE)
    capture = Capture(lab.wire, "to-a")  # before the gateways start: their first words are in it too
    begin = salt_now(lab.rotation)
    lab.start()
    wait_until_reachable(lab.host_a, BOB.address)
    server = WebServer(lab.host_a, ALICE.address, 20_000_000)
    assert download(lab.host_b, server.url, rate="2M") == server.digest
    iperf = IperfServer(lab.host_b)
    iperf_udp(lab.host_a, BOB.address, "5M", 5)
    iperf.stop()
    until = time.monotonic() + 5 * lab.rotation
    while time.monotonic() < until:
        assert ping(lab.host_b, ALICE.address, count=20, interval=0.05) == (20, 20)
    lab.a.stop()
    lab.b.stop()
    frames = capture.stop()

    assert leaks(frames, (ALICE, BOB)) == []
    pairs = hashed_pairs(lab, begin, salt_now(lab.rotation))
    both_ways = pairs | {(bob, alice) for alice, bob in pairs}
    tunnel = [addresses(frame) for frame in frames if is_tunnel(frame)]
    assert set(tunnel) <= both_ways
    # Traffic of each direction was seen under several pairs.
    assert len(set(tunnel) & pairs) >= 5
    assert len(set(tunnel) - pairs) >= 5
    assert len(tunnel) > 10_000

    known = {address for pair in pairs for address in pair}
    for frame in frames:
        if not is_tunnel(frame):
            assert is_neighbor_discovery_of(frame, known), frame.hex()


def is_neighbor_discovery_of(frame, known):
    """ICMPv6 between hashed, link-local and multicast addresses, about a hashed one."""
    if not is_ipv6(frame):
        return False
    target = discovery_target(frame)
    allowed = all(address in known or address.startswith(("fe80:", "ff02:")) or address == "::"
                  for address in addresses(frame))
    return allowed and (target is None or target in known or target.startswith("fe80:"))


@pytest.mark.parametrize("cipher", CIPHERS)
def test_what_hosts_say_is_on_the_wire_without_a_cipher_alone(make_lab, cipher):
    lab = make_lab(cipher=cipher)
    lab.start()
    wait_until_both_reachable(lab)
    capture = Capture(lab.wire, "to-a", snap_length=0)
    pattern, size = b"what a host says", 264
    lab.host_a.run("ping", "-6", "-q", "-c", 50, "-i", 0.02, "-s", size, "-p", pattern.hex(), BOB.address)
    tunnel = [frame for frame in capture.stop() if is_tunnel(frame)]

    assert len(tunnel) >= 100  # requests and answers
    assert {cipher_of(frame) for frame in tunnel} == {cipher}
    # The inner header's first eight bytes, but for the flow label: version, length, next header.
    header = (size + 8).to_bytes(2, "big") + b"\x3a\x40"
    said = [frame for frame in tunnel if pattern in frame or header in frame[62:]]
    assert len(said) == (len(tunnel) if cipher == "none" else 0)


def test_the_search_finds_both_hosts_where_nothing_protects_them(running):
    capture = Capture(running.host_a, "eth0")
    assert ping(running.host_a, BOB.address, count=3) == (3, 3)
    found = " ".join(leaks(capture.stop(), (ALICE, BOB)))
    for what in ("true address of alice", "true address of bob", "MAC of alice"):
        assert what in found
