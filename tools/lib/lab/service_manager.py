# SPDX-License-Identifier: BSD-3-Clause
"""What a service manager does for a gateway, by the protocol of sd_notify(3): hears what it says."""

import os
import pathlib
import socket
import subprocess
import time

from .namespace import run
from .process import wait_for

HERE = pathlib.Path(__file__).resolve().parent


def clock_answer(directory, synchronised):
    """A library to be preloaded: the kernel's answer on a machine whose clock a time service keeps
    right, or does not, whatever is so on this one."""
    library = directory / f"clock-{'right' if synchronised else 'unknown'}.so"
    run("cc", "-shared", "-fPIC", f"-DSYNCHRONISED={int(synchronised)}", "-o", library,
        HERE / "clock_answer.c", timeout=60)
    return library


class ServiceManager:
    """Its socket; what came by it, in order, with the time of each."""

    def __init__(self, directory, watchdog=None, synchronised=True):
        self.path = directory / "notify.sock"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._socket.setblocking(False)
        self.heard = []  # (time, variable, value)
        self.environment = dict(os.environ, NOTIFY_SOCKET=str(self.path),
                                LD_PRELOAD=str(clock_answer(directory, synchronised)))
        if watchdog:
            self.environment["WATCHDOG_USEC"] = str(int(watchdog * 1_000_000))

    def listen(self):
        """Takes in what has come."""
        while True:
            try:
                datagram = self._socket.recv(4096)
            except BlockingIOError:
                return self.heard
            for line in datagram.decode().splitlines():
                self.heard.append((time.monotonic(), *line.split("=", 1)))

    def values(self, variable):
        return [value for _, name, value in self.listen() if name == variable]

    def status(self):
        return (self.values("STATUS") or [None])[-1]

    def is_ready(self):
        return "1" in self.values("READY")

    def signs_of_life(self):
        return len(self.values("WATCHDOG"))

    def wait_for_status(self, text, seconds=20):
        wait_for(f"status with '{text}'; the last one is '{self.status()}'", seconds,
                 lambda: text in (self.status() or ""))

    def wait_until_ready(self, seconds=20):
        wait_for("READY=1", seconds, self.is_ready)

    def close(self):
        self._socket.close()


def allowed_calls(filters):
    """The system calls that a unit's SystemCallFilter= lines allow, in their order."""
    allowed = _calls_of("@default")
    for line in filters:
        names = set().union(*(_calls_of(name) for name in line.lstrip("~").split()))
        allowed = allowed - names if line.startswith("~") else allowed | names
    return allowed


def _calls_of(name):
    if not name.startswith("@"):
        return {name}
    listed = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", name], check=True,
                            capture_output=True, text=True).stdout.split("\n")[1:]
    members = [line.strip() for line in listed if line.strip() and not line.strip().startswith("#")]
    return set().union(*(_calls_of(member) for member in members))
