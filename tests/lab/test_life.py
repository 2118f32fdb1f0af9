#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Gateways that are killed, stopped and started again."""

import signal
import time

import pytest
from lab.topology import ALICE, BOB
from lab.traffic import ping, wait_until_reachable


@pytest.mark.parametrize("which", ["a", "b"])
def test_after_a_kill_traffic_flows_within_3_s_of_being_ready(running, which):
    victim = running.a if which == "a" else running.b
    victim.kill()
    assert ping(running.host_a, BOB.address, count=3, wait=0.2)[1] == 0
    victim.start()
    ready = time.monotonic()
    wait_until_reachable(running.host_a, BOB.address, seconds=3)
    wait_until_reachable(running.host_b, ALICE.address, seconds=3)
    assert time.monotonic() - ready <= 3
    assert ping(running.host_a, BOB.address, count=50, interval=0.02) == (50, 50)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_both_with_a_summary_and_all_memory_returned(running, number):
    assert ping(running.host_a, BOB.address, count=1000, flood=True) == (1000, 1000)
    for gateway in (running.a, running.b):
        summary = gateway.stop(number)
        assert summary["mbufs_in_use"] == 0
        assert summary["streams"][0]["encapsulated_packets"] >= 1000
        assert summary["streams"][0]["decapsulated_packets"] >= 1000
