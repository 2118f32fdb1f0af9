# SPDX-License-Identifier: BSD-3-Clause
"""tools/bench forward: what one worker encapsulates, beside what dpdk-testpmd forwards.

Ports are alike for both: net_pcap looping over one capture (infinite_rx=1) on the internal side,
net_null without receiving on the external one; same burst, descriptors and buffer size. The two
take turns; the ratio of each turn is what counts, their median is the result.
"""
import argparse
import json
import os
import pathlib
import re
import shlex
import statistics
import sys
import tempfile

from bench import gateway, traffic
from bench.gateway import Failure

PACKETS_A_STREAM = 4
WARM_UP = 1  # statistics left out at the start, of one second each


def gateway_command(options: argparse.Namespace, folder: pathlib.Path,
                    capture: pathlib.Path) -> list[str]:
    configuration = folder / "bench-gw.yaml"
    gateway.write_configuration(configuration, options, gateway.looped(capture), gateway.sink(),
                                "bench.streams")
    return gateway.command(options, configuration)


def testpmd_command(options: argparse.Namespace, capture: pathlib.Path) -> list[str]:
    memory = (["--no-huge", "-m", str(gateway.MEMORY_MIB)] if options.hugepages == "off"
              else ["--in-memory"])
    return ["dpdk-testpmd", "--lcores", f"0@{options.cores[0]},1@{options.cores[1]}", *memory,
            "--no-pci", "--no-telemetry", f"--file-prefix=bench-testpmd-{os.getpid()}",
            f"--vdev={gateway.looped(capture)}", f"--vdev={gateway.sink()}", "--",
            "--forward-mode=macswap", f"--burst={gateway.BURST}",
            f"--rxd={gateway.DESCRIPTORS}", f"--txd={gateway.DESCRIPTORS}",
            f"--mbuf-size={gateway.MBUF_SIZE}", "--total-num-mbufs=16384",
            "--stats-period=1"]


def measure_testpmd(command: list[str], seconds: float) -> float:
    output, messages = gateway.run_for(command, seconds)
    # Two ports are printed each period; the second one is what is sent out.
    rates = [int(rate) for rate in re.findall(r"Tx-pps:\s+(\d+)", output)]
    rates = rates[1::2][WARM_UP + 1:]
    if not rates:
        raise Failure(f"{shlex.join(command)}\n{output}{messages}")
    return statistics.mean(rates)


def measure_size(options: argparse.Namespace, folder: pathlib.Path, size: int) -> dict:
    capture = folder / f"packets-{size}.pcap"
    frames = [traffic.udp_frame(stream, size) for stream in range(gateway.STREAMS)]
    traffic.write_capture(capture, frames, PACKETS_A_STREAM)
    ours_command = gateway_command(options, folder, capture)
    testpmd = testpmd_command(options, capture)
    turns = []
    for _ in range(options.turns):
        ours = gateway.measure(ours_command, options.seconds)
        theirs = measure_testpmd(testpmd, options.seconds + 5)
        turns.append({"gateway": ours, "testpmd": theirs, "ratio": ours / theirs})
    hz = gateway.tsc_hz()
    ours = statistics.median(turn["gateway"] for turn in turns)
    theirs = statistics.median(turn["testpmd"] for turn in turns)
    return {"size": size, "turns": turns, "gateway_packets_per_second": ours,
            "testpmd_packets_per_second": theirs, "gateway_cycles_per_packet": hz / ours,
            "testpmd_cycles_per_packet": hz / theirs,
            "ratio": statistics.median(turn["ratio"] for turn in turns),
            "testpmd_command": shlex.join(testpmd)}


def print_text(result: dict) -> None:
    print(f"\n{result['size']}-byte packets, {gateway.STREAMS} streams, cipher none, one worker")
    print(f"  {'':10}{'Mpps':>8}{'cycles/packet':>15}   each turn")
    for name in ("gateway", "testpmd"):
        each = " ".join(f"{turn[name] / 1e6:.2f}" for turn in result["turns"])
        print(f"  {name:10}{result[f'{name}_packets_per_second'] / 1e6:8.2f}"
              f"{result[f'{name}_cycles_per_packet']:15.0f}   {each}")
    each = " ".join(f"{turn['ratio']:.2f}" for turn in result["turns"])
    print(f"  {'ratio':10}{result['ratio']:8.2f}{'':15}   {each}")
    print(f"  {result['testpmd_command']}")


def main(root: pathlib.Path) -> int:
    parser = argparse.ArgumentParser(prog="tools/bench forward", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    gateway.add_options(parser, root)
    parser.add_argument("--sizes", type=gateway.numbers, default=[64, 1454], metavar="BYTES,…")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="measured in each turn")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mt6d-bench-") as name:
        folder = pathlib.Path(name)
        traffic.write_streams(folder / "bench.streams", gateway.STREAMS)
        try:
            results = [measure_size(options, folder, size) for size in options.sizes]
        except Failure as failure:
            print(failure, file=sys.stderr)
            return 1
    if options.json:
        print(json.dumps({"bench": "forward", "results": results}, indent=1))
    else:
        for result in results:
            print_text(result)
    return 0
