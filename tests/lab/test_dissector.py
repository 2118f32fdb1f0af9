#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What tools/mt6d.lua makes of a capture between two real gateways, with the keys that mt6dctl
exports: each host's ping is there, under every key."""

import ipaddress
import json
import os
import stat
import subprocess

import pytest
from lab.capture import Capture, is_tunnel, read_frames
from lab.gateway import TOP, program, stream
from lab.process import wait_for
from lab.topology import ALICE, BOB
from lab.traffic import ping, wait_until_both_reachable

REKEY = "method: {}, interval: 10s, window: 1s"
PINGS = 20
ALGORITHM = {"none": 0, "aes-256-cbc": 1, "aes-256-gcm": 2}


def export_keys(lab):
    """What both gateways know, read while they run."""
    path = lab.directory / "exported.keys"
    done = subprocess.run([program("mt6dctl"), "export-keys", lab.a.file, path, "--force"],
                          capture_output=True, text=True, timeout=20, check=True)
    assert "WARNING" in done.stderr and stat.S_IMODE(path.stat().st_mode) == 0o600
    return path


def dissect(lab, path, keys, *names):
    """A dict a tunnel packet, of lists of values."""
    preferences = ["-o", f"mt6d.key_file:{keys}"] if keys else []
    arguments = [word for name in names for word in ("-e", name)]
    done = subprocess.run(
        ["tshark", "-n", "-X", f"lua_script:{TOP / 'tools' / 'mt6d.lua'}", *preferences, "-r", path,
         "-Y", "mt6d", "-T", "json", *arguments],
        capture_output=True, text=True, timeout=120, check=True,
        env=dict(os.environ, HOME=str(lab.directory), XDG_CONFIG_HOME=str(lab.directory)))
    assert "Lua" not in done.stderr + done.stdout
    return [{name: packet["_source"].get("layers", {}).get(name, []) for name in names}
            for packet in json.loads(done.stdout)]


def epoch(gateway):
    return stream(gateway.counters())["keys"]["epoch"]


@pytest.mark.parametrize("cipher, method", [("none", "x25519"), ("aes-256-gcm", "x25519"), ("aes-256-cbc", "wrap")])
def test_a_capture_is_opened_with_exported_keys(make_lab, cipher, method):
    lab = make_lab(cipher=cipher, rekey=REKEY.format(method))
    capture = Capture(lab.wire, "to-a", snap_length=0)
    lab.start()
    wait_until_both_reachable(lab)
    wait_for("a key of the gateways' own", 30, lambda: min(epoch(lab.a), epoch(lab.b)) >= 1, interval=0.2)
    assert ping(lab.host_a, BOB.address, count=PINGS, interval=0.05) == (PINGS, PINGS)
    keys = export_keys(lab)
    capture.finish()

    rows = dissect(lab, capture.path, keys, "mt6d.stream", "mt6d.sender", "mt6d.epoch", "mt6d.cipher",
                   "mt6d.malformed", "mt6d.control.type", "mt6d.control.mac_right", "icmpv6.type", "ipv6.src")
    assert len(rows) == sum(map(is_tunnel, read_frames(capture.path)[0]))
    assert {row["mt6d.stream"][0] for row in rows} == {"alice-bob"}
    assert {row["mt6d.cipher"][0] for row in rows} == {str(ALGORITHM[cipher])}
    assert all(row["mt6d.malformed"] == [] for row in rows)
    # The pings, as the hosts sent them, some under a key that was in no file at the start.
    for host, kind in ((ALICE, "128"), (BOB, "129")):
        mine = [row for row in rows if row["icmpv6.type"] == [kind] and row["mt6d.sender"] == [host.address]]
        assert len(mine) >= PINGS
        assert all(row["ipv6.src"][1] == host.address for row in mine)
        assert max(int(row["mt6d.epoch"][0]) for row in mine) >= 1
    # The exchange, whose offers are under the configured key at first.
    assert {kind for row in rows for kind in row["mt6d.control.type"]} >= {"1", "2", "3"}
    assert {right for row in rows for right in row["mt6d.control.mac_right"]} == {"1"}


def test_without_keys_no_stream_has_a_name(running):
    capture = Capture(running.wire, "to-a", snap_length=0)
    assert ping(running.host_a, BOB.address, count=PINGS, interval=0.05) == (PINGS, PINGS)
    capture.finish()
    rows = dissect(running, capture.path, None, "mt6d.stream", "mt6d.cipher", "mt6d.number", "ipv6.src", "mt6d.malformed")
    assert len(rows) >= 2 * PINGS
    for row in rows:
        assert (row["mt6d.stream"], row["mt6d.cipher"], row["mt6d.malformed"]) == ([], ["2"], [])
        assert len(row["mt6d.number"]) == 1
        assert ipaddress.ip_address(row["ipv6.src"][0]) not in map(ipaddress.ip_address, (ALICE.address, BOB.address))
