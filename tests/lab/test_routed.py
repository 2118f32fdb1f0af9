#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Sites on two links with a router between them. It runs radvd with its default settings, and all
else is learned from it: by the gateways, and through them by the hosts (docs/protocol.md, 7.4, 7.5,
10). Other hosts talk on the same links. All tests share a lab, and a capture that began first."""

import ipaddress

import pytest
from checks import carry
from lab.capture import (addresses, discovery_target, hardware_addresses, icmpv6_type, is_ipv6,
                         is_tunnel)
from lab.probe import DESTINATION_UNREACHABLE, POLICY, PORT, Error, udp_error
from lab.routed import (CAROL, DAVE, PREFIX_A, PREFIX_B, chosen_source, default_routers, do_not_prefer,
                        host_addresses, link_mtu, prefer)
from lab.topology import WIRE_MTU, inner_mtu
from lab.traffic import ping, traceroute, wait_until_both_reachable, wait_until_reachable
from outside import SOLICITATION, assert_no_host_mac, captured, captured_lab, tunnel_addresses

ROUTER = "fe80::1"
NEAR, FAR = f"{PREFIX_A}::1", f"{PREFIX_B}::1"  # the router, seen from either link


@pytest.fixture(scope="module", name="lab")
def routed_lab(request):
    for made in captured_lab(request, temporary=True):
        prefer(made)
        wait_until_both_reachable(made)
        yield made


def test_a_host_configures_itself_from_the_router_through_its_gateway(lab):
    assert lab.alice.address in host_addresses(lab.host_a)
    assert len(host_addresses(lab.host_a, temporary=True)) >= 1
    assert default_routers(lab.host_a) == {ROUTER}
    assert link_mtu(lab.host_a) == inner_mtu(WIRE_MTU, lab.cipher)
    # Whom no gateway stands in front of is told nothing about an MTU.
    assert link_mtu(lab.carol) == WIRE_MTU


def test_from_a_temporary_address_a_protected_host_is_prohibited(lab):
    for source in host_addresses(lab.host_a, temporary=True):
        assert udp_error(lab.host_a, lab.bob.address, source=source) == Error(
            DESTINATION_UNREACHABLE, POLICY, 0, lab.bob.address)


def test_labels_make_a_host_prefer_its_protected_address_for_its_peer_alone(lab):
    do_not_prefer(lab)
    try:
        # Kernels that make temporary addresses (RFC 8981) prefer them.
        assert udp_error(lab.host_a, lab.bob.address).code == POLICY
    finally:
        prefer(lab)
    assert udp_error(lab.host_a, lab.bob.address).code == PORT
    assert chosen_source(lab.host_a, lab.bob.address) == lab.alice.address
    assert chosen_source(lab.host_a, DAVE.address) in host_addresses(lab.host_a, temporary=True)


def test_sessions_lose_nothing_beside_other_traffic_on_the_links(lab):
    others = lab.carol.start("others", "ping", "-6", "-q", "-i", 0.005, DAVE.address)
    try:
        carry(lab)
        others.check_alive()
    finally:
        others.end()
    text = others.out.read_text()
    assert " 0% packet loss" in text, text


@pytest.mark.parametrize("who", [CAROL, DAVE], ids=["on_the_link", "behind_the_router"])
def test_an_unprotected_host_is_reached(lab, who):
    """With default settings: from a temporary address, which the outside learns."""
    wait_until_reachable(lab.host_a, who.address)
    assert ping(lab.host_a, who.address, count=20, interval=0.02) == (20, 20)
    assert traceroute(lab.host_a, who.address) == [NEAR] * (who is DAVE) + [who.address]


@pytest.mark.parametrize("who", [CAROL, DAVE], ids=["on_the_link", "behind_the_router"])
def test_an_unprotected_host_reaches_a_protected_ones_true_address(lab, who):
    host = lab.carol if who is CAROL else lab.dave
    wait_until_reachable(host, lab.alice.address)
    assert ping(host, lab.alice.address, count=20, interval=0.02) == (20, 20)
    assert traceroute(host, lab.alice.address) == [FAR] * (who is DAVE) + [lab.alice.address]


def test_traceroute_and_a_closed_port_show_the_remote_host_and_no_tunnel(lab):
    # A tunnel is one hop: its routers do not count, nor do they show.
    assert traceroute(lab.host_a, lab.bob.address) == [lab.bob.address]
    assert traceroute(lab.host_b, lab.alice.address, "-I") == [lab.alice.address]
    assert udp_error(lab.host_a, lab.bob.address) == Error(DESTINATION_UNREACHABLE, PORT, 0, lab.bob.address)


def test_no_header_and_no_discovery_option_outside_has_the_hosts_mac(lab):
    for who in (CAROL, DAVE):
        assert ping(lab.host_a, who.address, count=3) == (3, 3)
    assert_no_host_mac(lab)
    # The search finds it where it is.
    assert any(lab.alice.mac in hardware_addresses(frame) for frame in captured(lab.inside))


def test_no_tunnel_address_is_seen_inside(lab):
    """Nor when the router still asks for one that has ended (docs/protocol.md, 8.3)."""
    # A kernel asks 5 s after it used what it has not confirmed: later than an address lives here.
    seconds = 2 * lab.lifetime + 2
    assert ping(lab.host_b, lab.alice.address, count=10 * seconds, interval=0.1) == (10 * seconds,) * 2
    hashed = tunnel_addresses(captured(lab.outside))
    assert len(hashed) >= seconds
    identifiers = [ipaddress.IPv6Address(address).packed[8:] for address in hashed]
    inside = captured(lab.inside)
    assert sum(map(is_ipv6, inside)) >= 10 * seconds
    assert [frame.hex() for frame in inside
            if is_tunnel(frame) or any(one in frame for one in identifiers)] == []


def test_a_hosts_detection_of_duplicates_of_its_address_stays_inside(lab):
    detections = [frame.hex() for frame in captured(lab.outside)
                  if icmpv6_type(frame) == SOLICITATION and addresses(frame)[0] == "::"
                  and discovery_target(frame) == lab.alice.address]
    assert detections == []


def test_protected_pairs_are_never_outside_by_their_true_addresses(lab):
    pair = {lab.alice.address, lab.bob.address}
    assert [frame.hex() for frame in captured(lab.outside)
            if is_ipv6(frame) and set(addresses(frame)) == pair] == []
