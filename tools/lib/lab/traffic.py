# SPDX-License-Identifier: BSD-3-Clause
"""What hosts do through the gateways, with the programs people use: ping, nginx, curl, iperf3."""

import hashlib
import json
import random
import re
import signal
import time

from .process import LabError, wait_for

HTTP_PORT = 80
IPERF_PORT = 5201


def ping(host, address, count=1, interval=0.2, wait=1, size=56, flood=False):
    """Returns (sent, received), the latter as the host's kernel counted it: ping itself listens
    for only twice the longest round trip after its last packet, and takes an answer that a busy
    machine delays for longer as lost. One ping at a time in a host."""
    options = ["-f"] if flood else ["-i", interval]
    before = echo_replies(host)
    done = host.run("ping", "-6", "-q", *options, "-c", count, "-W", wait, "-s", size, address,
                    check=False, timeout=60 + 3 * count * interval)
    found = re.search(r"(\d+) packets transmitted", done.stdout)
    if not found:
        raise LabError(f"ping in {host.name}: {done.stderr.strip() or done.stdout.strip()}")
    sent = int(found[1])
    deadline = time.monotonic() + wait
    while (received := echo_replies(host) - before) < sent and time.monotonic() < deadline:
        time.sleep(0.02)
    return sent, received


def echo_replies(host):
    """How many this machine's kernel has received."""
    return _icmpv6_count(host, "InEchoReplies")


def echo_requests(host):
    return _icmpv6_count(host, "InEchos")


def _icmpv6_count(host, name):
    return _ipv6_count(host, f"Icmp6{name}")


def sent_packets(machine, device):
    """How many this machine's interface has sent."""
    shown = machine.run("ip", "-j", "-s", "link", "show", device).stdout
    return json.loads(shown)[0]["stats64"]["tx"]["packets"]


def udp_without_room(host):
    """Datagrams that arrived whole, but found the receiver's socket full."""
    return _ipv6_count(host, "Udp6RcvbufErrors")


def _ipv6_count(host, name):
    statistics = host.run("cat", "/proc/net/snmp6").stdout
    return int(re.search(rf"^{name}\s+(\d+)", statistics, re.M)[1])


def wait_until_reachable(host, address, seconds=10):
    """Pings until there is an answer: neighbour caches are filled after this."""
    wait_for(f"answer from {address} in {host.name}", seconds,
             lambda: ping(host, address, count=1, wait=0.2)[1] >= 1)


def wait_until_both_reachable(lab, seconds=10):
    wait_until_reachable(lab.host_a, lab.bob.address, seconds)
    wait_until_reachable(lab.host_b, lab.alice.address, seconds)


def listens(host, port):
    """Whether something in that machine has a TCP socket listening on the port."""
    entries = host.run("cat", "/proc/net/tcp6", "/proc/net/tcp").stdout
    return re.search(rf":{port:04X} [0-9A-F:]+ 0A ", entries) is not None


NGINX = """\
daemon off;
master_process off;
user root;
pid {directory}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 64; }}
http {{
    access_log off;
    sendfile on;
    client_body_temp_path {directory};
    proxy_temp_path {directory};
    fastcgi_temp_path {directory};
    uwsgi_temp_path {directory};
    scgi_temp_path {directory};
    server {{ listen [{address}]:{port}; root {directory}; }}
}}
"""


class WebServer:
    """nginx with its own configuration, serving one file of pseudo-random bytes."""

    def __init__(self, host, address, size):
        directory = host.directory / f"www-{host.role}"
        directory.mkdir(exist_ok=True)
        self.url = f"http://[{address}]:{HTTP_PORT}/file"
        self.size = size
        self.digest = self._write(directory / "file", size)
        (directory / "nginx.conf").write_text(
            NGINX.format(directory=directory, address=address, port=HTTP_PORT))
        self.process = host.start("nginx", "nginx", "-p", directory, "-c",
                                  directory / "nginx.conf", "-e", "stderr")
        wait_for("nginx listening", 10, lambda: listens(host, HTTP_PORT))

    @staticmethod
    def _write(path, size):
        digest = hashlib.sha256()
        source = random.Random(size)
        with open(path, "wb") as out:
            left = size
            while left:
                block = source.randbytes(min(left, 1 << 20))
                digest.update(block)
                out.write(block)
                left -= len(block)
        return digest.hexdigest()

    def stop(self):
        self.process.end(signal.SIGTERM)


def download(host, url, rate, timeout=180):
    """curl at no more than rate (bytes a second, as curl writes them); SHA-256 of what came."""
    done = host.run("bash", "-c", 'set -o pipefail; curl -gsSf --limit-rate "$1" "$2" | sha256sum',
                    "download", rate, url, timeout=timeout)
    return done.stdout.split()[0]


class IperfServer:
    def __init__(self, host):
        self.process = host.start("iperf3", "iperf3", "--server", "--port", IPERF_PORT)
        wait_for("iperf3 listening", 10, lambda: listens(host, IPERF_PORT))

    def stop(self):
        self.process.end(signal.SIGTERM)


def iperf_udp(host, address, bits_per_second, seconds, length=1200):
    """Returns the receiver's sum: packets, lost_packets, bits_per_second, …"""
    return _iperf(host, address, seconds, "--udp", "--bitrate", bits_per_second,
                  "--length", length)["sum"]


def iperf_tcp(host, address, seconds):
    """Bits a second that were received."""
    return _iperf(host, address, seconds)["sum_received"]["bits_per_second"]


def _iperf(host, address, seconds, *options):
    done = host.run("iperf3", "--client", address, "--port", IPERF_PORT, "--time", seconds, "--json",
                    *options, timeout=seconds + 30, check=False)
    report = json.loads(done.stdout or "{}")
    if "error" in report or "end" not in report:
        raise LabError(f"iperf3 in {host.name}: {report.get('error', done.stderr)}")
    return report["end"]


def tcp_resets(host):
    """Resets this machine's TCP sent, and connections that one ended."""
    lines = host.run("cat", "/proc/net/snmp").stdout.splitlines()
    names, values = [line.split()[1:] for line in lines if line.startswith("Tcp:")]
    table = dict(zip(names, map(int, values)))
    return table["EstabResets"], table["OutRsts"]


def traceroute(host, address, *options):
    """The addresses that answer, one for each hop limit; None where nobody does."""
    done = host.run("traceroute", "-6", "-n", "-q", 1, "-w", 1, "-m", 8, *options, address, timeout=60)
    return [None if found[1] == "*" else found[1]
            for found in re.finditer(r"^ *\d+  (\S+)(.*)$", done.stdout, re.M)]
