#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Other ports than veth, and the mode in which the machine protects itself."""

import time

from checks import Lossless
from lab.topology import ALICE, BOB
from lab.traffic import WebServer, download, ping, wait_until_both_reachable


def carry(lab):
    """Pings and a download across some rotations."""
    rotations = 3
    wait_until_both_reachable(lab)
    server = WebServer(lab.host_a, ALICE.address, 20_000_000)
    with Lossless(lab, rotations=rotations, at_least=1000):
        until = time.monotonic() + (rotations + 1) * lab.rotation
        assert ping(lab.host_b, ALICE.address, count=1000, flood=True) == (1000, 1000)
        assert download(lab.host_b, server.url, rate="10M") == server.digest
        while time.monotonic() < until:
            assert ping(lab.host_a, BOB.address, count=50, interval=0.02) == (50, 50)


def test_external_ports_are_tap_devices(make_lab):
    lab = make_lab(wire="tap")
    lab.start()
    lab.finish_tap_wire()
    carry(lab)


def test_external_ports_are_a_vhost_and_virtio_user_pair(make_lab):
    lab = make_lab(wire="vhost")
    lab.start()
    carry(lab)


def test_host_mode_protects_the_kernel_behind_a_tap_device(make_lab):
    lab = make_lab(host_mode=True)
    lab.start()
    lab.finish_host_mode()
    carry(lab)
