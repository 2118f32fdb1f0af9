#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What an idle gateway does, in each mode: little, and still all that it should. Site A is a host
between two net_tap ports, which can wake a worker; site B's internal port cannot."""

import os
import pathlib
import subprocess
import sys
import time

import pytest
from lab.process import wait_for
from lab.shell import facts, text
from lab.topology import ALICE, BOB
from lab.traffic import ping, wait_until_both_reachable

TICKS = os.sysconf("SC_CLK_TCK")
WATCHED = 4  # seconds without traffic
ROTATIONS = 4
CANNOT = "cannot wake workers: idle ones that poll it sleep"


@pytest.fixture(name="idling")
def fixture_idling(make_lab):
    """Both gateways, with that `idle`, and hosts that know each other."""
    def start(idle, **options):
        lab = make_lab(**{"rotation": 1, "host_mode": True, "wire": "tap", **options})
        for one in lab.gateways:
            one.file.write_text(one.file.read_text().replace("idle: sleep", f"idle: {idle}"))
        lab.start()
        if lab.host_mode:
            lab.finish_host_mode()
            lab.finish_tap_wire()
        wait_until_both_reachable(lab, 20)
        return lab

    return start


def cpu_seconds(gateway):
    """That the whole process has used."""
    fields = pathlib.Path(f"/proc/{gateway.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def worker(gateway):
    return facts(gateway.socket, "show workers")["workers"][0]


def watch_idle(gateway):
    """Polls a second with no traffic; prints what it costs."""
    polls, used, begin = worker(gateway)["polls"], cpu_seconds(gateway), time.monotonic()
    time.sleep(WATCHED)  # how little happens in that time is what is looked at
    seconds = time.monotonic() - begin
    share = (cpu_seconds(gateway) - used) / seconds
    rate = (worker(gateway)["polls"] - polls) / seconds
    print(f"gateway {gateway.label}: {100 * share:.1f} % of a CPU, {rate:.0f} polls a second")
    return rate


def flood_through_rotations(lab, count=2000):
    end = time.monotonic() + ROTATIONS * lab.rotation
    while time.monotonic() < end:
        assert ping(lab.host_a, BOB.address, count=count, flood=True) == (count, count)
        assert ping(lab.host_b, ALICE.address, count=5, interval=0.2) == (5, 5)


@pytest.mark.parametrize("idle, workers", [("poll", 1), ("sleep", 1), ("interrupt", 1),
                                           ("interrupt", 2)])
def test_a_gateway_that_was_idle_forwards_and_loses_nothing(idling, idle, workers):
    lab = idling(idle, policy=f"unprotected: drop\nworkers: [{', '.join(workers * ['any'])}]\n")
    rate = watch_idle(lab.a)
    assert rate < 2500 or idle != "interrupt"  # some 20 where nothing at all comes
    flood_through_rotations(lab)
    for one in lab.gateways:
        one.stop()


def test_a_sleeping_worker_is_woken_by_whoever_wants_something_of_it(idling):
    lab = idling("interrupt")
    assert CANNOT not in lab.a.process.tail(200)
    text(lab.a.socket, "stop")
    assert ping(lab.host_a, BOB.address, count=2) == (2, 0)
    text(lab.a.socket, "start")
    wait_until_both_reachable(lab)
    text(lab.a.socket, "trace add 2 port internal")
    assert ping(lab.host_a, BOB.address, count=2) == (2, 2)
    wait_for("two packets traced", 10,
             lambda: len(facts(lab.a.socket, "show trace")["packets"]) == 2)
    text(lab.a.socket, "clear trace")
    before = worker(lab.a)["polls"]
    wait_for("a sign of life without traffic", 5, lambda: worker(lab.a)["polls"] > before)
    lab.a.stop()
    lab.b.stop()


def test_a_port_that_cannot_wake_a_worker_is_told_once_and_the_worker_sleeps(idling):
    lab = idling("interrupt", host_mode=False, wire="veth")
    for one in lab.gateways:
        log = one.process.log.read_text()
        assert log.count(f"the internal port, {lab.driver}0") == 1
        assert log.count(CANNOT) == 2  # each port once
    flood_through_rotations(lab)


def test_two_gateways_lose_nothing_beside_a_process_that_spins(idling):
    lab = idling("sleep", host_mode=False, wire="veth")
    spinner = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        flood_through_rotations(lab)
    finally:
        spinner.kill()
        spinner.wait()
