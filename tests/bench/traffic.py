# SPDX-License-Identifier: BSD-3-Clause
"""Streams and packets of a benchmark: the streams file, and captures that net_pcap loops over."""
import ipaddress
import pathlib
import struct

GATEWAY_MAC = bytes.fromhex("020000000001")
HOST_MAC = bytes.fromhex("02000000000a")
REMOTE_MAC = bytes.fromhex("02000000000b")
ROUTER_MAC = bytes.fromhex("0200000000fe")
ROUTER = "fe80::1"

ETHERNET, IPV6, UDP = 14, 40, 8
PROTOCOL_UDP = 17
NEXT_HEADER = ETHERNET + 6  # its place in a frame


def mac_text(mac: bytes) -> str:
    return mac.hex(":")


def pair(stream: int) -> tuple[ipaddress.IPv6Address, ipaddress.IPv6Address]:
    """True addresses of a stream: each its own pair of hosts."""
    return (ipaddress.IPv6Address("2001:db8:a::1") + stream,
            ipaddress.IPv6Address("2001:db8:b::1") + stream)


def write_streams(path: pathlib.Path, count: int, mirrored: bool = False, keys_from: int = 0,
                  options: str = "") -> None:
    """`mirrored`: as the other gateway has them. `keys_from`: other numbers make other keys.
    `options`: at the end of each line."""
    lines = []
    for stream in range(count):
        local, remote = pair(stream)
        ends = [f"{local} {mac_text(HOST_MAC)}", f"{remote} {mac_text(REMOTE_MAC)}"]
        key = f"{keys_from + stream:08x}" * 16
        lines.append(" ".join([*(ends[::-1] if mirrored else ends), key, options]) + "\n")
    path.touch(mode=0o600)
    path.write_text("".join(lines))


def write_both_streams(folder: pathlib.Path, count: int) -> None:
    """near.streams, and far.streams for the other gateway."""
    write_streams(folder / "near.streams", count)
    write_streams(folder / "far.streams", count, mirrored=True)


def checksum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def source_port(stream: int) -> int:
    return 4000 + stream % 60000


def udp_frame(stream: int, length: int) -> bytes:
    """A host's Ethernet frame of `length` bytes (no FCS), its UDP checksum right."""
    local, remote = pair(stream)
    udp_length = length - ETHERNET - IPV6
    data = bytes(udp_length - UDP)
    pseudo = local.packed + remote.packed + struct.pack("!II", udp_length, PROTOCOL_UDP)
    udp = struct.pack("!HHH", source_port(stream), 5000, udp_length)
    udp += struct.pack("!H", checksum(pseudo + udp + b"\0\0" + data) or 0xFFFF) + data
    ipv6 = struct.pack("!IHBB", 6 << 28, udp_length, PROTOCOL_UDP, 64)
    return (GATEWAY_MAC + HOST_MAC + b"\x86\xdd" + ipv6 + local.packed + remote.packed + udp)


def write_capture(path: pathlib.Path, frames: list[bytes], rounds: int = 1) -> None:
    data = b"".join(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame for frame in frames)
    with path.open("wb") as capture:
        capture.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for _ in range(rounds):
            capture.write(data)


def read_capture(path: pathlib.Path) -> list[bytes]:
    """The frames of a capture in this machine's byte order."""
    data, frames, at = path.read_bytes(), [], 24
    while at < len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        frames.append(data[at + 16:at + 16 + length])
        at += 16 + length
    return frames
