# SPDX-License-Identifier: BSD-3-Clause
"""What several lab tests assert."""

import concurrent.futures

from lab.counting import Count
from lab.traffic import (IperfServer, WebServer, download, iperf_udp, ping, tcp_resets,
                         udp_without_room)

ROTATIONS = 10


class Lossless:
    """Around some traffic: at the end nothing was lost, no connection reset, enough rotations
    happened, and at_least so many packets went one way."""

    def __init__(self, lab, rotations=ROTATIONS, at_least=1, queried=False):
        self.lab = lab
        self.queried = queried
        self.rotations = rotations
        self.at_least = at_least

    def __enter__(self):
        self._resets = [tcp_resets(host) for host in (self.lab.host_a, self.lab.host_b)]
        self._count = Count(self.lab, self.queried)
        return self._count

    def __exit__(self, kind, *_):
        if kind is not None:
            return
        directions = self._count.end()
        for name, direction in zip(("a to b", "b to a"), directions):
            report = f"{name}: {direction}, new drops {self._count.drops}"
            assert direction.host_sent == direction.host_received, report
            assert direction.encapsulated == direction.decapsulated, report
            assert direction.encapsulated == direction.host_sent, report
            if not self.queried:
                # Packets into one gateway's internal port less those out of the other's.
                assert direction.gateway_received == direction.gateway_sent, report
                assert direction.encapsulated == direction.gateway_received, report
        assert max(direction.encapsulated for direction in directions) >= self.at_least
        assert self._count.rotations >= self.rotations, "the traffic ended before enough rotations"
        resets = [tcp_resets(host) for host in (self.lab.host_a, self.lab.host_b)]
        assert resets == self._resets, "TCP connections were reset"


CARRIED_ROTATIONS = 5
PINGS_A_SECOND = 100
DOWNLOAD_RATE = 2 << 20  # bytes a second
UDP_RATE = 5_000_000  # bits a second


def carry(lab, rotations=CARRIED_ROTATIONS, queried=False):
    """Ping and TCP both ways and UDP, all at once, across some rotations: nothing is lost."""
    seconds = (rotations + 1) * lab.rotation
    pings = seconds * PINGS_A_SECOND
    web_a = WebServer(lab.host_a, lab.alice.address, seconds * DOWNLOAD_RATE)
    web_b = WebServer(lab.host_b, lab.bob.address, seconds * DOWNLOAD_RATE)
    iperf = IperfServer(lab.host_b)
    full = udp_without_room(lab.host_b)
    with Lossless(lab, rotations=rotations, at_least=pings, queried=queried):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            jobs = [pool.submit(ping, lab.host_a, lab.bob.address, pings, 1 / PINGS_A_SECOND),
                    pool.submit(ping, lab.host_b, lab.alice.address, pings, 1 / PINGS_A_SECOND),
                    pool.submit(download, lab.host_b, web_a.url, DOWNLOAD_RATE),
                    pool.submit(download, lab.host_a, web_b.url, DOWNLOAD_RATE)]
            udp = pool.submit(iperf_udp, lab.host_a, lab.bob.address, UDP_RATE, seconds)
        assert [job.result() for job in jobs] == [(pings, pings), (pings, pings), web_a.digest, web_b.digest]
        # What a receiver without a core of its own did not fetch in time had arrived.
        assert udp.result()["lost_packets"] == udp_without_room(lab.host_b) - full
    for server in (web_a, web_b, iperf):
        server.stop()
