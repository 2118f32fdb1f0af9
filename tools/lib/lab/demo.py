# SPDX-License-Identifier: BSD-3-Clause
"""tools/demo: sessions run, addresses rotate, and both can be watched.

A thin script over the lab: traffic in the background, a view once a second, a verdict.
"""

import argparse
import collections
import hashlib
import json
import re
import signal
import sys
import time

from .capture import Capture, addresses, cipher_of, is_tunnel, leaks, read_frames
from .counting import Count
from .gateway import stream
from .process import LabError
from .topology import ALICE, BOB, CIPHERS, NOTHING_ELSE, Lab, external_mac
from .traffic import IPERF_PORT, IperfServer, WebServer, tcp_resets, wait_until_both_reachable

ROTATION = 2
REKEY = "interval: 10s, window: 1s"
DOWNLOAD_RATE = 2_000_000  # bytes a second
UDP_RATE = 8_000_000  # bits a second
UDP_LENGTH = 1200


class Traffic:
    """Ping, a download and a UDP stream from host to host, all ending by themselves."""

    def __init__(self, lab, seconds):
        self.count = seconds * 20
        self.web = WebServer(lab.host_a, ALICE.address, seconds * DOWNLOAD_RATE)
        self.iperf_server = IperfServer(lab.host_b)
        self.ping = lab.host_a.start(
            "ping", "ping", "-6", "-q", "-i", "0.05", "-c", self.count, BOB.address)
        self.curl = lab.host_b.start(
            "curl", "curl", "-gsSf", "--limit-rate", DOWNLOAD_RATE, self.web.url)
        self.iperf = lab.host_a.start(
            "iperf3-client", "iperf3", "--client", BOB.address, "--port", IPERF_PORT, "--udp",
            "--bitrate", UDP_RATE, "--length", UDP_LENGTH, "--time", seconds, "--json")
        self.all = [self.ping, self.curl, self.iperf]

    def running(self):
        return any(one.exit_code() is None for one in self.all)

    def verdicts(self):
        """(what, how it went, whether that is good) of each."""
        text = self.ping.out.read_text()
        found = re.search(r"(\d+) packets transmitted, (\d+) received", text)
        sent, received = map(int, found.groups()) if found else (self.count, 0)
        yield "ping", f"{sent} sent, {received} answered", sent == received == self.count
        body = self.curl.out.read_bytes()
        whole = hashlib.sha256(body).hexdigest() == self.web.digest
        yield ("TCP download", f"{len(body) / 1e6:.0f} of {self.web.size / 1e6:.0f} MB, "
               f"SHA-256 {'equal' if whole else 'differs'}", whole)
        total = json.loads(self.iperf.out.read_text() or "{}").get("end", {}).get("sum", {})
        lost = total.get("lost_packets", -1)
        yield "UDP stream", f"{total.get('packets', 0)} packets, {lost} lost", lost == 0


class View:
    """One block of lines, redrawn in place on a terminal, printed line by line elsewhere."""

    def __init__(self, out=sys.stdout):
        self.out = out
        self.live = out.isatty()
        self.drawn = 0

    def show(self, lines, plain):
        if not self.live:
            print(plain, file=self.out, flush=True)
            return
        if self.drawn:
            self.out.write(f"\x1b[{self.drawn}A")
        self.out.writelines(f"\x1b[2K{line}\n" for line in lines)
        self.out.flush()
        self.drawn = len(lines)


class Wire:
    """The hashed addresses of what gateway A sends, as the capture has them."""

    def __init__(self, lab):
        self.capture = Capture(lab.wire, "to-a")
        self.pairs = []  # in order of appearance
        self._sender = bytes.fromhex(external_mac("a").replace(":", ""))
        self._offset = 0

    def look(self):
        """Reads on, and returns the newest pair."""
        frames, self._offset = read_frames(self.capture.path, self._offset)
        for frame in frames:
            if is_tunnel(frame) and frame[6:12] == self._sender:
                if addresses(frame) not in self.pairs:
                    self.pairs.append(addresses(frame))
        return self.pairs[-1] if self.pairs else ("-", "-")


def salt(lab):
    return stream(lab.a.latest())["salt"]


def epochs(lab):
    return [stream(gateway.latest())["keys"]["epoch"] for gateway in (lab.a, lab.b)]


def describe(lab, pair, begin, seconds):
    a, b = lab.a.latest(), lab.b.latest()
    in_a, in_b = stream(a), stream(b)
    dropped = in_a["dropped_packets"] + in_b["dropped_packets"]
    elapsed = int(time.monotonic() - begin)
    lines = [
        f"  {elapsed:3d} s of {seconds}       {lab.cipher}, salt {in_a['salt']}, new addresses every "
        f"{lab.rotation} s, session key {in_a['keys']['epoch']}",
        "",
        f"  the hosts     {ALICE.address} <-> {BOB.address}",
        f"  on the wire   {pair[0]} -> {pair[1]}",
        "",
        "                    encapsulated    decapsulated    rotations",
    ]
    for letter, whole, part in (("A", a, in_a), ("B", b, in_b)):
        lines.append(f"  gateway {letter} {part['encapsulated_packets']:22d} "
                     f"{part['decapsulated_packets']:15d} {whole['rotations']:12d}")
    lines.append(f"  dropped   {dropped:22d}")
    plain = (f"{elapsed:3d} s  {lab.cipher}  key {in_a['keys']['epoch']}  salt {in_a['salt']}  "
             f"{pair[0]} -> {pair[1]}  A to B {in_a['encapsulated_packets']}  "
             f"B to A {in_b['encapsulated_packets']}  dropped {dropped}")
    return lines, plain


def judge(lab, traffic, seconds, count, wire, resets, first_salt):
    """(what, how it went, whether that is good) of everything."""
    rotated = salt(lab) - first_salt  # until now: none of it without traffic
    yield from traffic.verdicts()
    both = tuple(map(tcp_resets, (lab.host_a, lab.host_b)))
    yield "TCP resets", "none" if both == resets else "there were some", both == resets
    for name, direction in zip(("A to B", "B to A"), count.end()):
        lost = direction.host_sent - direction.host_received
        yield (f"packets {name}", f"{direction.host_sent} sent by the host, "
               f"{direction.encapsulated} encapsulated, {direction.decapsulated} decapsulated, "
               f"{direction.host_received} received", lost == 0)
    yield "rotations", f"{count.rotations}", count.rotations >= 2
    at_a, at_b = epochs(lab)
    # Half an interval after it was offered, and an interval later again.
    yield "session keys", f"{at_a} replaced at A, {at_b} at B", min(at_a, at_b) >= seconds // 20
    wire.look()
    yield "address pairs", f"{len(wire.pairs)} from A seen on the wire", len(wire.pairs) > rotated
    frames = wire.capture.stop()
    carried = collections.Counter(cipher_of(frame) for frame in frames if is_tunnel(frame))
    text = ", ".join(f"{count} with {cipher}" for cipher, count in carried.items())
    yield "tunnel packets", text, list(carried) == [lab.cipher]
    found = leaks(frames, (ALICE, BOB))
    yield ("capture", f"hosts' addresses and MACs found in {len(found)} frames", not found)


def run(seconds, cipher):
    """True if all is well."""
    with Lab(rotation=ROTATION, cipher=cipher, policy=NOTHING_ELSE, rekey=REKEY) as lab:
        wire = Wire(lab)
        lab.start()
        wait_until_both_reachable(lab)
        count = Count(lab)
        resets = tuple(map(tcp_resets, (lab.host_a, lab.host_b)))
        first_salt = salt(lab)
        view = View()
        begin = time.monotonic()
        traffic = Traffic(lab, seconds)
        print(f"\n{ALICE.name} and {BOB.name}: two kernels, ping, TCP and UDP through two "
              f"gateways ({lab.cipher}, {lab.driver})\n", flush=True)
        while traffic.running():
            if time.monotonic() - begin > 3 * seconds + 30:
                break  # the verdicts say what did not end
            view.show(*describe(lab, wire.look(), begin, seconds))
            time.sleep(1)
        return verdict(judge(lab, traffic, seconds, count, wire, resets, first_salt))


def verdict(rows):
    print()
    good = True
    for what, text, ok in rows:
        print(f"  {'ok  ' if ok else 'FAIL'}  {what:16} {text}", flush=True)
        good = good and ok
    print("\nNothing was lost.\n" if good else "\nNOT as it should be: see FAIL above.\n")
    return good


def positive(text):
    value = int(text)
    if not 5 <= value <= 3600:
        raise argparse.ArgumentTypeError("5 to 3600 seconds")
    return value


def main():
    parser = argparse.ArgumentParser(prog="tools/demo")
    parser.add_argument("--seconds", type=positive, default=30)
    parser.add_argument("--cipher", choices=CIPHERS, default=CIPHERS[0])
    arguments = parser.parse_args()
    # An end asked for from outside takes the lab down too, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.default_int_handler)
    try:
        return 0 if run(arguments.seconds, arguments.cipher) else 1
    except KeyboardInterrupt:
        print("\ndemo: interrupted; its namespaces are gone", file=sys.stderr)
        return 130
    except LabError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
