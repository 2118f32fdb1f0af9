#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes seeds for parser_fuzz, from the protocol's vectors: make_parser_corpus.py FOLDER

A seed begins with two bytes: where the target begins, and a next header (parser_fuzz.cpp).
"""
import hashlib
import json
import pathlib
import sys

FRAME, TUNNEL, CLEAR, OPTIONS, CHAIN, NEIGHBOR = range(6)
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


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    source = pathlib.Path(__file__).parent.parent / "vectors" / "packets.json"
    seeds = set(neighbor_seeds())
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
