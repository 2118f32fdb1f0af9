#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Hashed addresses in a /64 that the network routes to the gateway: its router needs no neighbour
entry for any of them, so there is nothing to ask, to announce or to report (docs/protocol.md, 4, 7.2)."""

import ipaddress

from checks import CARRIED_ROTATIONS, carry
from lab.capture import discovery_target, reports_any, solicited_node_group
from lab.routed import HASHED_A, HASHED_B
from lab.traffic import wait_until_both_reachable
from outside import captured, captured_lab, tunnel_addresses


def is_hashed(address):
    return any(ipaddress.IPv6Address(address) in ipaddress.IPv6Network(prefix)
               for prefix in (HASHED_A, HASHED_B))


def test_addresses_in_a_prefix_that_is_routed_to_the_gateway_need_no_discovery(request):
    for lab in captured_lab(request, hashed=True):
        wait_until_both_reachable(lab)
        carry(lab)
        frames = captured(lab.outside)
    seen = tunnel_addresses(frames)
    assert len(seen) >= 2 * CARRIED_ROTATIONS
    assert {address for address in seen if not is_hashed(address)} == set()
    # Nobody asked for them, and nobody announced or reported them.
    assert not {discovery_target(frame) for frame in frames} & seen
    groups = {solicited_node_group(address) for address in seen}
    assert [frame.hex() for frame in frames if reports_any(frame, groups)] == []
