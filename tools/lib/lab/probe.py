# SPDX-License-Identifier: BSD-3-Clause
"""One UDP datagram, and the ICMPv6 error that it draws, as a socket of its sender learns of it."""

import collections
import json
import pathlib
import select
import socket
import struct
import sys

SCRIPT_PATH = pathlib.Path(__file__).resolve().parents[1]
HEADERS = 48  # IPv6 and UDP
NOBODY_LISTENS = 9  # the discard port, with no inetd

DESTINATION_UNREACHABLE, PACKET_TOO_BIG, TIME_EXCEEDED = 1, 2, 3
NO_ROUTE, ADDRESS, PORT, POLICY = 0, 3, 4, 5  # codes of the first (RFC 4443, 3.1)

# linux/in6.h, linux/errqueue.h
IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE = 23, 3
IPV6_RECVERR = 25
EXTENDED_ERROR = struct.Struct("=IBBBxII")
ORIGIN_ICMPV6 = 3

Error = collections.namedtuple("Error", "type code information sender")


def udp_error(host, address, port=NOBODY_LISTENS, size=100, source="::", hop_limit=64, wait=2):
    """The Error that a packet of so many bytes draws, or None. Only the device's MTU holds it back,
    not what was learned of the path's."""
    done = host.run("env", f"PYTHONPATH={SCRIPT_PATH}", "PYTHONDONTWRITEBYTECODE=1",
                    "/usr/bin/python3", "-m", "lab.probe", address, port, size, source, hop_limit, wait)
    found = json.loads(done.stdout)
    return found and Error(*found)


def main(address, port, size, source, hop_limit, wait):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
        sender.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE)
        sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, int(hop_limit))
        sender.bind((source, 0))
        sender.sendto(bytes(int(size) - HEADERS), (address, int(port)))
        poll = select.poll()
        poll.register(sender, select.POLLERR)
        found = None
        if poll.poll(float(wait) * 1000):
            _, ancillary, _, _ = sender.recvmsg(2048, 1024, socket.MSG_ERRQUEUE)
            for level, kind, data in ancillary:
                if (level, kind) == (socket.IPPROTO_IPV6, IPV6_RECVERR):
                    found = parse(data)
        print(json.dumps(found))


def parse(data):
    """struct sock_extended_err, and the address of who sent it."""
    _, origin, icmp_type, code, information, _ = EXTENDED_ERROR.unpack_from(data)
    if origin != ORIGIN_ICMPV6:
        return None
    begin = EXTENDED_ERROR.size + 8  # family, port and flow label before the address
    return icmp_type, code, information, socket.inet_ntop(socket.AF_INET6, data[begin:begin + 16])


if __name__ == "__main__":
    main(*sys.argv[1:])
