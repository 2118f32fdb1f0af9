# SPDX-License-Identifier: BSD-3-Clause
"""tools/bench idle: what a gateway without traffic costs, and how soon it is awake, in each mode.

Two real gateways and hosts in network namespaces (root). Site A, which is looked at, has its host
and the wire on net_tap ports, which can wake a worker; site B sleeps.

process, worker   share of a CPU that A's process and its worker's thread use with no traffic
busy              what `show workers` says of the same time
first             round trip of a ping after two seconds of silence, median
running           round trip of pings a millisecond apart, median
neighbour         TCP throughput beside a process that only spins, over that without it; both
                  gateways in sleep mode, in turns
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

from lab.process import LabError
from lab.shell import facts
from lab.topology import BOB, Lab
from lab.traffic import IperfServer, iperf_tcp, wait_until_both_reachable

MODES = ("poll", "sleep", "interrupt")
SILENCE = 2  # seconds
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(stat: pathlib.Path) -> float:
    fields = stat.read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def worker_thread(process: int) -> pathlib.Path:
    tasks = pathlib.Path(f"/proc/{process}/task").iterdir()
    return next(task for task in tasks if (task / "comm").read_text().startswith("rte-worker"))


def worker(gateway) -> dict:
    return facts(gateway.socket, "show workers")["workers"][0]


def shares(gateway, seconds: float) -> dict[str, float]:
    """Of a CPU, with no traffic."""
    process = gateway.process.pid
    places = {"process": pathlib.Path(f"/proc/{process}/stat"),
              "worker": worker_thread(process) / "stat"}
    before = {name: cpu_seconds(place) for name, place in places.items()}
    polls, begin = worker(gateway)["polls"], time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - begin
    now = worker(gateway)
    found = {name: (cpu_seconds(place) - before[name]) / passed for name, place in places.items()}
    return {**found, "busy": now["busy"], "polls_per_second": (now["polls"] - polls) / passed}


def round_trips(host, address, count: int, interval: float) -> list[float]:
    """Milliseconds."""
    done = host.run("ping", "-6", "-n", "-i", interval, "-c", count, "-W", 2, address, check=False,
                    timeout=60 + 2 * count * interval)
    return [float(text) for text in re.findall(r"time=([\d.]+) ms", done.stdout)]


def start(lab, idle: str) -> None:
    lab.a.file.write_text(lab.a.file.read_text().replace("idle: sleep", f"idle: {idle}"))
    lab.start()
    if lab.host_mode:
        lab.finish_host_mode()
        lab.finish_tap_wire()
    wait_until_both_reachable(lab, 20)


def measure_mode(options, idle: str) -> dict:
    with Lab(rotation=10, cipher="none", host_mode=True, wire="tap") as lab:
        start(lab, idle)
        time.sleep(SILENCE)
        found = shares(lab.a, options.seconds)
        first = []
        for _ in range(options.pings):
            time.sleep(SILENCE)
            first += round_trips(lab.host_a, BOB.address, 1, 1)
        running = round_trips(lab.host_a, BOB.address, 500, 0.002)
    if not first or not running:
        raise LabError(f"no answers came through a gateway with idle: {idle}")
    return {"idle": idle, **found, "first_ms": statistics.median(first),
            "running_ms": statistics.median(running), "pings_lost": options.pings - len(first)}


def measure_neighbor(options) -> dict:
    turns = []
    with Lab(rotation=10, cipher="none") as lab:
        start(lab, "sleep")
        server = IperfServer(lab.host_b)
        for _ in range(options.turns):
            alone = iperf_tcp(lab.host_a, BOB.address, options.seconds)
            with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as spinner:
                try:
                    beside = iperf_tcp(lab.host_a, BOB.address, options.seconds)
                finally:
                    spinner.kill()
            turns.append({"alone": alone, "beside": beside, "ratio": beside / alone})
        server.stop()
    return {"turns": turns, "ratio": statistics.median(turn["ratio"] for turn in turns)}


def print_mode(one: dict) -> None:
    print(f"{one['idle']:10}{one['process']:9.2%}{one['worker']:9.2%}{one['busy']:9.2%}"
          f"{one['polls_per_second']:12.0f}{one['first_ms']:12.3f}{one['running_ms']:12.3f}",
          flush=True)


def main(root: pathlib.Path) -> int:
    parser = argparse.ArgumentParser(prog="tools/bench idle", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=root / "build")
    parser.add_argument("--modes", type=lambda text: text.split(","), default=list(MODES))
    parser.add_argument("--seconds", type=int, default=10, help="of each CPU share and throughput")
    parser.add_argument("--pings", type=int, default=20, help="after silence, of each mode")
    parser.add_argument("--turns", type=int, default=3, help="beside the spinning neighbour")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if unknown := set(options.modes) - set(MODES):
        parser.error(f"--modes: {', '.join(sorted(unknown))}: {', '.join(MODES)} are known")
    os.environ["MT6D_BUILD"] = str(options.build.resolve())
    modes = []
    try:
        if not options.json:
            print(f"{'':10}{'process':>9}{'worker':>9}{'busy':>9}{'polls / s':>12}"
                  f"{'first, ms':>12}{'running, ms':>12}")
        for idle in options.modes:
            modes.append(measure_mode(options, idle))
            if not options.json:
                print_mode(modes[-1])
        neighbor = measure_neighbor(options) if options.turns else None
    except LabError as failure:
        print(f"idle: {failure}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({"bench": "idle", "modes": modes, "neighbor": neighbor}, indent=1))
    elif neighbor:
        each = " ".join(f"{turn['beside'] / 1e6:.0f}/{turn['alone'] / 1e6:.0f}"
                        for turn in neighbor["turns"])
        print(f"\nTCP beside a neighbour that spins, over that without: {neighbor['ratio']:.2f} "
              f"(Mb/s, each turn: {each})")
    return 0
