#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Gateways killed under load, half of them with the clock set back before they start again: the
tunnel comes back each time, and no number is ever used twice with a key (docs/protocol.md, 6)."""

import os

import pytest
from lab.capture import Capture
from lab.process import wait_for
from lab.sealed import NEEDED, numbers_used, repeats, steps_back
from lab.topology import ALICE, BOB
from lab.traffic import echo_replies, wait_until_both_reachable

KILLS = 200 if os.environ.get("MT6D_LONG") else 20
STEP_BACK = 5  # seconds
# While one clock is behind, the other is ahead: by no more than a rotation (section 3).
ROTATION = 6
PACKETS_A_SECOND = 1000
ANSWERS = PACKETS_A_SECOND // 4  # to either host: the tunnel is back
COMES_BACK_WITHIN = 3  # seconds after the gateway says that it is ready


def start_load(lab):
    """Each host asks, and each answers: packets of both in either direction."""
    return [host.start("load", "ping", "-6", "-q", "-i", 1 / PACKETS_A_SECOND, address)
            for host, address in ((lab.host_a, BOB.address), (lab.host_b, ALICE.address))]


def wait_for_load(lab, answers, seconds):
    """Until both hosts have heard so many."""
    before = [echo_replies(host) for host in (lab.host_a, lab.host_b)]

    def carried():
        return all(echo_replies(host) - begin >= answers
                   for host, begin in zip((lab.host_a, lab.host_b), before))

    wait_for("load through the tunnel", seconds, carried)


@pytest.mark.parametrize("cipher", ["aes-256-gcm", "aes-256-cbc"])
def test_after_kills_and_steps_of_the_clock_no_number_is_used_twice(make_lab, cipher):
    lab = make_lab(cipher=cipher, rotation=ROTATION)
    capture = Capture(lab.wire, "to-a", snap_length=NEEDED)
    lab.start()
    wait_until_both_reachable(lab)
    load = start_load(lab)
    wait_for_load(lab, ANSWERS, COMES_BACK_WITHIN)
    clock = {lab.a: 0, lab.b: 0}
    for kill in range(KILLS):
        victim = (lab.a, lab.b)[kill % 2]
        victim.kill()
        if kill % 4 < 2:  # A's clock, B's, then each is killed alone
            clock[victim] -= STEP_BACK
            victim.fake_clock(f"{clock[victim]}s")
        victim.start()
        wait_for_load(lab, ANSWERS, COMES_BACK_WITHIN)
        # The next kill is a quarter of a second to one and a quarter later: before, while and
        # after this second's records are written.
        wait_for_load(lab, kill % 5 * ANSWERS, 10)
    for process in load:
        process.check_alive()
        process.end()
    capture.finish()

    used = numbers_used(capture.path, cipher)
    # Both directions, in every life of a gateway at least what was waited for.
    assert sum(map(len, used.values())) >= 4 * KILLS * ANSWERS
    assert len(used) >= 2
    assert repeats(used) == []
    assert steps_back(used, cipher) == []
