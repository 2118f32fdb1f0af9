#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two routers between the sites. One dies, returns, and then the other one dies; one gets another
network card. Each time traffic goes on within the times of RFC 4861, which these two make short."""

import time

import pytest
from lab.process import wait_for
from lab.router import IMPATIENT, NOTICED_WITHIN
from lab.routed import RoutedLab, default_routers
from lab.traffic import ping, sent_packets, wait_until_both_reachable

# A reachable neighbour's time, its probes, and the first packet through the other one.
RESUMES_WITHIN = NOTICED_WITHIN + 3


@pytest.fixture(scope="module", name="lab")
def spared_lab(request):
    with RoutedLab(spare=True, advertise=IMPATIENT) as made:
        request.node.labs = [made]
        made.start()
        wait_until_both_reachable(made)
        yield made


def used_router(lab):
    """(The one that carries A's packets, the other one.)"""
    before = {router: sent_packets(router, "on-link-b") for router in lab.routers}
    assert ping(lab.host_a, lab.bob.address, count=50, interval=0.02)[1] >= 1
    carried = {router: sent_packets(router, "on-link-b") - before[router] for router in lab.routers}
    return sorted(lab.routers, key=carried.get, reverse=True)


def assert_resumes(lab):
    begin = time.monotonic()
    wait_until_both_reachable(lab, seconds=2 * RESUMES_WITHIN)
    assert time.monotonic() - begin <= RESUMES_WITHIN
    assert ping(lab.host_a, lab.bob.address, count=50, interval=0.02) == (50, 50)


def test_a_router_dies_and_the_other_one_is_used(lab):
    used, other = used_router(lab)
    used.leave()
    assert ping(lab.host_a, lab.bob.address, count=1, wait=0.2)[1] == 0
    assert_resumes(lab)
    assert used_router(lab)[0] is other


def test_the_dead_router_returns_and_is_used_when_the_other_one_dies(lab):
    used, returning = used_router(lab)
    returning.come_back(IMPATIENT)
    wait_for("both routers in the hosts", 10, lambda: all(
        len(default_routers(host)) == 2 for host in (lab.host_a, lab.host_b)))
    used.leave()
    assert_resumes(lab)
    assert used_router(lab)[0] is returning


def test_a_router_gets_another_mac(lab):
    used, _ = used_router(lab)
    used.ip("link", "set", "on-link-a", "address", "02:00:5e:00:0a:77")
    assert_resumes(lab)


def test_all_routers_are_gone_and_one_returns(lab):
    used, _ = used_router(lab)
    used.leave()
    assert ping(lab.host_a, lab.bob.address, count=10, interval=1, wait=0.2)[1] == 0
    used.come_back(IMPATIENT)
    assert_resumes(lab)
