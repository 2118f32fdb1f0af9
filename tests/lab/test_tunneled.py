#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A path of several routers with one link that carries less than the others (docs/protocol.md, 8).
Hosts have 1500, and believe no advertisement's MTU: they learn from errors, as from any path's.
The link has 1480 first, then 1280. What a gateway learned lasts for minutes, and each direction's
path is learned by itself: so each test says whether it is the first one to meet the link."""

import pytest
from checks import carry
from lab.capture import Capture, is_fragment, is_tunnel
from lab.probe import PACKET_TOO_BIG, Error, udp_error
from lab.routed import RoutedLab, link_mtu
from lab.topology import WIRE_MTU, inner_mtu
from lab.traffic import WebServer, download, ping, wait_until_both_reachable

NARROW = 1  # of these links between routers, counted from 0
PATH = (1500, 1480, 1500)
SMALLEST = 1280
BEFORE_A = "2001:db8:f1::2"  # the router that meets the narrow link on the way from A
BEFORE_B = "2001:db8:f3::3"  # and from B
BYTES = 5_000_000
HEADERS = 48  # IPv6 and ICMPv6 echo


@pytest.fixture(scope="module", name="lab")
def tunneled_lab(request):
    with RoutedLab(path=PATH, accept_mtu=False) as made:
        request.node.labs = [made]
        made.start()
        wait_until_both_reachable(made)
        yield made


class NarrowLink:
    """What the narrow link carried meanwhile, in both directions."""

    def __init__(self, lab):
        self.capture = Capture(lab.routers[NARROW], f"to-{lab.routers[NARROW + 1].role}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.frames = self.capture.stop() if kind is None else []


def transfer(server_host, address, client):
    """A download that would hang if its sender did not hear of the narrow link."""
    server = WebServer(server_host, address, BYTES)
    assert download(client, server.url, rate="20M", timeout=30) == server.digest
    server.stop()


def learn_path(lab):
    """Both gateways know the narrow link, if they did not: to learn costs a packet."""
    for host, peer in ((lab.host_a, lab.bob), (lab.host_b, lab.alice)):
        udp_error(host, peer.address, size=inner_mtu(WIRE_MTU, lab.cipher))


def test_hosts_begin_with_the_mtu_of_their_own_link(lab):
    assert link_mtu(lab.host_a) == link_mtu(lab.host_b) == WIRE_MTU


def test_over_1480_a_host_hears_of_the_path_from_its_router_then_from_the_gateway(lab):
    first, then = inner_mtu(WIRE_MTU, lab.cipher), inner_mtu(1480, lab.cipher)
    # The gateway's own link decides before the path is known.
    assert udp_error(lab.host_a, lab.bob.address, size=WIRE_MTU) == Error(
        PACKET_TOO_BIG, 0, first, lab.bob.address)
    # The first one that meets the narrow link: the router's error, translated, its source kept.
    assert udp_error(lab.host_a, lab.bob.address, size=first) == Error(PACKET_TOO_BIG, 0, then, BEFORE_A)
    # The gateway remembers, and answers in the remote host's name.
    for size in (WIRE_MTU, first, then + 1):
        assert udp_error(lab.host_a, lab.bob.address, size=size) == Error(
            PACKET_TOO_BIG, 0, then, lab.bob.address)
    assert ping(lab.host_a, lab.bob.address, count=3, size=then - HEADERS) == (3, 3)


def test_over_1480_tcp_from_b_meets_the_link_first_and_nothing_is_fragmented(lab):
    with NarrowLink(lab) as narrow:
        transfer(lab.host_b, lab.bob.address, client=lab.host_a)
    assert sum(map(is_tunnel, narrow.frames)) >= BYTES / 1480
    assert not any(map(is_fragment, narrow.frames))


def test_over_1480_tcp_from_a_arrives_and_nothing_is_fragmented(lab):
    with NarrowLink(lab) as narrow:
        transfer(lab.host_a, lab.alice.address, client=lab.host_b)
    assert sum(map(is_tunnel, narrow.frames)) >= BYTES / 1480
    assert not any(map(is_fragment, narrow.frames))


def test_over_1480_sessions_lose_nothing(lab):
    learn_path(lab)
    carry(lab, rotations=3)


def test_over_1280_tcp_from_a_meets_the_link_first(lab):
    lab.set_path_mtu(NARROW, SMALLEST)
    transfer(lab.host_a, lab.alice.address, client=lab.host_b)


def test_over_1280_a_host_hears_of_the_path_first_from_its_router(lab):
    # A host may always send packets of 1280 bytes: it is asked for no smaller ones (8.1).
    known = inner_mtu(1480, lab.cipher)
    assert udp_error(lab.host_b, lab.alice.address, size=known) == Error(
        PACKET_TOO_BIG, 0, SMALLEST, BEFORE_B)
    assert udp_error(lab.host_b, lab.alice.address, size=known) == Error(
        PACKET_TOO_BIG, 0, SMALLEST, lab.alice.address)


def test_over_1280_tcp_from_b_arrives(lab):
    transfer(lab.host_b, lab.bob.address, client=lab.host_a)


def test_over_1280_packets_of_1280_bytes_pass_in_fragments_of_the_tunnels(lab):
    with NarrowLink(lab) as narrow:
        for host, peer in ((lab.host_a, lab.bob), (lab.host_b, lab.alice)):
            assert ping(host, peer.address, count=20, interval=0.05, size=SMALLEST - HEADERS) == (20, 20)
            # In larger ones the host's kernel makes fragments, which pass likewise.
            assert ping(host, peer.address, count=20, interval=0.05, size=3000) == (20, 20)
    assert any(map(is_fragment, narrow.frames))
    for frame in narrow.frames:
        assert int.from_bytes(frame[18:20], "big") + 40 <= SMALLEST


def test_over_1280_sessions_lose_nothing(lab):
    learn_path(lab)
    carry(lab, rotations=3)
