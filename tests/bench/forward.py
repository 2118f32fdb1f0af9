# SPDX-License-Identifier: BSD-3-Clause
"""tools/bench forward: what one worker carries, beside what dpdk-testpmd forwards.

Ports are alike for both: net_pcap looping over one capture (infinite_rx=1) on one side, net_null
without receiving on the other one; same burst, descriptors and buffer size. The two take turns;
the ratio of each turn is what counts, their median is the result.

into      a host's packets of SIZE bytes (frames, without FCS) into the tunnel
out of    tunnel packets that carry such packets, recorded before, out of it. Only without
          encryption: a loop would offer each number again. `bench crypto` measures opening.
"""
import argparse
import dataclasses
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
ROTATION = 86400  # seconds: what was recorded stays live
MTU = 1600  # room for 1454 bytes and the tunnel


@dataclasses.dataclass(frozen=True)
class Case:
    """What is measured, and the least ratio that is wanted."""
    direction: str
    size: int
    cipher: str
    wanted: float

    def __str__(self) -> str:
        return f"{self.size}-byte packets {self.direction} the tunnel, cipher {self.cipher}"


CASES = (Case("into", 64, "none", 0.50), Case("into", 1454, "none", 0.70),
         Case("out of", 64, "none", 0.0), Case("out of", 1454, "none", 0.45),
         Case("into", 64, "aes-256-gcm", 0.18))


def configure(options: argparse.Namespace, folder: pathlib.Path, name: str, **more) -> list[str]:
    configuration = folder / f"bench-{name}.yaml"
    gateway.write_configuration(configuration, options, rotation=ROTATION, mtu=MTU, **more)
    return gateway.command(options, configuration)


def clear_packets(folder: pathlib.Path, size: int) -> pathlib.Path:
    capture = folder / f"clear-{size}.pcap"
    frames = [traffic.udp_frame(stream, size) for stream in range(gateway.STREAMS)]
    traffic.write_capture(capture, frames, PACKETS_A_STREAM)
    return capture


def tunnel_packets(options: argparse.Namespace, folder: pathlib.Path, size: int) -> pathlib.Path:
    """What a gateway makes of the clear ones; its own messages to neighbours are left out."""
    recording, capture = folder / "recording.pcap", folder / f"tunnel-{size}.pcap"
    _, messages = gateway.run_until_still(configure(
        options, folder, "recorder", internal=f"net_pcap0,rx_pcap={clear_packets(folder, size)}",
        external=f"net_pcap1,tx_pcap={recording}", streams="near.streams"), "internal")
    frames = [frame for frame in traffic.read_capture(recording)
              if frame[traffic.NEXT_HEADER] == traffic.PROTOCOL_UDP]
    if len(frames) != gateway.STREAMS * PACKETS_A_STREAM:
        raise Failure(f"{len(frames)} packets were recorded\n{messages}")
    traffic.write_capture(capture, frames)
    return capture


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


def capture_for(options: argparse.Namespace, folder: pathlib.Path, case: Case) -> pathlib.Path:
    if case.direction == "into":
        return clear_packets(folder, case.size)
    return tunnel_packets(options, folder, case.size)


def gateway_for(options: argparse.Namespace, folder: pathlib.Path, case: Case,
                capture: pathlib.Path) -> tuple[list[str], str]:
    """Its command line, and the port that it sends out of."""
    if case.direction == "into":
        return configure(options, folder, "into", internal=gateway.looped(capture),
                         external=gateway.sink(), streams="near.streams",
                         cipher=case.cipher), "external"
    return configure(options, folder, "out-of", internal=gateway.sink(0),
                     external=gateway.looped(capture, 1), external_mac=traffic.ROUTER_MAC,
                     streams="far.streams"), "internal"


def measure_case(options: argparse.Namespace, folder: pathlib.Path, case: Case) -> dict:
    capture = capture_for(options, folder, case)
    ours_command, side = gateway_for(options, folder, case, capture)
    testpmd = testpmd_command(options, capture)
    turns = []
    for _ in range(options.turns):
        ours = gateway.measure(ours_command, options.seconds, side)
        theirs = measure_testpmd(testpmd, options.seconds + 5)
        turns.append({"gateway": ours, "testpmd": theirs, "ratio": ours / theirs})
    hz = gateway.tsc_hz()
    ours = statistics.median(turn["gateway"] for turn in turns)
    theirs = statistics.median(turn["testpmd"] for turn in turns)
    return {**dataclasses.asdict(case), "turns": turns, "gateway_packets_per_second": ours,
            "testpmd_packets_per_second": theirs, "gateway_cycles_per_packet": hz / ours,
            "testpmd_cycles_per_packet": hz / theirs,
            "ratio": statistics.median(turn["ratio"] for turn in turns),
            "testpmd_command": shlex.join(testpmd)}


def print_text(case: Case, result: dict) -> None:
    print(f"\n{case}, {gateway.STREAMS} streams, one worker")
    print(f"  {'':10}{'Mpps':>8}{'cycles/packet':>15}   each turn")
    for name in ("gateway", "testpmd"):
        each = " ".join(f"{turn[name] / 1e6:.2f}" for turn in result["turns"])
        print(f"  {name:10}{result[f'{name}_packets_per_second'] / 1e6:8.2f}"
              f"{result[f'{name}_cycles_per_packet']:15.0f}   {each}")
    each = " ".join(f"{turn['ratio']:.2f}" for turn in result["turns"])
    wanted = f" (wanted: {case.wanted:.2f})" if case.wanted else ""
    print(f"  {'ratio':10}{result['ratio']:8.2f}{'':15}   {each}{wanted}")
    print(f"  {result['testpmd_command']}", flush=True)


def main(root: pathlib.Path) -> int:
    parser = argparse.ArgumentParser(prog="tools/bench forward", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    gateway.add_options(parser, root)
    parser.add_argument("--sizes", type=gateway.numbers, default=[64, 1454], metavar="BYTES,…",
                        help="of 64 and 1454 (default: both)")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="measured in each turn")
    options = parser.parse_args()
    cases = [case for case in CASES if case.size in options.sizes]
    if not set(options.sizes) <= {case.size for case in CASES}:
        parser.error("--sizes: 64 and 1454 are measured")
    results = []
    with tempfile.TemporaryDirectory(prefix="mt6d-bench-") as name:
        folder = pathlib.Path(name)
        traffic.write_both_streams(folder, gateway.STREAMS)
        try:
            for case in cases:
                results.append(measure_case(options, folder, case))
                if not options.json:
                    print_text(case, results[-1])
        except Failure as failure:
            print(failure, file=sys.stderr)
            return 1
    if options.json:
        print(json.dumps({"bench": "forward", "results": results}, indent=1))
    return 0
