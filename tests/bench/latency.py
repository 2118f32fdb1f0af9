# SPDX-License-Identifier: BSD-3-Clause
"""tools/bench latency: what a gateway adds to the time that a packet takes, and to its jitter.

One gateway with one worker that polls, between ring ports (net_ring), whose other ends are the
bench's: one thread stamps each packet as it puts it into the ring of the hosts' port and takes the
time when it finds it in the ring of the network's port. Beside it, in turns, at the same rates, a
loop on the same lcore and the same kind of ports that only receives and sends. Median, 99th and
99.9th percentile; jitter is the mean difference between a packet's time and the one's before it.
Loads are percent of the highest rate without loss that this arrangement carries, for each cipher.
"""
import pathlib

from bench import program


def main(root: pathlib.Path) -> int:
    return program.run(root, "latency", __doc__)
