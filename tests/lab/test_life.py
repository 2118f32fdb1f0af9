#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Gateways that are killed, stopped and started again."""

import signal
import time

import pytest
from lab.gateway import stream
from lab.topology import BOB
from lab.traffic import ping, wait_until_both_reachable


@pytest.mark.parametrize("which", ["a", "b"])
def test_after_a_kill_traffic_flows_within_3_s_of_being_ready(running, which):
    victim = running.a if which == "a" else running.b
    victim.kill()
    assert ping(running.host_a, BOB.address, count=3, wait=0.2)[1] == 0
    victim.start()
    ready = time.monotonic()
    wait_until_both_reachable(running)
    assert time.monotonic() - ready <= 3
    assert ping(running.host_a, BOB.address, count=50, interval=0.02) == (50, 50)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_both_with_a_summary_and_all_memory_returned(make_lab, number):
    # net_af_xdp cannot take back what the kernel's rings hold; net_af_packet copies, so that
    # whatever is missing here was lost by the gateway.
    lab = make_lab(driver="net_af_packet")
    lab.start()
    wait_until_both_reachable(lab)
    assert ping(lab.host_a, BOB.address, count=10_000, flood=True) == (10_000, 10_000)
    for summary in (lab.a.stop(number), lab.b.stop(number)):
        assert summary["mbufs_in_use"] == 0
        assert stream(summary)["encapsulated_packets"] >= 10_000
        assert stream(summary)["decapsulated_packets"] >= 10_000


def test_what_af_xdp_rings_hold_at_the_end_does_not_grow_with_traffic(running):
    rings = 2 * (2048 + 2048)  # fill and completion ring of each port
    assert ping(running.host_a, BOB.address, count=20_000, flood=True) == (20_000, 20_000)
    for gateway in (running.a, running.b):
        assert gateway.stop()["mbufs_in_use"] <= rings
