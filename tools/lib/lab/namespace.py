# SPDX-License-Identifier: BSD-3-Clause
"""Network namespaces that carry their owner's process id in the name.

So labs run side by side, and what a killed one left behind is told from what one still uses.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

from .process import LabError, Process

PREFIX = "mt6d-"
OWNED = re.compile(PREFIX + r"(\d+)-")


def run(*arguments, timeout=30, check=True, **options):
    """A command to its end; LabError with its own words if it fails."""
    arguments = [str(argument) for argument in arguments]
    try:
        done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout, check=False, **options)
    except subprocess.TimeoutExpired:
        raise LabError(f"not done after {timeout} s: {' '.join(arguments)}") from None
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(arguments)}: exit {done.returncode}: "
                       f"{done.stderr.strip() or done.stdout.strip()}")
    return done


class Namespace:
    """One network namespace: a host, a gateway's machine, or the wire between them."""

    def __init__(self, role, directory):
        self.role = role
        self.name = f"{PREFIX}{os.getpid()}-{role}"
        self.directory = directory
        run("ip", "netns", "add", self.name)
        self.ip("link", "set", "lo", "up")

    def ip(self, *arguments):
        return run("ip", "-n", self.name, *arguments)

    def run(self, *arguments, **options):
        return run("ip", "netns", "exec", self.name, *arguments, **options)

    def start(self, name, *arguments, environment=None):
        return Process(f"{self.role}-{name}", ["ip", "netns", "exec", self.name, *arguments],
                       self.directory, environment)

    def sysctl(self, **settings):
        """Keyword arguments with __ for the dots."""
        pairs = [f"{key.replace('__', '.')}={value}" for key, value in settings.items()]
        self.run("sysctl", "-qw", *pairs)

    def silence(self):
        """No IPv6 of this namespace's own kernel, on present and future interfaces."""
        self.sysctl(net__ipv6__conf__all__disable_ipv6=1, net__ipv6__conf__default__disable_ipv6=1)

    def delete(self):
        delete_namespace(self.name)


def delete_namespace(name):
    """With what still runs in it."""
    for pid in run("ip", "netns", "pids", name, check=False).stdout.split():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass
    run("ip", "netns", "delete", name, check=False)


def connect(left, left_device, right, right_device, mtu):
    """A veth pair between two namespaces; each end is a dict of name and MAC address."""
    def end(device):
        # One queue each way: an AF_XDP port listens on one, and frames of the others are lost.
        return ["name", device["name"], "address", device["mac"], "mtu", mtu,
                "numrxqueues", 1, "numtxqueues", 1]

    run("ip", "link", "add", *end(left_device), "netns", left.name,
        "type", "veth", "peer", *end(right_device), "netns", right.name)
    left.ip("link", "set", left_device["name"], "up")
    right.ip("link", "set", right_device["name"], "up")


def lab_directory():
    return pathlib.Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))


def remove_stale():
    """Removes namespaces and directories whose owner is no longer there."""
    def is_stale(name):
        owner = OWNED.match(name)
        return owner and not pathlib.Path("/proc", owner[1]).exists()

    for line in run("ip", "netns", "list").stdout.splitlines():
        name = line.split()[0]
        if is_stale(name):
            delete_namespace(name)
    for path in pathlib.Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        if is_stale(path.name):
            shutil.rmtree(path, ignore_errors=True)
