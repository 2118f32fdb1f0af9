# SPDX-License-Identifier: BSD-3-Clause
"""Routed sites, with captures of all that gw-a's two links ever carried, and what is in them."""

import time

from lab.capture import Capture, addresses, hardware_addresses, icmpv6_type, is_tunnel, read_frames
from lab.routed import RoutedLab
from lab.topology import external_mac

SOLICITATION = 135
REPORTS_WHOLE = 512  # bytes of a frame


def captured_lab(request, **options):
    """For fixtures: a lab that is up, its captures begun before anything spoke."""
    with RoutedLab(rotation=1, **options) as made:
        request.node.labs = [made]
        made.outside = Capture(made.links["a"], "to-a", snap_length=REPORTS_WHOLE)
        made.inside = Capture(made.host_a, "eth0")
        made.start()
        yield made


def captured(capture):
    """So far. What passed last is delivered a little later."""
    time.sleep(0.5)
    return read_frames(capture.path)[0]


def tunnel_addresses(frames):
    """Those that tunnel packets were seen with."""
    return {address for frame in frames if is_tunnel(frame) for address in addresses(frame)}


def sent_by_gateway_a(lab):
    mac = bytes.fromhex(external_mac("a").replace(":", ""))
    return [frame for frame in captured(lab.outside) if frame[6:12] == mac]


def assert_no_host_mac(lab):
    """In no Ethernet header, and in no neighbour discovery option."""
    frames = captured(lab.outside)
    assert any(is_tunnel(frame) for frame in frames)
    assert any(icmpv6_type(frame) == SOLICITATION for frame in frames)
    shown = [frame.hex() for frame in frames if lab.alice.mac in hardware_addresses(frame)]
    assert shown == []
