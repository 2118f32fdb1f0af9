#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""unprotected: drop (docs/protocol.md, 10), on routed sites: hosts configure themselves and talk to
their peers, and to nobody else."""

import pytest
from lab.capture import icmpv6_type, is_tunnel
from lab.routed import CAROL, DAVE, default_routers, host_addresses, prefer
from lab.topology import NOTHING_ELSE
from lab.traffic import ping, wait_until_both_reachable
from outside import assert_no_host_mac, captured_lab, sent_by_gateway_a

LISTENER_AND_DISCOVERY = {131, 132, 133, 135, 136, 143}  # what a gateway itself may say


@pytest.fixture(scope="module", name="lab")
def dropping_lab(request):
    for made in captured_lab(request, temporary=True, policy=NOTHING_ELSE):
        prefer(made)
        wait_until_both_reachable(made)
        yield made


def test_hosts_configure_themselves_and_talk_to_their_peers(lab):
    assert default_routers(lab.host_a) == {"fe80::1"}
    assert lab.alice.address in host_addresses(lab.host_a)
    assert ping(lab.host_a, lab.bob.address, count=100, interval=0.02) == (100, 100)


@pytest.mark.parametrize("who", [CAROL, DAVE], ids=["on_the_link", "behind_the_router"])
def test_nobody_else_is_reached_nor_reaches_them(lab, who):
    host = lab.carol if who is CAROL else lab.dave
    assert ping(lab.host_a, who.address, count=3, wait=0.5)[1] == 0
    assert ping(host, lab.alice.address, count=3, wait=0.5)[1] == 0


def test_only_the_gateway_itself_speaks_outside(lab):
    assert_no_host_mac(lab)
    said = {icmpv6_type(frame) for frame in sent_by_gateway_a(lab) if not is_tunnel(frame)}
    assert said <= LISTENER_AND_DISCOVERY
