# SPDX-License-Identifier: BSD-3-Clause
"""What several lab tests assert."""

from lab.counting import Count
from lab.traffic import tcp_resets

ROTATIONS = 10


class Lossless:
    """Around some traffic: at the end nothing was lost, no connection reset, enough rotations
    happened, and at_least so many packets went one way."""

    def __init__(self, lab, rotations=ROTATIONS, at_least=1):
        self.lab = lab
        self.rotations = rotations
        self.at_least = at_least

    def __enter__(self):
        self._resets = [tcp_resets(host) for host in (self.lab.host_a, self.lab.host_b)]
        self._count = Count(self.lab)
        return self._count

    def __exit__(self, kind, *_):
        if kind is not None:
            return
        directions = self._count.end()
        for name, direction in zip(("a to b", "b to a"), directions):
            report = f"{name}: {direction}, new drops {self._count.drops}"
            # Packets into one gateway's internal port less those out of the other's.
            assert direction.gateway_received == direction.gateway_sent, report
            assert direction.host_sent == direction.host_received, report
            assert direction.encapsulated == direction.decapsulated, report
            assert direction.encapsulated == direction.gateway_received, report
        assert max(direction.encapsulated for direction in directions) >= self.at_least
        assert self._count.rotations >= self.rotations
        resets = [tcp_resets(host) for host in (self.lab.host_a, self.lab.host_b)]
        assert resets == self._resets, "TCP connections were reset"
