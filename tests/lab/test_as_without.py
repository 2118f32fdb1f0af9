#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Errors between protected hosts are those of the same hosts on the same link without gateways
(docs/protocol.md, 8.3): whoever asks sees no tunnel."""

from lab.probe import DESTINATION_UNREACHABLE, PORT, Error, udp_error
from lab.topology import BOB, Lab
from lab.traffic import traceroute, wait_until_both_reachable


def seen(request, **options):
    """All that two hosts hear of each other's errors."""
    found = {}
    with Lab(**options) as lab:
        request.node.labs = [lab]
        lab.start()
        wait_until_both_reachable(lab)
        for host, peer in ((lab.host_a, lab.bob), (lab.host_b, lab.alice)):
            found |= {(peer.name, "traceroute"): traceroute(host, peer.address),
                      (peer.name, "by ICMPv6"): traceroute(host, peer.address, "-I"),
                      (peer.name, "with its search for the MTU"): traceroute(host, peer.address, "--mtu"),
                      (peer.name, "closed port"): udp_error(host, peer.address),
                      (peer.name, "closed port, 1280 bytes"): udp_error(host, peer.address, size=1280),
                      (peer.name, "hop limit 1"): udp_error(host, peer.address, hop_limit=1)}
    return found


def test_hosts_see_the_same_errors_with_gateways_and_without(request):
    without = seen(request, protected=False)
    assert without["bob", "traceroute"] == [BOB.address]
    assert without["bob", "closed port"] == Error(DESTINATION_UNREACHABLE, PORT, 0, BOB.address)
    assert seen(request) == without
