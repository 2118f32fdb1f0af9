# SPDX-License-Identifier: BSD-3-Clause
"""A capture on the wire between the gateways, and the search for what must not be in it."""

import ipaddress
import itertools
import re
import signal
import struct
import time

from .process import LabError, wait_for

SNAP_LENGTH = 160  # all headers, outer and inner, and neighbour discovery messages whole
SETTLES_WITHIN = 5  # seconds
TUNNEL_PORTS = range(19766, 19770)  # docs/protocol.md, 9: the base port and three key states
NEXT_HEADER_UDP = 17
NEXT_HEADER_FRAGMENT = 44
NEXT_HEADER_ICMPV6 = 58
NEXT_HEADER_OPTIONS = 60
ENCRYPTION_OPTION = 0xDB  # docs/protocol.md, 6


class Capture:
    """tcpdump on a device. On the wire, one port of the bridge sees each frame once."""

    numbers = itertools.count()

    def __init__(self, machine, device, snap_length=SNAP_LENGTH):
        name = f"tcpdump-{next(self.numbers)}"
        self.path = machine.directory / f"{machine.role}-{device}-{name}.pcap"
        self.process = machine.start(name, "tcpdump", "-i", device, "-s", snap_length, "-U",
                                     "--immediate-mode", "-B", 65536, "-Z", "root", "-w", self.path)
        wait_for("tcpdump listening", 10, lambda: "listening on" in self.process.tail())

    def stop(self):
        """Returns the frames; LabError if the kernel could not deliver all of them."""
        self.finish()
        return read_frames(self.path)[0]

    def finish(self):
        """As stop(), for who reads the file itself."""
        size, end = -1, time.monotonic() + SETTLES_WITHIN
        # What passed last is delivered a little later; some links are never silent.
        while size != self.path.stat().st_size and time.monotonic() < end:
            size = self.path.stat().st_size
            time.sleep(0.5)
        self.process.end(signal.SIGINT)
        dropped = re.search(r"(\d+) packets dropped by kernel", self.process.tail())
        if not dropped or int(dropped[1]):
            raise LabError(f"the capture is incomplete:\n{self.process.tail()}")


PCAP_HEADER = 24
PCAP_RECORD = 16


def read_frames(path, offset=0):
    """Frames of a pcap file from offset on, and the offset to go on from when it has grown."""
    with open(path, "rb") as file:
        if file.read(4) != b"\xd4\xc3\xb2\xa1":
            return [], 0  # nothing written yet
        file.seek(offset or PCAP_HEADER)
        data = file.read()
    frames, at = [], 0
    while at + PCAP_RECORD <= len(data):
        end = at + PCAP_RECORD + struct.unpack_from("<I", data, at + 8)[0]
        if end > len(data):
            break  # still being written
        frames.append(data[at + PCAP_RECORD:end])
        at = end
    return frames, (offset or PCAP_HEADER) + at


def write_frames(path, frames):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for frame in frames:
            file.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)


def is_ipv6(frame):
    return len(frame) >= 54 and frame[12:14] == b"\x86\xdd"


def is_tunnel(frame):
    """UDP to a tunnel's port, with or without destination options before it."""
    if not is_ipv6(frame):
        return False
    at, next_header = 54, frame[20]
    if next_header == NEXT_HEADER_OPTIONS and len(frame) >= at + 8:
        next_header, at = frame[at], at + 8 + 8 * frame[at + 1]
    return (next_header == NEXT_HEADER_UDP and len(frame) >= at + 8
            and struct.unpack_from("!H", frame, at + 2)[0] in TUNNEL_PORTS)


def cipher_of(frame):
    """Of a tunnel packet, as its encryption option says (docs/protocol.md, 6)."""
    if frame[20] != NEXT_HEADER_OPTIONS or frame[56] != ENCRYPTION_OPTION:
        return "none"
    return {1: "aes-256-cbc", 2: "aes-256-gcm"}.get(frame[58] >> 4, "unknown")


def addresses(frame):
    """(source, destination) of an IPv6 frame, as text."""
    return (str(ipaddress.IPv6Address(frame[22:38])), str(ipaddress.IPv6Address(frame[38:54])))


def discovery_target(frame):
    """The target address of a neighbour solicitation or advertisement, else None."""
    if is_ipv6(frame) and frame[20] == NEXT_HEADER_ICMPV6 and len(frame) >= 78 \
            and frame[54] in (135, 136):
        return str(ipaddress.IPv6Address(frame[62:78]))
    return None


# Of a neighbour discovery message (RFC 4861, 4), by type: where its options begin in a frame.
DISCOVERY_OPTIONS = {133: 62, 134: 70, 135: 78, 136: 78, 137: 94}
LINK_LAYER_OPTIONS = (1, 2)  # source and target (RFC 4861, 4.6.1)


def hardware_addresses(frame):
    """All those in the Ethernet header and in neighbour discovery options, as text."""
    found = [frame[0:6], frame[6:12]]
    if is_ipv6(frame) and frame[20] == NEXT_HEADER_ICMPV6 and len(frame) > 54:
        at = DISCOVERY_OPTIONS.get(frame[54], len(frame))
        while at + 8 <= len(frame) and frame[at + 1]:
            if frame[at] in LINK_LAYER_OPTIONS:
                found.append(frame[at + 2:at + 8])
            at += 8 * frame[at + 1]
    return {address.hex(":") for address in found}


def is_fragment(frame):
    return is_ipv6(frame) and frame[20] == NEXT_HEADER_FRAGMENT


def icmpv6_type(frame):
    """Of one without extension headers, or behind hop-by-hop options (MLD has them), else None."""
    if not is_ipv6(frame):
        return None
    at, next_header = 54, frame[20]
    if next_header == 0 and len(frame) >= at + 8:
        next_header, at = frame[at], at + 8 + 8 * frame[at + 1]
    return frame[at] if next_header == NEXT_HEADER_ICMPV6 and len(frame) > at else None


def solicited_node_group(address):
    """RFC 4291, 2.7.1."""
    low = ipaddress.IPv6Address(address).packed[-3:]
    return str(ipaddress.IPv6Address(ipaddress.IPv6Address("ff02::1:ff00:0").packed[:-3] + low))


REPORTS = (131, 143)  # of a listener: MLD version 1, and 2


def reports_any(frame, groups):
    """Whether it is a listener's report with one of these groups in it."""
    return icmpv6_type(frame) in REPORTS and any(
        ipaddress.IPv6Address(group).packed in frame for group in groups)


def needles(host):
    """All forms in which a host can be recognised: its address, its MAC, and what kernels make
    of a MAC (the interface identifier of RFC 4291, appendix A)."""
    mac = bytes.fromhex(host.mac.replace(":", ""))
    eui64 = bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:]
    return {"true address": ipaddress.IPv6Address(host.address).packed, "MAC": mac, "EUI-64": eui64}


def leaks(frames, hosts):
    """One sentence for each frame in which a host shows, at any byte."""
    found = []
    for number, frame in enumerate(frames):
        for host in hosts:
            for what, needle in needles(host).items():
                at = frame.find(needle)
                if at >= 0:
                    found.append(f"frame {number}: {what} of {host.name} at byte {at}: "
                                 f"{frame.hex()}")
    return found
