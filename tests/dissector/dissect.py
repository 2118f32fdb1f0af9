# SPDX-License-Identifier: BSD-3-Clause
"""Packets into a capture file, through tshark with tools/mt6d.lua, and out as fields."""

import json
import os
import pathlib
import struct
import subprocess

from scapy.layers.inet import UDP
from scapy.layers.inet6 import HBHOptUnknown, IPv6, IPv6ExtHdrDestOpt
from scapy.packet import Raw

TOP = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = TOP / "tools" / "mt6d.lua"
BASE_PORT = 19766
SOURCE_PORT = 0xC123
KEY_OPTION, ENCRYPTION_OPTION = 0xCC, 0xDB
CONTROL = bytes.fromhex("6000000000003b00")  # docs/protocol.md, 6
ALICE, BOB = "2001:db8:1::a", "2001:db8:2::b"
LINKTYPE_RAW = 101  # IPv6 without Ethernet


def vectors(name):
    return json.loads((TOP / "tests" / "vectors" / f"{name}.json").read_text())["vectors"]


def tunnel(payload, options=(), key_state=0, source=ALICE, destination=BOB, source_port=SOURCE_PORT,
           base_port=BASE_PORT):
    """A tunnel packet's bytes; options are (type, data)."""
    packet = IPv6(src=source, dst=destination, hlim=64)
    if options:
        packet /= IPv6ExtHdrDestOpt(options=[HBHOptUnknown(otype=kind, optdata=data, optlen=len(data))
                                             for kind, data in options])
    return bytes(packet / UDP(sport=source_port, dport=base_port + key_state) / Raw(payload))


def key_line(vector, name, **options):
    """A line of the key file for a vector with sender and receiver."""
    hosts = [vector["sender"]["address"], vector["sender"]["mac"],
             vector["receiver"]["address"], vector["receiver"]["mac"]]
    more = [f"{option}={value}" for option, value in options.items()]
    return " ".join([*hosts, vector["session_key"], f"name={name}", "rotation=1s", *more])


class Tshark:
    """Runs in a directory of its own, with nobody's preferences."""

    def __init__(self, directory):
        self.directory = directory
        self.key_file = directory / "streams.keys"
        self.preferences = []
        self.load = ["-X", f"lua_script:{SCRIPT}"]

    def write_keys(self, lines):
        self.key_file.write_text("\n".join(lines) + "\n")
        self.preferences = ["-o", f"mt6d.key_file:{self.key_file}"]

    def _run(self, packets, *arguments):
        """packets: (Unix seconds, bytes, bytes on the wire if the capture cut some off)."""
        path = self.directory / "packets.pcap"
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, LINKTYPE_RAW))
            for time, data, *wire in packets:
                file.write(struct.pack("<IIII", time, 0, len(data), *wire or [len(data)]) + data)
        environment = dict(os.environ, HOME=str(self.directory), XDG_CONFIG_HOME=str(self.directory))
        done = subprocess.run(
            ["tshark", "-n", *self.load, *self.preferences, "-r", path, *arguments],
            capture_output=True, text=True, timeout=240, check=True, env=environment)
        assert "lua" not in done.stderr.lower(), done.stderr
        errors = [line for line in done.stdout.splitlines() if "Lua Error" in line]
        assert errors == []
        return done.stdout

    def text(self, packets):
        """What a reader sees: every line of every packet."""
        return self._run(packets, "-V")

    def fields(self, packets, *names):
        """A dict a packet; of a field that is there several times, the values with commas."""
        arguments = [word for name in names for word in ("-e", name)]
        out = self._run(packets, "-T", "fields", "-E", "separator=|", *arguments)
        return [dict(zip(names, line.split("|"))) for line in out.splitlines()]

    def summary(self, packets):
        return self._run(packets).splitlines()
