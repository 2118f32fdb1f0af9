#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The event log of a gateway that forwards, and its log as JSON: one object a line, and nothing
missing."""

import datetime
import json

from lab.process import wait_for
from lab.shell import text
from lab.topology import BOB
from lab.traffic import ping, wait_until_both_reachable

ROTATION = 2


def moment(line):
    return datetime.datetime.fromisoformat(line["time"].replace("Z", "+00:00"))


def events(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def start(make_lab, **options):
    lab = make_lab(rotation=ROTATION, **options)
    path = lab.directory / "a.events"
    lab.a.file.write_text(f"events: {path}\n" + lab.a.file.read_text())
    lab.start()
    wait_until_both_reachable(lab)
    return lab, path


def of_kind(path, kind):
    return [event for event in events(path) if event["event"] == kind]


def test_each_rotation_and_each_new_key_is_a_line(make_lab):
    lab, path = start(make_lab, rekey="method: x25519, interval: 10s, window: 1s")
    wait_for("a new key", 40, lambda: of_kind(path, "rekey"))
    wait_for("rotations", 20, lambda: len(of_kind(path, "rotation")) >= 3)
    lab.a.stop()
    lines = events(path)
    assert lines[0]["event"] == "start" and lines[-1]["event"] == "end"
    assert [moment(line) for line in lines] == sorted(moment(line) for line in lines)
    rotations = of_kind(path, "rotation")
    salts = [event["salt"] for event in rotations]
    assert salts == list(range(salts[0], salts[0] + len(salts)))
    for event in rotations:
        assert event["rotation_seconds"] == ROTATION and event["streams"] == 1
        # It began at a boundary of the clock.
        assert moment(event).timestamp() % ROTATION < 0.5
    rekey = of_kind(path, "rekey")[0]
    assert rekey["stream"] == "alice-bob" and rekey["epoch"] == 1
    assert rekey["kind"] == "x25519" and rekey["began"] in ("here", "peer")


def test_a_link_that_goes_down_and_up_is_an_alarm(make_lab):
    lab, path = start(make_lab)
    def alarms():
        return [(event["alarm"], event.get("port")) for event in of_kind(path, "alarm")]
    lab.wire.unplug("to-a")
    wait_for("the alarm", 10, lambda: ("link_down", "external") in alarms())
    lab.wire.plug_again("to-a")
    wait_for("its end", 10, lambda: ("link_up", "external") in alarms())


def test_a_peer_that_is_gone_is_an_alarm_and_so_is_its_return(make_lab):
    lab, path = start(make_lab)
    assert ping(lab.host_a, BOB.address, count=20, interval=0.01) == (20, 20)
    lab.b.kill()
    def alarms():
        return [event["alarm"] for event in of_kind(path, "alarm") if "stream" in event]
    def lost():
        ping(lab.host_a, BOB.address, count=2, interval=0.1, wait=0.1)
        return alarms() == ["peer_lost"]
    wait_for("the alarm", 60, lost)
    lab.b.start()
    wait_until_both_reachable(lab)
    wait_for("its end", 20, lambda: alarms() == ["peer_lost", "peer_back"])


def test_the_event_log_can_be_moved_away_and_reopened(make_lab):
    lab, path = start(make_lab)
    wait_for("a rotation", 10, lambda: of_kind(path, "rotation"))
    old = path.rename(path.with_suffix(".old"))
    text(lab.a.socket, "reopen events")
    wait_for("a rotation in the new one", 10, lambda: path.exists() and of_kind(path, "rotation"))
    assert path.stat().st_mode & 0o777 == 0o640
    salts = [event["salt"] for event in of_kind(old, "rotation") + of_kind(path, "rotation")]
    assert salts == list(range(salts[0], salts[0] + len(salts)))


def test_the_log_can_be_json(make_lab):
    lab = make_lab(policy="log: { format: json, level: debug }\n")
    lab.start()
    lab.a.stop()
    lines = [json.loads(line) for line in lab.a.process.log.read_text().splitlines()
             if not line.startswith("warning:")]
    assert {"info"} <= {line["level"] for line in lines} <= {"debug", "info", "warning", "error"}
    assert any(line["area"] == "gateway" and line["message"].startswith("forwarding")
               for line in lines)
    assert all(moment(line) for line in lines)
