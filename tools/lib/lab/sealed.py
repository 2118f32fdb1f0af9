# SPDX-License-Identifier: BSD-3-Clause
"""The numbers that packets were sealed with, out of captures of millions of them."""

import collections
import struct

from .capture import (ENCRYPTION_OPTION, NEXT_HEADER_OPTIONS, NEXT_HEADER_UDP, PCAP_HEADER,
                      PCAP_RECORD)

NEEDED = 78  # bytes of a frame: all headers and N
# Packets that wait for a next hop leave after later ones, and the order of a burst is free.
OUT_OF_ORDER = 64
ALGORITHM = {"aes-256-cbc": 1, "aes-256-gcm": 2}


def numbers_used(path, cipher):
    """{what a number may be used with once: its numbers, as they appeared} of a pcap file.

    aes-256-gcm: a direction's key, known by the sender's MAC, and the nonce's N. aes-256-cbc: a
    direction's key and salt, known by the pair of outer addresses that only these give, and the
    option's 24 bits (docs/protocol.md, 6).
    """
    used = collections.defaultdict(list)
    algorithm = ALGORITHM[cipher]
    data = path.read_bytes()
    at = PCAP_HEADER
    while at + PCAP_RECORD <= len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        at += PCAP_RECORD
        # IPv6, then destination options with an encryption option, then UDP.
        if (length >= NEEDED and data[at + 12:at + 14] == b"\x86\xdd"
                and data[at + 20] == NEXT_HEADER_OPTIONS and data[at + 54] == NEXT_HEADER_UDP
                and data[at + 56] == ENCRYPTION_OPTION and data[at + 58] >> 4 == algorithm):
            if cipher == "aes-256-gcm":
                used[data[at + 6:at + 12]].append(struct.unpack_from("!Q", data, at + 70)[0])
            else:
                used[data[at + 22:at + 54]].append(int.from_bytes(data[at + 59:at + 62], "big"))
        at += length
    return used


def repeats(used):
    """One sentence for each number that was used again."""
    return [f"with {key.hex()}, number {number} {count} times" for key, numbers in used.items()
            if len(set(numbers)) != len(numbers)
            for number, count in collections.Counter(numbers).items() if count > 1]


def steps_back(used, cipher):
    """One sentence for each number that is well behind one used before. Numbers grow by one a packet,
    over kills too, where what is on the disk is heeded: were they begun anew, few would happen to
    be the same, and this shows it. Those of aes-256-cbc begin anywhere in their 24 bits."""
    found = []
    for key, numbers in used.items():
        begin = numbers[0] if cipher == "aes-256-cbc" else 0
        highest = -1
        for number in numbers:
            grown = (number - begin) % (1 << 24) if cipher == "aes-256-cbc" else number
            if grown + OUT_OF_ORDER < highest:
                found.append(f"with {key.hex()}, number {number} ({grown}) after {highest}")
            highest = max(highest, grown)
    return found
