# SPDX-License-Identifier: BSD-3-Clause
"""tools/bench rotations: packets in are packets out, while all addresses change each second.

Two gateways in a row, each with a worker of its own, with 64 streams that rotate every second. The
ports are rings (net_ring), whose other ends are the bench's: hosts, network and both control lcores
are one thread, workers two others. First the highest rate without loss is looked for, over several
rotations a try; then packets are sent at 90 % of it for as many rotations as are asked for. It
passes, and ends with 0, if every packet came out, nothing was dropped, and both gateways rotated as
often as they should.

The long run: --rotations 10000 (2 hours and 47 minutes).
"""
import pathlib

from bench import program


def main(root: pathlib.Path) -> int:
    return program.run(root, "rotations", __doc__)
