# SPDX-License-Identifier: BSD-3-Clause
"""tools/bench streams: start-up, memory, rotation and rate of a gateway of up to a million streams.

Each stream has two hosts and a key of its own; hashed addresses of both sides lie in routed
prefixes, and one router is the next hop of all. Keys are not exchanged. For each number of streams:

start-up   from the start of the process to its event "ready"
memory     resident, hugepages among it, then and at the end; and what DPDK's heap has in use
control    share of the time that the control thread computes, over whole intervals of 10 s, in
           which all streams get new routes
rate       packets a second of one worker that never rests: hosts' packets of streams chosen at
           random, a million of them over and over. Beside it the same with a rotation that is far
           away, and bare_lookup.cpp: receive, look the addresses up in as large a table, send
dip        what rotation takes of the rate: of all of it, and of the worst second beside the median

The source is net_pcap, whose libpcap is replaced by one that reads the mapped capture
(pcap_from_memory.cpp), and the sink net_null, for all alike. They take turns.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import random
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

from bench import gateway, plots, traffic
from bench.gateway import Failure

COUNTS = (1, 1_000, 100_000, 1_000_000)
CIPHERS = ("none", "aes-256-gcm")
PREFIXES = "local_prefix=2001:db8:f0a::/64 remote_prefix=2001:db8:f0b::/64"
ROTATION, FAR = 10, 3600  # seconds
PACKETS = 1 << 20
SIZE = 64
QUICK_PACKETS = 1 << 16
START_WITHIN = 600  # seconds
MEMORY_A_STREAM = 8192  # bytes; what is not used is not resident
LOST = "lost"


@dataclasses.dataclass(frozen=True)
class Site:
    """What is measured with: one number of streams and one cipher."""
    folder: pathlib.Path
    streams: int
    cipher: str
    capture: pathlib.Path
    library: pathlib.Path

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"LD_PRELOAD": str(self.library), "PCAP_ENDLESS": "1"}

    @property
    def memory_mib(self) -> int:
        return gateway.MEMORY_MIB + self.streams * MEMORY_A_STREAM // (1 << 20)


def write_capture(path: pathlib.Path, streams: int, packets: int) -> None:
    """Hosts' packets as traffic.udp_frame() makes them, of streams at random."""
    chosen = random.Random(streams)
    frame = bytearray(traffic.udp_frame(0, SIZE))
    local_at, remote_at = traffic.ETHERNET + 8 + 12, traffic.ETHERNET + 24 + 12
    udp_at = traffic.ETHERNET + traffic.IPV6
    first = struct.unpack_from("!I", frame, local_at)[0]
    with path.open("wb") as capture:
        capture.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        record = struct.pack("<IIII", 0, 0, SIZE, SIZE)
        # The checksum's sum without what differs: two addresses' ends, the source port.
        rest = (~struct.unpack_from("!H", frame, udp_at + 6)[0] & 0xFFFF) + 3 * 0xFFFF
        rest -= 2 * (first >> 16) + 2 * (first & 0xFFFF) + traffic.source_port(0)
        for _ in range(packets):
            stream = chosen.randrange(streams)
            end, port = first + stream, traffic.source_port(stream)
            total = rest + 2 * (end >> 16) + 2 * (end & 0xFFFF) + port
            total = (total & 0xFFFF) + (total >> 16)
            total = (total & 0xFFFF) + (total >> 16)
            struct.pack_into("!I", frame, local_at, end)
            struct.pack_into("!I", frame, remote_at, end)
            struct.pack_into("!H", frame, udp_at, port)
            struct.pack_into("!H", frame, udp_at + 6, (~total & 0xFFFF) or 0xFFFF)
            capture.write(record + frame)


class Running:
    """A gateway process, from its start on."""

    def __init__(self, options: argparse.Namespace, site: Site, rotation: int) -> None:
        configuration = site.folder / f"bench-streams-{rotation}.yaml"
        gateway.write_configuration(
            configuration, options, f"net_pcap0,rx_pcap={site.capture}", gateway.sink(),
            "bench.streams", rotation=rotation, cipher=site.cipher, memory=site.memory_mib)
        self.socket = site.folder / "control.sock"
        with configuration.open("a") as more:
            more.write(f"unprotected: {options.unprotected}\ncontrol: {{socket: {self.socket}}}\n")
        self.mt6dctl = options.build / "mt6dctl"
        self.log = configuration.with_suffix(".log")
        self.began = time.monotonic()
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                gateway.command(options, configuration), stdout=subprocess.PIPE, stderr=log,
                stdin=subprocess.DEVNULL, text=True, env=site.environment)
        self.ready = self.next_event("ready")
        self.start_up = time.monotonic() - self.began

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.communicate(timeout=START_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()

    def next_event(self, kind: str = "stats") -> dict:
        for line in self.process.stdout:
            event = json.loads(line)
            if event["event"] == kind:
                return event
        raise Failure(f"the gateway ended\n{self.log.read_text()}")

    def resident(self) -> int:
        """Bytes, in hugepages too."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        kibibytes = [int(line.split()[1]) for line in status.splitlines()
                     if line.startswith(("VmRSS:", "HugetlbPages:"))]
        return sum(kibibytes) * 1024

    def heap(self) -> int:
        """Bytes that DPDK's heap has given away."""
        answer = subprocess.run([self.mt6dctl, "--socket", self.socket, "--json", "show", "memory"],
                                capture_output=True, text=True, check=True)
        return json.loads(answer.stdout)["dpdk_heap"]["used_bytes"]

    def control_seconds(self) -> float:
        """That the control lcore, the main thread, has computed."""
        pid = self.process.pid
        times = pathlib.Path(f"/proc/{pid}/task/{pid}/schedstat").read_text()
        return int(times.split()[0]) / 1e9

    def watch(self, seconds: float) -> dict:
        """Rates and what control does, over so long, and what was lost so far."""
        event = self.next_event()
        first, computed, clock = event, self.control_seconds(), time.monotonic()
        rates = []
        while event["time"] - first["time"] < seconds - 0.5:
            before, event = event, self.next_event()
            rates.append(gateway.rate(before, event, "external", "tx_packets"))
        passed = time.monotonic() - clock
        return {"rate": gateway.rate(first, event, "external", "tx_packets"),
                "worst_second": min(rates) / statistics.median(rates),
                "control_busy": (self.control_seconds() - computed) / passed,
                LOST: sum(event["drops"].values()),
                "rotations": event["rotations"] - first["rotations"]}


def bare(options: argparse.Namespace, site: Site) -> float:
    """Packets a second of the rival."""
    local, remote = traffic.pair(0)
    capacity = max(64, 2 * (site.streams + min(max(site.streams, 256), 4096)))
    arguments = [str(options.build / "tests" / "bench" / "bare_lookup"), str(site.streams),
                 str(capacity), str(local), str(remote), str(int(options.seconds)), "--",
                 "--lcores", f"0@{options.cores[0]},1@{options.cores[1]}",
                 *(["--no-huge", "-m", str(site.memory_mib)] if options.hugepages == "off"
                   else ["--in-memory"]),
                 "--no-pci", "--no-telemetry", f"--file-prefix=bench-bare-{os.getpid()}",
                 f"--vdev=net_pcap0,rx_pcap={site.capture}", f"--vdev={gateway.sink()}"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False,
                          env=site.environment)
    lines = [line.split() for line in done.stdout.splitlines() if line[:1].isdigit()]
    if done.returncode != 0 or len(lines) < 2 or int(lines[-1][2]) != 0:
        raise Failure(f"bare_lookup: {done.stdout}{done.stderr}")
    (first, before, _), (last, after, _) = lines[0], lines[-1]
    return (int(after) - int(before)) / (float(last) - float(first))


def turn(options: argparse.Namespace, site: Site) -> dict:
    """All of it once."""
    result: dict = {"bare_rate": bare(options, site)}
    with Running(options, site, FAR) as running:
        running.next_event()  # while caches fill
        far = running.watch(options.seconds)
    with Running(options, site, ROTATION) as running:
        result |= {"start_up": running.start_up, "resident_at_start": running.resident(),
                   "heap": running.heap()}
        running.next_event()
        rotating = running.watch(options.intervals * ROTATION)
        result["resident"] = running.resident()
    if rotating["rotations"] < options.intervals:
        raise Failure(f"{rotating['rotations']} rotations in {options.intervals} intervals")
    result |= {"rate": far["rate"], "rate_rotating": rotating["rate"],
               "to_bare": far["rate"] / result["bare_rate"],
               "dip": 1 - rotating["rate"] / far["rate"],
               "worst_second": rotating["worst_second"], "worst_second_far": far["worst_second"],
               "control_busy": rotating["control_busy"], "control_busy_far": far["control_busy"],
               LOST: rotating[LOST] + far[LOST]}
    return result


def measure(options: argparse.Namespace, streams: int) -> dict:
    with tempfile.TemporaryDirectory(prefix="mt6d-bench-") as name:
        folder = pathlib.Path(name)
        capture = folder / "random.pcap"
        write_capture(capture, streams, options.packets)
        traffic.write_streams(folder / "bench.streams", streams, options=PREFIXES)
        library = (options.build / "tests" / "bench" / "libpcap_from_memory.so").resolve()
        site = Site(folder, streams, options.cipher, capture, library)
        turns = [turn(options, site) for _ in range(options.turns)]
    medians = {key: statistics.median(one[key] for one in turns) for key in turns[0]}
    return {"streams": streams, "cipher": options.cipher, **medians, "turns": turns}


def of_one_stream(results: list[dict], key: str) -> str:
    """What each stream adds, between the smallest number of them and the largest."""
    first, last = results[0], results[-1]
    if first["streams"] == last["streams"]:
        return ""
    return f"{(last[key] - first[key]) / (last['streams'] - first['streams']):.3g}"


def report(results: list[dict]) -> None:
    print(f"cipher {results[0]['cipher']}, {SIZE}-byte packets at random, one worker")
    print(f"{'streams':>9}{'start s':>9}{'MB':>8}{'heap MB':>9}{'Mpps':>8}{'bare':>8}{'ratio':>7}"
          f"{'dip':>7}{'worst':>7}{'far':>7}{'control':>9}{'far':>7}{'lost':>6}")
    for one in results:
        print(f"{one['streams']:9}{one['start_up']:9.2f}{one['resident'] / 1e6:8.0f}"
              f"{one['heap'] / 1e6:9.0f}{one['rate'] / 1e6:8.2f}{one['bare_rate'] / 1e6:8.2f}"
              f"{one['to_bare']:7.2f}{one['dip']:7.1%}{one['worst_second']:7.2f}"
              f"{one['worst_second_far']:7.2f}{one['control_busy']:9.1%}"
              f"{one['control_busy_far']:7.1%}{one[LOST]:6.0f}")
    if len(results) > 1:
        print(f"a stream: {of_one_stream(results, 'resident')} bytes, "
              f"{of_one_stream(results, 'start_up')} s")


def draw(results: list[dict], stem: pathlib.Path) -> None:
    """Start-up and memory over the number of streams, beside what grows with it exactly."""
    try:
        import matplotlib  # pylint: disable=import-outside-toplevel
    except ImportError:
        raise Failure("--plot needs matplotlib: apt-get install python3-matplotlib") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot  # pylint: disable=import-outside-toplevel
    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.6))
    counts = [one["streams"] for one in results]
    for axis, key, unit, scale in ((axes[0], "start_up", "start-up, seconds", 1),
                                   (axes[1], "resident", "resident memory, MB", 1e-6)):
        values = [one[key] * scale for one in results]
        slope = (values[-1] - values[0]) / max(1, counts[-1] - counts[0])
        axis.loglog(counts, values, "o-", label="measured")
        axis.loglog(counts, [values[0] + slope * (count - counts[0]) for count in counts], "--",
                    label="linear")
        axis.set_xlabel("streams")
        axis.set_title(unit)
        axis.legend()
        axis.grid(True, which="major", alpha=0.3)
    plots.save(figure, stem)


def parse(root: pathlib.Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/bench streams", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    gateway.add_options(parser, root)
    parser.add_argument("--counts", type=gateway.numbers, default=list(COUNTS), metavar="N,…")
    parser.add_argument("--cipher", choices=CIPHERS, default="none")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5, help="of the rate, in each turn")
    parser.add_argument("--intervals", type=int, default=2, help="of rotation, in each turn")
    parser.add_argument("--packets", type=int, default=PACKETS, help="in the capture")
    parser.add_argument("--unprotected", choices=["drop", "proxy"], default="drop")
    parser.add_argument("--quick", action="store_true",
                        help="to see it work: one turn, one interval, fewer packets")
    parser.add_argument("--plot", type=pathlib.Path, metavar="STEM",
                        help="draws STEM.svg and STEM.png")
    options = parser.parse_args()
    if options.quick:
        options.turns, options.intervals, options.seconds = 1, 1, 2
        options.packets = min(options.packets, QUICK_PACKETS)
    return options


def main(root: pathlib.Path) -> int:
    options = parse(root)
    try:
        results = [measure(options, count) for count in options.counts]
        if options.plot:
            draw(results, options.plot)
    except (Failure, OSError, subprocess.CalledProcessError) as failure:
        print(f"streams: {failure}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({"bench": "streams", "results": results}, indent=1))
    else:
        report(results)
    return 0
