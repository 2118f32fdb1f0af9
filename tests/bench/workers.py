# SPDX-License-Identifier: BSD-3-Clause
"""tools/bench workers: what a packet costs where several workers share ports of one queue.

One worker polls the internal port and hands over what others own. With so many workers:

instructions  of all workers' bursts, a packet, under valgrind --tool=callgrind
L1, LL        data misses a packet that it simulates (--cache-sim=yes; caches that all share)
handed over   share of the packets
rate          packets a second without valgrind, as far as there are cores: the control thread, which
              does little, may share one

The capture is read once for the counts, and over and over for the rate.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from bench import gateway, traffic
from bench.gateway import Failure

ROUNDS = 20  # of as many packets as there are streams
SIZE = 200
PACKETS_A_STREAM = 4
BURST = "mt6d::dataplane::Worker::process("
LOOP = "mt6d::dataplane::Worker::run("
EVENTS = ("Ir", "D1mr", "D1mw", "DLmr", "DLmw")
COUNT = re.compile(r"\s*([\d,]+) \([^)]*\)|\s+(\.)")


def write_site(options: argparse.Namespace, folder: pathlib.Path, workers: int, device: str,
               ) -> list[str]:
    configuration = folder / f"bench-workers-{workers}.yaml"
    cores = [options.cores[1 - at % 2] for at in range(workers)]
    gateway.write_configuration(configuration, options, device, gateway.sink(), "bench.streams",
                                cipher=options.cipher, rotation=3600, workers=cores)
    return gateway.command(options, configuration)


def counts_of_bursts(path: pathlib.Path) -> dict[str, int]:
    """Events in Worker::process() and all that it calls."""
    done = subprocess.run(
        ["callgrind_annotate", "--inclusive=yes", "--threshold=100",
         f"--show={','.join(EVENTS)}", path], capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        if BURST in line and "'2" not in line:
            found = COUNT.findall(line)[:len(EVENTS)]
            return {event: int((number or "0").replace(",", ""))
                    for event, (number, _) in zip(EVENTS, found)}
    raise Failure(f"no function {BURST}…): was the gateway built without debug information?")


def count(options: argparse.Namespace, folder: pathlib.Path, workers: int) -> dict:
    capture, output = folder / "once.pcap", folder / "callgrind.out"
    frames = [traffic.udp_frame(stream, SIZE) for stream in range(gateway.STREAMS)]
    traffic.write_capture(capture, frames, ROUNDS)
    command = write_site(options, folder, workers, f"net_pcap0,rx_pcap={capture}")
    events, messages = gateway.run_until_still(
        ["valgrind", "--tool=callgrind", "--cache-sim=yes", "--fair-sched=try",
         f"--toggle-collect={LOOP}*", f"--callgrind-out-file={output}", *command], "internal")
    summary = events[-1]
    packets = sum(stream["encapsulated_packets"] for stream in summary["streams"])
    if packets != len(frames) * ROUNDS:
        raise Failure(f"{packets} packets were carried of {len(frames) * ROUNDS}\n{messages}")
    found = counts_of_bursts(output)
    return {"instructions": found["Ir"] / packets,
            "l1_misses": (found["D1mr"] + found["D1mw"]) / packets,
            "ll_misses": (found["DLmr"] + found["DLmw"]) / packets,
            "handed_over": sum(worker["handed_over"] for worker in summary["workers"]) / packets}


def rate(options: argparse.Namespace, folder: pathlib.Path, workers: int) -> float | None:
    """None: there are not so many cores."""
    if workers > len(os.sched_getaffinity(0)):
        return None
    capture = folder / "looped.pcap"
    frames = [traffic.udp_frame(stream, SIZE) for stream in range(gateway.STREAMS)]
    traffic.write_capture(capture, frames, PACKETS_A_STREAM)
    command = write_site(options, folder, workers, gateway.looped(capture))
    first, last = gateway.first_and_last(command, options.seconds)
    return gateway.rate(first, last, "external", "tx_packets")


def report(results: list[dict]) -> None:
    print(f"{'workers':>7}{'instructions':>14}{'L1':>7}{'LL':>7}{'handed over':>13}{'Mpps':>8}")
    for one in results:
        mpps = "-" if one["rate"] is None else f"{one['rate'] / 1e6:.2f}"
        print(f"{one['workers']:7}{one['instructions']:14.1f}{one['l1_misses']:7.2f}"
              f"{one['ll_misses']:7.2f}{one['handed_over']:13.1%}{mpps:>8}")


def parse(root: pathlib.Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/bench workers", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    gateway.add_options(parser, root)
    parser.add_argument("--workers", type=gateway.numbers, default=[1, 2, 4], metavar="N,…")
    parser.add_argument("--cipher", choices=["none", "aes-256-cbc", "aes-256-gcm"], default="none")
    parser.add_argument("--seconds", type=float, default=3, help="of each rate")
    return parser.parse_args()


def main(root: pathlib.Path) -> int:
    options = parse(root)
    results = []
    try:
        with tempfile.TemporaryDirectory(prefix="mt6d-bench-") as name:
            folder = pathlib.Path(name)
            traffic.write_streams(folder / "bench.streams", gateway.STREAMS)
            for workers in options.workers:
                results.append({"workers": workers, **count(options, folder, workers),
                                "rate": rate(options, folder, workers)})
    except (Failure, OSError, subprocess.CalledProcessError) as failure:
        print(f"workers: {failure}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({"bench": "workers", "cipher": options.cipher, "results": results},
                         indent=1))
    else:
        report(results)
    return 0
