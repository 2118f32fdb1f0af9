# SPDX-License-Identifier: BSD-3-Clause
"""tools/bench forward: what one worker encapsulates, beside what dpdk-testpmd forwards.

Ports are alike for both: net_pcap looping over one capture (infinite_rx=1) on the internal side,
net_null without receiving on the external one; same burst, descriptors and buffer size. The two
take turns; the ratio of each turn is what counts, their median is the result.
"""
import argparse
import json
import pathlib
import re
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile

from bench import traffic

STREAMS = 64
PACKETS_A_STREAM = 4
BURST = 64
DESCRIPTORS = 1024
MBUF_SIZE = 2176  # headroom and room for a frame of 2048 bytes
MEMORY_MIB = 512
WARM_UP = 1  # statistics left out at the start, of one second each


class Failure(Exception):
    """The bench could not be run; the text says why."""


def run_for(command: list[str], seconds: float) -> tuple[str, str]:
    """Output and messages of a program that is ended by SIGINT after a while."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True) as process:
        try:
            return process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        try:
            return process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.communicate()


def tsc_hz() -> float:
    """Cycles of the time stamp counter a second, as near as the kernel tells."""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("cpu MHz"):
            return float(line.split(":")[1]) * 1e6
    return 0.0


def devices(capture: pathlib.Path) -> tuple[str, str]:
    return f"net_pcap0,rx_pcap={capture},infinite_rx=1", "net_null1,no-rx=1"


def gateway_command(options: argparse.Namespace, folder: pathlib.Path,
                    capture: pathlib.Path) -> list[str]:
    internal, external = devices(capture)
    configuration = folder / "bench.yaml"
    configuration.write_text(f"""\
name: bench-gw
idle: poll
memory: {MEMORY_MIB}M
hugepages: {options.hugepages}
control_core: {options.cores[0]}
workers: [{options.cores[1]}]
internal: {{device: "{internal}", mac: "{traffic.mac_text(traffic.GATEWAY_MAC)}", mtu: 1500}}
external:
  device: {external}
  mtu: 1500
  default_router: {traffic.ROUTER}
  neighbors: [{{address: "{traffic.ROUTER}", mac: "{traffic.mac_text(traffic.ROUTER_MAC)}"}}]
streams_file: bench.streams
""")
    return [str(options.build / "mt6d-gateway"), "--config", str(configuration),
            "--stats-period", "1", "--stats-format", "json"]


def measure_gateway(command: list[str], seconds: float) -> dict:
    output, messages = run_for(command, seconds)
    samples = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    samples = [sample for sample in samples if sample["event"] == "stats"][WARM_UP:]
    if len(samples) < 2:
        raise Failure(f"{shlex.join(command)}\n{output}{messages}")
    first, last = samples[0], samples[-1]
    sent = last["ports"]["external"]["tx_packets"] - first["ports"]["external"]["tx_packets"]
    if last["drops"]:
        raise Failure(f"the gateway dropped packets: {last['drops']}")
    return {"packets_per_second": sent / (last["time"] - first["time"])}


def testpmd_command(options: argparse.Namespace, capture: pathlib.Path) -> list[str]:
    internal, external = devices(capture)
    memory = ["--no-huge", "-m", str(MEMORY_MIB)] if options.hugepages == "off" else ["--in-memory"]
    return ["dpdk-testpmd", "--lcores", f"0@{options.cores[0]},1@{options.cores[1]}", *memory,
            "--no-pci", "--no-telemetry", "--file-prefix=bench-testpmd",
            f"--vdev={internal}", f"--vdev={external}", "--",
            "--forward-mode=macswap", f"--burst={BURST}", f"--rxd={DESCRIPTORS}",
            f"--txd={DESCRIPTORS}", f"--mbuf-size={MBUF_SIZE}", "--total-num-mbufs=16384",
            "--stats-period=1"]


def measure_testpmd(command: list[str], seconds: float) -> dict:
    output, messages = run_for(command, seconds)
    # Two ports are printed each period; the second one is what is sent out.
    rates = [int(rate) for rate in re.findall(r"Tx-pps:\s+(\d+)", output)]
    rates = rates[1::2][WARM_UP + 1:]
    if not rates:
        raise Failure(f"{shlex.join(command)}\n{output}{messages}")
    return {"packets_per_second": statistics.mean(rates)}


def measure_size(options: argparse.Namespace, folder: pathlib.Path, size: int) -> dict:
    capture = folder / f"packets-{size}.pcap"
    traffic.write_capture(capture, [traffic.udp_frame(stream, size)
                                    for _ in range(PACKETS_A_STREAM) for stream in range(STREAMS)])
    gateway = gateway_command(options, folder, capture)
    testpmd = testpmd_command(options, capture)
    turns = []
    for _ in range(options.turns):
        ours = measure_gateway(gateway, options.seconds + 3)["packets_per_second"]
        theirs = measure_testpmd(testpmd, options.seconds + 5)["packets_per_second"]
        turns.append({"gateway": ours, "testpmd": theirs, "ratio": ours / theirs})
    hz = tsc_hz()
    ours = statistics.median(turn["gateway"] for turn in turns)
    theirs = statistics.median(turn["testpmd"] for turn in turns)
    return {"size": size, "turns": turns, "gateway_packets_per_second": ours,
            "testpmd_packets_per_second": theirs, "gateway_cycles_per_packet": hz / ours,
            "testpmd_cycles_per_packet": hz / theirs,
            "ratio": statistics.median(turn["ratio"] for turn in turns),
            "testpmd_command": shlex.join(testpmd)}


def print_text(result: dict) -> None:
    print(f"\n{result['size']}-byte packets, {STREAMS} streams, cipher none, one worker")
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
    parser.add_argument("--build", type=pathlib.Path, default=root / "build")
    parser.add_argument("--cores", type=lambda text: [int(core) for core in text.split(",")],
                        default=[0, 1], metavar="CONTROL,WORKER")
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")],
                        default=[64, 1454], metavar="BYTES,…")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="measured in each turn")
    parser.add_argument("--hugepages", choices=["off", "auto"], default="off")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mt6d-bench-") as name:
        folder = pathlib.Path(name)
        traffic.write_streams(folder / "bench.streams", STREAMS)
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
