# SPDX-License-Identifier: BSD-3-Clause
"""Routed sites, with a capture of all that gw-a's external link ever carried, and what is in it."""

import time

from lab.capture import Capture, hardware_addresses, icmpv6_type, is_tunnel, read_frames
from lab.routed import RoutedLab
from lab.topology import external_mac

SOLICITATION = 135


def captured_lab(request, **options):
    """For fixtures: a lab that is up, its capture begun before anything spoke."""
    with RoutedLab(rotation=1, **options) as made:
        request.node.labs = [made]
        made.capture = Capture(made.links["a"], "to-a", snap_length=0)
        made.start()
        yield made


def captured(lab):
    """So far. What passed last is delivered a little later."""
    time.sleep(0.5)
    return read_frames(lab.capture.path)[0]


def sent_by_gateway_a(lab):
    mac = bytes.fromhex(external_mac("a").replace(":", ""))
    return [frame for frame in captured(lab) if frame[6:12] == mac]


def assert_no_host_mac(lab):
    """In no Ethernet header, and in no neighbour discovery option."""
    frames = captured(lab)
    assert any(is_tunnel(frame) for frame in frames)
    assert any(icmpv6_type(frame) == SOLICITATION for frame in frames)
    shown = [frame.hex() for frame in frames if lab.alice.mac in hardware_addresses(frame)]
    assert shown == []
