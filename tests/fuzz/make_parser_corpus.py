#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes seeds for parser_fuzz, from the protocol's vectors: make_parser_corpus.py FOLDER

A seed begins with two bytes: where the target begins, and a next header (parser_fuzz.cpp).
"""
import hashlib
import json
import pathlib
import sys

FRAME, TUNNEL, CLEAR, OPTIONS, CHAIN, NEIGHBOR, ROUTER_SAYS, LISTENER = range(8)
ETHERNET = bytes.fromhex("0200000001020200000000fe86dd")
ROUTER = bytes.fromhex("fe800000000000000000000000000001")
TARGET = bytes.fromhex("20010db8000b00000000000000000b0b")


def seeds_of_packet(packet):
    next_header, payload = packet[6], packet[40:]
    yield FRAME, 0, ETHERNET + packet
    yield CHAIN, next_header, payload
    yield TUNNEL, next_header, payload


def seeds_of_vector(vector):
    for part in ("inner", "outer"):
        yield from seeds_of_packet(bytes.fromhex(vector[part]))
    inner = bytes.fromhex(vector["inner"])
    yield CLEAR, 0, inner[:8] + inner[40:]
    outer = bytes.fromhex(vector["outer"])
    if outer[6] == 60:
        yield OPTIONS, 0, outer[42:40 + 8 * (outer[41] + 1)]


def neighbor_seeds():
    for kind, option in ((135, 1), (136, 2)):
        icmp = bytes([kind, 0, 0, 0, 0, 0, 0, 0]) + TARGET + bytes([option, 1]) + ETHERNET[:6]
        header = bytes.fromhex("60000000") + len(icmp).to_bytes(2, "big") + bytes([58, 255])
        packet = header + ROUTER + TARGET + icmp
        yield NEIGHBOR, 0, packet
        yield FRAME, 0, ETHERNET + packet


def router_seeds():
    fixed = bytes([134, 0, 0, 0, 64, 0x48, 7, 8]) + bytes(8)
    link_layer = bytes([1, 1]) + ETHERNET[:6]
    mtu = bytes.fromhex("05010000000005c8")
    prefix = bytes.fromhex("030440c000000e100000070800000000") + TARGET
    for options in (b"", link_layer + mtu + prefix, 3 * prefix + bytes([25, 1]) + bytes(6)):
        icmp = fixed + options
        header = bytes.fromhex("60000000") + len(icmp).to_bytes(2, "big") + bytes([58, 255])
        packet = header + ROUTER + TARGET + icmp
        yield ROUTER_SAYS, 0, packet
        yield FRAME, 0, ETHERNET + packet


def listener_seeds():
    group = bytes.fromhex("ff0200000000000000000001ff000b0b")
    for about in (bytes(16), group):
        version_1 = bytes.fromhex("8200000027100000") + about
        version_2 = version_1 + bytes.fromhex("027d0000")
        sources = version_1 + bytes.fromhex("027d0002") + TARGET + ROUTER
        for icmp in (version_1, version_2, sources):
            payload = bytes.fromhex("3a00050200000100") + icmp
            header = bytes.fromhex("60000000") + len(payload).to_bytes(2, "big") + bytes([0, 1])
            packet = header + ROUTER + group + payload
            yield LISTENER, 0, packet
            yield FRAME, 0, ETHERNET + packet


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    source = pathlib.Path(__file__).parent.parent / "vectors" / "packets.json"
    seeds = {*neighbor_seeds(), *router_seeds(), *listener_seeds()}
    shapes = set()
    for vector in json.loads(source.read_text())["vectors"]:
        shape = (vector["inner_kind"], vector["cipher"])
        if shape not in shapes:  # one of each
            shapes.add(shape)
            seeds.update(seeds_of_vector(vector))
    for start, next_header, data in sorted(seeds):
        seed = bytes([start, next_header]) + data
        if len(seed) <= 256:
            (folder / hashlib.sha1(seed).hexdigest()[:16]).write_bytes(seed)


if __name__ == "__main__":
    main()
