# SPDX-License-Identifier: BSD-3-Clause
"""tools/bench exchange: what a flood of key exchange messages costs the traffic beside it.

64 streams of cipher none, whose messages nothing but their MAC protects, and x25519. What a first
gateway sends, data and real offers, is recorded; a second one, its peer, receives it over and over
(net_pcap, infinite_rx=1), with so many messages among the data that about 100,000 come a second:

without     the packets that carried the messages, without them: empty control packets
replayed    the recorded offers
bent        the same with one bit of their MACs turned
wrong key   the same with MACs of another key
stranger    offers on the routes of another session key, which are not this gateway's

Goodput is what leaves the tunnel in a second of a worker that never rests. All take turns; the
ratio to `without` of each turn is what counts, and their median is the result.
"""
import argparse
import json
import pathlib
import random
import shutil
import statistics
import struct
import sys
import tempfile

from bench import gateway, traffic
from bench.gateway import Failure

ROTATION = 3600  # seconds: what was recorded stays live until all is measured
MESSAGES_A_SECOND = 100_000
DATA = 512  # bytes of a host's frame
RECORDED_WITHIN = 5  # seconds: 64 offers, 100 a second at the most

UNIT = 8  # bytes, of extension headers' lengths
NEXT_HEADER = traffic.ETHERNET + 6
PAYLOAD_LENGTH = traffic.ETHERNET + 4
OPTIONS = traffic.ETHERNET + traffic.IPV6
DESTINATION_OPTIONS, KEY_OPTION = 60, 0xCC
MAC = 16  # bytes, at a message's end


class Recording:
    """What one gateway sends: data packets, and packets that carry a message."""

    def __init__(self, packets: list[bytes]) -> None:
        tunnelled = [one for one in packets if one[12:14] == b"\x86\xdd"]
        self.offers = [one for one in tunnelled if one[NEXT_HEADER] == DESTINATION_OPTIONS
                       and one[OPTIONS + 2] == KEY_OPTION]
        # The first so many bytes are what DATA becomes in the tunnel; nothing else is so long.
        self.data = [one for one in tunnelled
                     if one[NEXT_HEADER] == traffic.PROTOCOL_UDP and len(one) >= DATA]


def read_capture(path: pathlib.Path) -> list[bytes]:
    data, at, packets = path.read_bytes(), 24, []
    while at + 16 <= len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        packets.append(data[at + 16:at + 16 + length])
        at += 16 + length
    return packets


def message_end(packet: bytes) -> int:
    return OPTIONS + 4 + packet[OPTIONS + 3]


def without_message(packet: bytes) -> bytes:
    """The UDP checksum does not cover the options."""
    length = (packet[OPTIONS + 1] + 1) * UNIT
    frame = bytearray(packet[:OPTIONS] + packet[OPTIONS + length:])
    frame[NEXT_HEADER] = packet[OPTIONS]
    struct.pack_into("!H", frame, PAYLOAD_LENGTH, len(frame) - OPTIONS)
    return bytes(frame)


def with_mac(packet: bytes, mac: bytes) -> bytes:
    end = message_end(packet)
    return packet[:end - MAC] + mac + packet[end:]


def bent(packet: bytes) -> bytes:
    end = message_end(packet)
    return with_mac(packet, bytes([packet[end - MAC] ^ 1]) + packet[end - MAC + 1:end])


class Bench:
    def __init__(self, options, folder: pathlib.Path) -> None:
        self.options, self.folder = options, folder
        traffic.write_streams(folder / "near.streams", gateway.STREAMS)
        traffic.write_streams(folder / "far.streams", gateway.STREAMS, mirrored=True)
        traffic.write_streams(folder / "stranger.streams", gateway.STREAMS, keys_from=0x8000)
        self.sent = self._record("near.streams")
        strangers = self._record("stranger.streams").offers
        noise = random.Random(1)
        offers = self.sent.offers
        self.variants = {
            "without": [without_message(one) for one in offers],
            "replayed": offers,
            "bent": [bent(one) for one in offers],
            "wrong key": [with_mac(one, noise.randbytes(MAC)) for one in offers],
            "stranger": strangers,
        }

    def _configure(self, name: str, streams: str, **devices) -> list[str]:
        path = self.folder / f"bench-{name}.yaml"
        shutil.rmtree(path.with_suffix(".state"), ignore_errors=True)
        gateway.write_configuration(path, self.options, streams=streams, rotation=ROTATION,
                                    rekey="{method: x25519}", **devices)
        return gateway.command(self.options, path)

    def _record(self, streams: str) -> Recording:
        """Offers are made within a second or two of the first data."""
        clear, sealed = self.folder / "clear.pcap", self.folder / "sealed.pcap"
        traffic.write_capture(clear, [traffic.udp_frame(stream, DATA)
                                      for stream in range(gateway.STREAMS)])
        command = self._configure("recorder", streams, internal=f"net_pcap0,rx_pcap={clear}",
                                  external=f"net_pcap1,tx_pcap={sealed}")
        output, messages = gateway.run_for(command, RECORDED_WITHIN)
        recording = Recording(read_capture(sealed))
        if len(recording.data) < gateway.STREAMS or len(recording.offers) < gateway.STREAMS:
            raise Failure(f"{len(recording.data)} data packets and {len(recording.offers)} offers "
                          f"were recorded of {gateway.STREAMS} each\n{output}{messages}")
        recording.data = recording.data[:gateway.STREAMS]
        recording.offers = recording.offers[:gateway.STREAMS]
        return recording

    def run(self, variant: list[bytes], data_a_message: int) -> dict:
        capture = self.folder / "flood.pcap"
        frames = []
        for i, message in enumerate(variant):
            frames += [self.sent.data[(i + j) % len(self.sent.data)] for j in range(data_a_message)]
            frames.append(message)
        traffic.write_capture(capture, frames)
        command = self._configure("flooded", "far.streams", internal=gateway.sink(0),
                                  external=gateway.looped(capture, 1),
                                  external_mac=traffic.ROUTER_MAC)
        first, last = gateway.first_and_last(command, self.options.seconds)
        received = gateway.rate(first, last, "external", "rx_packets")
        goodput = gateway.rate(first, last, "internal", "tx_packets")
        counted = {**last["drops"], **last["consumed"]}
        return {"goodput": goodput, "messages": received - goodput,
                "counted": {reason: count for reason, count in counted.items()
                            if not reason.startswith("discovery_")}}


def measure(options, folder: pathlib.Path) -> dict:
    bench = Bench(options, folder)
    # As many data packets to a message as make the rate that is wanted.
    alone = bench.run(bench.variants["without"], data_a_message=50)
    data_a_message = round(alone["goodput"] / MESSAGES_A_SECOND)
    turns = [{name: bench.run(variant, data_a_message) for name, variant in bench.variants.items()}
             for _ in range(options.turns)]
    ratios = {name: [turn[name]["goodput"] / turn["without"]["goodput"] for turn in turns]
              for name in bench.variants}
    return {"bench": "exchange", "data_a_message": data_a_message, "turns": turns,
            "ratios": ratios,
            "ratio": {name: statistics.median(each) for name, each in ratios.items()}}


def print_text(result: dict) -> None:
    print(f"{gateway.STREAMS} streams, cipher none, x25519; {DATA}-byte frames, one worker, "
          f"{result['data_a_message']} data packets to a message")
    print(f"  {'':10}{'messages/s':>12}{'goodput, Mpps':>15}{'/ without':>11}   each turn")
    for name, ratio in result["ratio"].items():
        turns = [turn[name] for turn in result["turns"]]
        messages = statistics.median(turn["messages"] for turn in turns)
        goodput = statistics.median(turn["goodput"] for turn in turns)
        each = " ".join(f"{one:.3f}" for one in result["ratios"][name])
        print(f"  {name:10}{messages:12.0f}{goodput / 1e6:15.2f}{ratio:11.3f}   {each}")
    for name, run in result["turns"][-1].items():
        counted = ", ".join(f"{reason} {count}" for reason, count in run["counted"].items())
        print(f"  {name}: {counted}")


def main(root: pathlib.Path) -> int:
    parser = argparse.ArgumentParser(prog="tools/bench exchange", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    gateway.add_options(parser, root)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="of each run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mt6d-bench-") as name:
        try:
            result = measure(options, pathlib.Path(name))
        except Failure as failure:
            print(failure, file=sys.stderr)
            return 1
    if options.json:
        print(json.dumps(result, indent=1))
    else:
        print_text(result)
    return 0
