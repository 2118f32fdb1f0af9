#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Tunnel packets recorded on the wire and sent again: no host gets one twice (docs/protocol.md,
6), not within the replay window, behind it, in the next salt, nor after a restart."""

import pytest
from lab.capture import Capture, cipher_of, is_tunnel, write_frames
from lab.gateway import salt_now, stream
from lab.inject import inject
from lab.process import wait_for
from lab.topology import BOB, external_mac
from lab.traffic import echo_requests, ping, wait_until_both_reachable

WINDOW = 2048  # more than any gateway keeps
RECORDED = 200
ROTATION, LIFETIME = 2, 80  # what was recorded stays live for the whole test


@pytest.fixture
def lab(make_lab, request):
    made = make_lab(cipher=getattr(request, "param", "aes-256-gcm"), rotation=ROTATION,
                    lifetime=LIFETIME)
    made.start()
    wait_until_both_reachable(made)
    return made


class Recording:
    """Packets that B's host got, and that can be sent again."""

    def __init__(self, lab):
        self.lab = lab
        capture = Capture(lab.wire, "to-b", snap_length=0)
        assert ping(lab.host_a, BOB.address, count=RECORDED, interval=0.002) == (RECORDED, RECORDED)
        sender = bytes.fromhex(external_mac("a").replace(":", ""))
        frames = [frame for frame in capture.stop() if is_tunnel(frame) and frame[6:12] == sender]
        assert len(frames) >= RECORDED
        assert {cipher_of(frame) for frame in frames} == {lab.cipher}
        self.path = lab.directory / "recorded.pcap"
        self.count = len(frames)
        write_frames(self.path, frames)

    def play(self):
        """(what B counted as repeated, what B's host got)."""
        before, delivered = self.lab.b.counters(), echo_requests(self.lab.host_b)
        assert inject(self.lab.wire, "to-b", self.path) == self.count
        after = self.lab.b.counters()
        arrived = (after["ports"]["external"]["rx_packets"]
                   - before["ports"]["external"]["rx_packets"])
        assert arrived >= self.count
        rejected = after["drops"].get("replayed", 0) - before["drops"].get("replayed", 0)
        return rejected, echo_requests(self.lab.host_b) - delivered

    def assert_refused(self):
        assert self.play() == (self.count, 0)
        # And what is new still passes.
        assert ping(self.lab.host_a, BOB.address, count=20, interval=0.02) == (20, 20)


def test_within_the_window_and_behind_it(lab):
    recording = Recording(lab)
    recording.assert_refused()
    assert ping(lab.host_a, BOB.address, count=2 * WINDOW, flood=True) == (2 * WINDOW, 2 * WINDOW)
    recording.assert_refused()


def test_in_the_next_salts(lab):
    recording = Recording(lab)
    for _ in range(2):
        salt = salt_now(ROTATION)
        wait_for("the next salt", 2 * ROTATION,
                 lambda: stream(lab.b.latest())["salt"] > salt)  # pylint: disable=cell-var-from-loop
        recording.assert_refused()


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_after_a_restart(lab, how):
    recording = Recording(lab)
    if how == "stopped":
        lab.b.stop()
    else:
        wait_until_recorded(lab, "b")
        lab.b.kill()
    lab.b.start()
    # Before a new packet can have moved any window.
    assert recording.play() == (recording.count, 0)
    wait_until_both_reachable(lab)
    recording.assert_refused()


def wait_until_recorded(lab, letter):
    """The highest number accepted is on the disk each second: packets go on until that has been
    written twice, as the first time may have begun before the recording's end."""
    moments = set()

    def written_twice():
        ping(lab.host_a, BOB.address, count=2, interval=0.01)
        moments.add((lab.directory / f"state-{letter}" / "numbers").stat().st_mtime_ns)
        return len(moments) >= 3

    wait_for("records of accepted numbers", 10, written_twice)


@pytest.mark.parametrize("lab", ["aes-256-cbc", "none"], indirect=True)
def test_what_lacks_protection_gets_all_of_it_twice(lab):
    recording = Recording(lab)
    assert recording.play() == (0, recording.count)
