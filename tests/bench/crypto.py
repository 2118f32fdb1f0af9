# SPDX-License-Identifier: BSD-3-Clause
"""tools/bench crypto: what one worker seals and opens, beside openssl speed and crypto-perf.

SIZE is the number of bytes that are sealed of each packet: an inner IPv6 packet of SIZE + 32 bytes
without its two addresses (docs/protocol.md, 6). openssl and dpdk-test-crypto-perf work on pieces of
just that size, and Gb/s are of those bytes alone. imix: 7 packets of 64, 4 of 576, 1 of 1440 bytes.

sealing    net_pcap looping over one capture of 64 streams (infinite_rx=1), net_null, as in
           tools/bench forward. All of the gateway, on one core.
opening    a run of a million packets and more, sealed by the gateway before and all different, is
           received from net_pcap, each once; net_null. libpcap's part of that is replaced
           (pcap_from_memory.cpp), and still, a loop's few packets stay in the cache while a run of
           gigabytes comes from memory: `sealing once` has as many clear packets received in
           the same way, and `receiving` is dpdk-testpmd that drops what it so receives. Opening is
           compared with sealing once, as it is and with the receiving taken off both.

Everything takes turns; medians count. What is compared with openssl is sealing with encryption.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import re
import shlex
import shutil
import statistics
import sys
import tempfile

from bench import gateway, rivals, traffic
from bench.gateway import Failure

CIPHERS = ("aes-256-cbc", "aes-256-gcm")
MTU = 1600  # room for 1440 sealed bytes, whatever the cipher adds
ROTATION = 86400  # seconds: what was sealed stays live until it is opened
RUN_PACKETS = 1_000_000
RUN_BYTES = 1 << 28  # of small packets there are more, to be read for long enough
IMIX = (64, 576, 64, 64, 576, 64, 1440, 64, 576, 64, 576, 64)  # 7 : 4 : 1
HEADERS_LEFT_OUT = 32 + traffic.ETHERNET  # of a host's frame: two addresses, Ethernet
TARGETS = {"aes-256-cbc": 4.5, "aes-256-gcm": 2.5}  # sealing over openssl at 1440 bytes
OPENING_TARGET = 0.9  # of sealing, likewise


@dataclasses.dataclass(frozen=True)
class Mix:
    """Packet sizes in the order in which each stream sends them."""
    name: str
    sizes: tuple[int, ...]

    @property
    def mean(self) -> float:
        return statistics.mean(self.sizes)

    def frames(self) -> list[bytes]:
        return [traffic.udp_frame(stream, size + HEADERS_LEFT_OUT)
                for size in self.sizes for stream in range(gateway.STREAMS)]

    def rate(self, of_size) -> float:
        """Bytes a second over the mix, of what a function says for one size."""
        each = {size: of_size(size) for size in set(self.sizes)}
        return sum(self.sizes) / sum(size / each[size] for size in self.sizes)


def mix(text: str) -> Mix:
    if text == "imix":
        return Mix(text, IMIX)
    if not 32 <= int(text) <= 1440 or int(text) % 16:
        raise ValueError
    return Mix(text, (int(text),))


def mixes(text: str) -> list[Mix]:
    try:
        return [mix(one) for one in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{text}': sizes are multiples of 16, 32 to 1440, or imix") from None


class Case:
    """One cipher and mix: its captures and gateways. Large files; remove() them."""

    def __init__(self, options, folder: pathlib.Path, cipher: str, packets: Mix) -> None:
        self.options, self.cipher, self.mix = options, cipher, packets
        self.folder = folder / f"{cipher}-{packets.name}"
        self.folder.mkdir()
        self.clear = self.folder / "clear.pcap"
        self.sealed = self.folder / "sealed.pcap"
        self.looped = self.folder / "looped.pcap"
        frames = packets.frames()
        count = max(RUN_PACKETS, int(RUN_BYTES / packets.mean))
        self.count = -(-count // len(frames)) * len(frames)
        traffic.write_both_streams(self.folder, gateway.STREAMS)
        traffic.write_capture(self.looped, frames)
        traffic.write_capture(self.clear, frames, self.count // len(frames))
        library = (options.build / "tests" / "bench" / "libpcap_from_memory.so").resolve()
        if not library.exists():
            raise Failure(f"{library} is missing: install libpcap-dev and build again")
        self.once = dict(os.environ, LD_PRELOAD=str(library))
        _, messages = self._carry_once(
            "recorder", "internal",
            self._near("recorder", f"net_pcap0,rx_pcap={self.clear}",
                       f"net_pcap1,tx_pcap={self.sealed}"), dict(os.environ))
        self.back_end = back_end(messages)

    def remove(self) -> None:
        shutil.rmtree(self.folder)

    def _configure(self, name: str, **more) -> list[str]:
        path = self.folder / f"bench-{name}.yaml"
        # A gateway that has seen these packets before would refuse them all.
        shutil.rmtree(path.with_suffix(".state"), ignore_errors=True)
        gateway.write_configuration(path, self.options, cipher=self.cipher, mtu=MTU,
                                    rotation=ROTATION, crypto=self.options.crypto, **more)
        return gateway.command(self.options, path)

    def _near(self, name: str, internal: str, external: str) -> list[str]:
        return self._configure(name, internal=internal, external=external, streams="near.streams")

    def _carry_once(self, name: str, side: str, command: list[str],
                    environment: dict[str, str]) -> tuple[float, str]:
        """Packets a second of the time in which the worker had some."""
        events, messages = gateway.run_until_still(command, side, environment)
        ready, end = events[0], events[-1]
        carried = sum(stream["encapsulated_packets"] + stream["decapsulated_packets"]
                      for stream in end["streams"])
        # Neighbour discovery is in the recording, and is not for who reads it.
        dropped = {reason: count for reason, count in end["drops"].items()
                   if not reason.startswith("discovery_")}
        if carried != self.count or dropped:
            raise Failure(f"{name}: {carried} of {self.count} packets passed; dropped: {dropped}\n"
                          f"{messages}")
        received = end["ports"][side]["rx_packets"] - ready["ports"][side]["rx_packets"]
        busy = end["workers"][0]["busy"] * (end["time"] - ready["time"])
        return received / busy, messages

    def sealing(self) -> float:
        return gateway.measure(self._near("sealing", gateway.looped(self.looped), gateway.sink()),
                               self.options.seconds)

    def sealing_once(self) -> float:
        command = self._near("sealing-once", f"net_pcap0,rx_pcap={self.clear}", gateway.sink())
        return self._carry_once("sealing once", "internal", command, self.once)[0]

    def opening_once(self) -> float:
        command = self._configure("opening", internal=gateway.sink(0),
                                  external=f"net_pcap1,rx_pcap={self.sealed}",
                                  external_mac=traffic.ROUTER_MAC, streams="far.streams")
        return self._carry_once("opening once", "external", command, self.once)[0]

    def receiving(self) -> float:
        """By testpmd, which does nothing with the packets."""
        cores = self.options.cores
        memory = (["--no-huge", "-m", str(gateway.MEMORY_MIB)] if self.options.hugepages == "off"
                  else ["--in-memory"])
        command = ["dpdk-testpmd", "--lcores", f"0@{cores[0]},1@{cores[1]}", *memory, "--no-pci",
                   "--no-telemetry", f"--file-prefix=bench-testpmd-{os.getpid()}",
                   f"--vdev=net_pcap0,rx_pcap={self.sealed}", "--", "--forward-mode=rxonly",
                   f"--burst={gateway.BURST}", f"--mbuf-size={gateway.MBUF_SIZE}",
                   "--total-num-mbufs=16384", "--record-core-cycles", "--no-flush-rx",
                   "--stats-period=1"]
        output, messages = gateway.run_for(command, 4 + self.count * self.mix.mean / 1e9,
                                           self.once)
        found = re.search(r"CPU cycles/packet=([\d.]+) .*packets=(\d+)\) at (\d+) MHz", output)
        if not found or int(found[2]) < self.count:
            raise Failure(f"{shlex.join(command)}\n{output}{messages}")
        return int(found[3]) * 1e6 / float(found[1])

    def turn(self) -> dict[str, float]:
        """Bytes a second of each; the gateway's and testpmd's are of sealed bytes too."""
        cores, cipher, mean = self.options.cores, self.cipher, self.mix.mean
        rates = {"sealing": self.sealing() * mean}
        for operation in ("encrypt", "decrypt"):
            rates[f"openssl {operation}"] = self.mix.rate(
                lambda size, operation=operation: rivals.openssl(cores[1], cipher, size, operation))
            rates[f"crypto-perf {operation}"] = self.mix.rate(
                lambda size, operation=operation: rivals.crypto_perf(cores, cipher, size, operation))
        rates["sealing once"] = self.sealing_once() * mean
        rates["opening once"] = self.opening_once() * mean
        rates["receiving"] = self.receiving() * mean
        return rates


def back_end(messages: str) -> str:
    lines = [line for line in messages.splitlines() if "crypto:" in line]
    return lines[0].partition("crypto:")[2].strip() if lines else "not said"


def without(rate: float, receiving: float) -> float:
    """What is left of a rate when the time for receiving is taken off."""
    return 1 / (1 / rate - 1 / receiving)


def measure(options, folder: pathlib.Path, cipher: str, packets: Mix) -> dict:
    case = Case(options, folder, cipher, packets)
    try:
        turns = [case.turn() for _ in range(options.turns)]
    finally:
        case.remove()
    rates = {name: statistics.median(turn[name] for turn in turns) for name in turns[0]}
    receiving = rates["receiving"]
    return {
        "cipher": cipher, "size": packets.name, "mean": packets.mean, "packets_once": case.count,
        "back_end": case.back_end, "turns": turns, "bytes_per_second": rates,
        "sealing_over_openssl": rates["sealing"] / rates["openssl encrypt"],
        "opening_over_sealing": rates["opening once"] / rates["sealing once"],
        "opening_over_sealing_without_receiving":
            without(rates["opening once"], receiving) / without(rates["sealing once"], receiving),
        "openssl": [shlex.join(rivals.openssl_command(options.cores[1], cipher, size, "encrypt"))
                    for size in sorted(set(packets.sizes))],
        "crypto_perf": shlex.join(rivals.crypto_perf_command(
            options.cores, cipher, packets.sizes[0], "encrypt")),
    }


def print_text(result: dict) -> None:
    rates, mean, hz = result["bytes_per_second"], result["mean"], gateway.tsc_hz()
    print(f"\n{result['cipher']}, {result['size']} bytes sealed of each packet, "
          f"{gateway.STREAMS} streams, one worker")
    print(f"  back end: {result['back_end']}")
    print(f"  {'':20}{'Gb/s':>8}{'Mpps':>8}{'cycles/packet':>15}{'/ openssl':>11}   Gb/s, each turn")
    for name, rate in rates.items():
        each = " ".join(f"{turn[name] * 8 / 1e9:.2f}" for turn in result["turns"])
        opens = name in ("opening once", "crypto-perf decrypt")
        compared = rates["openssl decrypt" if opens else "openssl encrypt"]
        ratio = "" if name == "receiving" or name.startswith("openssl") else f"{rate / compared:.2f}"
        print(f"  {name:20}{rate * 8 / 1e9:8.2f}{rate / mean / 1e6:8.2f}{hz * mean / rate:15.0f}"
              f"{ratio:>11}   {each}")
    wanted = result["size"] == "1440"
    print(f"  sealing / openssl encrypt: {result['sealing_over_openssl']:.2f}"
          + (f" (wanted: {TARGETS[result['cipher']]})" if wanted else ""))
    print(f"  opening / sealing, both of {result['packets_once']} packets received once: "
          f"{result['opening_over_sealing']:.2f}; without the receiving: "
          f"{result['opening_over_sealing_without_receiving']:.2f}"
          + (f" (wanted: {OPENING_TARGET})" if wanted else ""))
    for line in [*result["openssl"], result["crypto_perf"]]:
        print(f"  {line}")


def main(root: pathlib.Path) -> int:
    parser = argparse.ArgumentParser(prog="tools/bench crypto", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    gateway.add_options(parser, root)
    parser.add_argument("--cipher", choices=CIPHERS, action="append", help="default: both")
    parser.add_argument("--sizes", type=mixes, default=mixes("64,512,1440,imix"),
                        metavar="BYTES|imix,…")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3, help="of sealing, in each turn")
    parser.add_argument("--crypto", default="auto",
                        choices=["auto", "multi-buffer", "cryptodev", "openssl"],
                        help="the gateway's back end (default: auto; cryptodev: crypto_openssl)")
    parser.add_argument("--folder", default="/dev/shm" if os.path.isdir("/dev/shm") else None,
                        help="for files of up to 4 GB, in memory (default: /dev/shm)")
    options = parser.parse_args()
    results = []
    if not options.json:
        print(rivals.cpu())
    with tempfile.TemporaryDirectory(prefix="mt6d-bench-", dir=options.folder) as name:
        for cipher in options.cipher or CIPHERS:
            for packets in options.sizes:
                try:
                    results.append(measure(options, pathlib.Path(name), cipher, packets))
                except Failure as failure:
                    print(failure, file=sys.stderr)
                    return 1
                if not options.json:
                    print_text(results[-1])
    if options.json:
        print(json.dumps({"bench": "crypto", "cpu": rivals.cpu(), "results": results}, indent=1))
    return 0
