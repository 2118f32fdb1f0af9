#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Hosts with the wire's own MTU are told what fits (docs/protocol.md, 8.1)."""

import pytest
from lab.topology import ALICE, BOB, CIPHERS, WIRE_MTU, inner_mtu
from lab.traffic import WebServer, download, wait_until_reachable

HEADERS = 48  # IPv6 and ICMPv6 echo


@pytest.mark.parametrize("cipher", CIPHERS)
def test_a_packet_that_does_not_fit_is_answered_with_the_inner_mtu(make_lab, cipher):
    lab = make_lab(host_mtu=WIRE_MTU, cipher=cipher)
    lab.start()
    wait_until_reachable(lab.host_a, BOB.address)
    fits = inner_mtu(WIRE_MTU, cipher)

    def ping_of(size):
        return lab.host_a.run("ping", "-6", "-c", "1", "-W", "2", "-M", "do", "-s",
                              size - HEADERS, BOB.address, check=False)

    assert ping_of(fits).returncode == 0
    refused = ping_of(fits + 1)
    assert refused.returncode == 1
    assert f"mtu={fits}" in refused.stdout.lower().replace(": ", "=").replace(" ", "")
    # The answer comes from the remote host's true address: no gateway is ever seen inside (8.3).
    assert f"From {BOB.address}" in refused.stdout


def test_tcp_between_full_mtu_hosts_finds_the_path_mtu(make_lab):
    lab = make_lab(host_mtu=WIRE_MTU)
    lab.start()
    wait_until_reachable(lab.host_b, ALICE.address)
    server = WebServer(lab.host_a, ALICE.address, 20_000_000)
    assert download(lab.host_b, server.url, rate="20M") == server.digest
