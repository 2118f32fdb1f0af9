# SPDX-License-Identifier: BSD-3-Clause
"""What benches share: one gateway with one worker between two devices that need no NIC, run for a
while, and what its statistics say."""
import json
import os
import pathlib
import shlex
import signal
import subprocess
import time

from bench import traffic

STREAMS = 64
BURST = 64
DESCRIPTORS = 1024
MBUF_SIZE = 2176  # headroom and room for a frame of 2048 bytes
MEMORY_MIB = 512
START_UP = 3  # seconds, with the one that is left out
STOP_WITHIN = 20  # seconds
READ_WITHIN = 120  # seconds, for a capture that is read once


class Failure(Exception):
    """The bench could not be run; the text says why."""


def add_options(parser, root: pathlib.Path) -> None:
    """Those of every bench that runs a gateway. `root` is the tree's top."""
    parser.add_argument("--build", type=pathlib.Path, default=root / "build")
    parser.add_argument("--cores", type=numbers, default=[0, 1], metavar="CONTROL,WORKER")
    parser.add_argument("--hugepages", choices=["off", "auto"], default="off")
    parser.add_argument("--json", action="store_true")


def numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def looped(capture: pathlib.Path, number: int = 0) -> str:
    """A device that receives the packets of a capture over and over, out of memory."""
    return f"net_pcap{number},rx_pcap={capture},infinite_rx=1"


def sink(number: int = 1) -> str:
    return f"net_null{number},no-rx=1"


def write_configuration(path: pathlib.Path, options, internal: str, external: str, streams: str,
                        external_mac: bytes | None = None, mtu: int = 1500, rotation: int = 10,
                        cipher: str = "none", crypto: str = "auto",
                        rekey: str = "{method: off}", memory: int = MEMORY_MIB,
                        workers: list[int] | None = None) -> None:
    """A gateway named like the file and this process, with its state in a directory beside it.
    `workers`: the core of each, else one on the second of the options' cores."""
    mac = f'mac: "{traffic.mac_text(external_mac)}"' if external_mac else ""
    path.write_text(f"""\
name: {path.stem}-{os.getpid()}
idle: poll
memory: {memory}M
hugepages: {options.hugepages}
state_dir: {path.with_suffix(".state")}
crypto: {crypto}
{"crypto_device: crypto_openssl" if crypto == "cryptodev" else ""}
control_core: {options.cores[0]}
workers: {workers or [options.cores[1]]}
internal: {{device: "{internal}", mac: "{traffic.mac_text(traffic.GATEWAY_MAC)}", mtu: {mtu}}}
external:
  device: "{external}"
  {mac}
  mtu: {mtu}
  default_router: {traffic.ROUTER}
  neighbors: [{{address: "{traffic.ROUTER}", mac: "{traffic.mac_text(traffic.ROUTER_MAC)}"}}]
defaults: {{rotation: {rotation}s, cipher: {cipher}, rekey: {rekey}}}
streams_file: {streams}
""")


def command(options, configuration: pathlib.Path) -> list[str]:
    return [str(options.build / "mt6d-gateway"), "--config", str(configuration),
            "--stats-period", "1", "--stats-format", "json"]


def run_for(arguments: list[str], seconds: float,
            environment: dict[str, str] | None = None) -> tuple[str, str]:
    """Output and messages of a program that is ended by SIGINT after a while."""
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True, env=environment) as process:
        try:
            return process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        try:
            return process.communicate(timeout=STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.communicate()


def run_until_still(arguments: list[str], side: str,
                    environment: dict[str, str] | None = None) -> tuple[list[dict], str]:
    """Events and messages of a gateway that is ended once `side` has received something and then
    nothing more for a second."""
    log_path = pathlib.Path(arguments[arguments.index("--config") + 1]).with_suffix(".log")
    events: list[dict] = []
    deadline = time.monotonic() + READ_WITHIN
    with log_path.open("w") as log, subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL,
            text=True, env=environment) as process:
        received = 0
        for line in process.stdout:
            events.append(json.loads(line))
            before, received = received, events[-1]["ports"][side]["rx_packets"]
            if 0 < received == before or time.monotonic() > deadline:
                process.send_signal(signal.SIGINT)
                break
        try:
            rest, _ = process.communicate(timeout=STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            rest, _ = process.communicate()
    events += [json.loads(line) for line in rest.splitlines()]
    messages = log_path.read_text()
    if process.returncode != 0 or not events or events[-1]["event"] != "summary":
        raise Failure(f"{shlex.join(arguments)}\n{messages}")
    return events, messages


def first_and_last(arguments: list[str], seconds: float) -> tuple[dict, dict]:
    """Statistics of a gateway that has been running for a second or two, and at the end."""
    output, messages = run_for(arguments, seconds + START_UP)
    events = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    samples = [event for event in events if event["event"] == "stats"][1:]
    if len(samples) < 2:
        raise Failure(f"{shlex.join(arguments)}\n{output}{messages}")
    return samples[0], samples[-1]


def rate(first: dict, last: dict, side: str, counter: str) -> float:
    """A port's, of a second between two moments."""
    return ((last["ports"][side][counter] - first["ports"][side][counter])
            / (last["time"] - first["time"]))


def measure(arguments: list[str], seconds: float, side: str = "external") -> float:
    """Packets a second that a gateway sends out of a port."""
    first, last = first_and_last(arguments, seconds)
    if last["drops"]:
        raise Failure(f"the gateway dropped packets: {last['drops']}")
    return rate(first, last, side, "tx_packets")


def tsc_hz() -> float:
    """Cycles of the time stamp counter a second, as near as the kernel tells."""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("cpu MHz"):
            return float(line.split(":")[1]) * 1e6
    return 0.0
