#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A gateway under a service manager: what it says, and when."""

import time

import pytest
from lab.freeze import frozen, thread_named
from lab.process import wait_for
from lab.service_manager import ServiceManager

WATCHDOG = 1  # second


@pytest.fixture(name="managed")
def fixture_managed(make_lab, request):
    """Starts site A's gateway under a manager; returns lab and manager."""
    def start(linked=True, ready_timeout=60, **options):
        lab = make_lab()
        manager = ServiceManager(lab.directory, **options)
        request.addfinalizer(manager.close)
        if not linked:
            lab.wire.unplug("to-a")
            # The kernel tells programs of it a moment later.
            wait_for("loss of the link", 10, lambda: "state UP" not in
                     lab.a.namespace.ip("link", "show", "outside").stdout)
        lab.a.environment = manager.environment
        lab.a.options = ["--ready-timeout", ready_timeout]
        lab.a.start()
        return lab, manager

    return start


def test_it_is_ready_when_links_are_up_and_the_clock_is_right(managed):
    lab, manager = managed()
    manager.wait_until_ready()
    assert manager.status() == "forwarding 1 stream"
    lab.a.stop()
    assert manager.values("STOPPING") == ["1"]


def test_it_is_not_ready_before_its_link_is_up(managed):
    lab, manager = managed(linked=False)
    manager.wait_for_status("waiting for the external port's link")
    assert not manager.is_ready()
    lab.wire.plug_again("to-a")
    manager.wait_until_ready()
    manager.wait_for_status("forwarding 1 stream")


def test_it_waits_for_the_clock_until_the_deadline_and_says_so(managed):
    begin = time.monotonic()
    _, manager = managed(ready_timeout=3, synchronised=False)
    manager.wait_for_status("waiting for a synchronised clock")
    manager.wait_until_ready()
    assert time.monotonic() - begin >= 3
    assert manager.status() == "forwarding 1 stream, without a synchronised clock"


def test_a_link_that_is_lost_later_is_told_and_changes_nothing_else(managed):
    lab, manager = managed()
    manager.wait_until_ready()
    lab.wire.unplug("to-a")
    manager.wait_for_status("forwarding 1 stream, without the external port's link")
    lab.wire.plug_again("to-a")
    wait_for("the former status", 20, lambda: manager.status() == "forwarding 1 stream")
    assert manager.values("READY") == ["1"]


@pytest.mark.parametrize("thread, name", [("rte-worker-1", "worker 0"),
                                          ("mt6d-gateway", "the control lcore")])
def test_the_watchdog_is_fed_while_all_lcores_move_and_not_when_one_stands_still(
        managed, thread, name):
    lab, manager = managed(watchdog=WATCHDOG)
    wait_for("signs of life of an idle gateway", 20, lambda: manager.signs_of_life() >= 4)
    pid = lab.a.process.pid
    victim = pid if thread == "mt6d-gateway" else thread_named(pid, thread)
    with frozen(victim):
        manager.wait_for_status(f"{name} stands still")
        before = manager.signs_of_life()
        time.sleep(3 * WATCHDOG)  # how long nothing comes is what is looked at
        assert manager.signs_of_life() == before
        assert manager.status() == f"{name} stands still"
    wait_for("signs of life again", 20, lambda: manager.signs_of_life() >= before + 4)
    manager.wait_for_status("forwarding 1 stream")
