# SPDX-License-Identifier: BSD-3-Clause
"""A gateway's shell, as operators reach it: mt6dctl, the socket itself, a prompt in a terminal."""

import json
import os
import pty
import re
import select
import socket
import subprocess
import time

from .gateway import program
from .process import LabError

ESCAPES = re.compile(rb"\x1b\[[0-9;]*[A-Za-z]|\x1b[A-Z]|\x1bE")


def mt6dctl(path, *words, options=(), stdin=None, timeout=20):
    """Runs mt6dctl towards the socket at that path; returns the finished process."""
    return subprocess.run([program("mt6dctl"), "--socket", path, *options, *map(str, words)],
                          input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=timeout, check=False)


def text(path, command):
    """What a command says to people; it must not fail."""
    done = mt6dctl(path, *command.split())
    if done.returncode != 0:
        raise LabError(f"{command}: exit {done.returncode}: {done.stderr}")
    return done.stdout


def facts(path, command):
    """What a command says to programs; it must not fail."""
    done = mt6dctl(path, *command.split(), options=["--json"])
    if done.returncode != 0:
        raise LabError(f"{command}: exit {done.returncode}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def connect(path, timeout=10):
    """A client of the socket that speaks for itself."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(timeout)
    client.connect(str(path))
    return client


def ask(client, request):
    """Sends a request line; returns (kind, text) of the answer."""
    client.sendall(request.encode() + b"\n")
    return answer(client)


def answer(client):
    data = b""
    while b"\n" not in data:
        data += receive(client)
    head, _, rest = data.partition(b"\n")
    kind, size = head.split()
    while len(rest) < int(size):
        rest += receive(client)
    return kind.decode(), rest.decode()


def receive(client):
    data = client.recv(65536)
    if not data:
        raise LabError("the gateway closed the connection")
    return data


class Prompt:
    """A program in a pseudo terminal: keys are typed, the screen is read."""

    def __init__(self, *arguments, cwd=None):
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            if cwd:
                os.chdir(cwd)
            os.execv(arguments[0], [str(argument) for argument in arguments])
        self._screen = b""

    def type(self, keys):
        os.write(self._terminal, keys.encode())

    def wait_for(self, wanted, seconds=10):
        """Reads until the screen, without escape sequences and carriage returns, has this; returns
        what came since the last call."""
        deadline = time.monotonic() + seconds
        while wanted not in self.shown():
            left = deadline - time.monotonic()
            if left <= 0 or not self.read(left):
                raise LabError(f"no {wanted!r} on the screen:\n{self.shown()}")
        screen, self._screen = self.shown(), b""
        return screen

    def shown(self):
        """What came since the last wait_for()."""
        shown = ESCAPES.sub(b"", self._screen).decode(errors="replace")
        return re.sub("\r+\n", "\n", shown)

    def read(self, seconds):
        """Waits so long for more to come; false: nothing did."""
        if not select.select([self._terminal], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._terminal, 65536)
        except OSError:  # the program has ended
            return False
        self._screen += data
        return bool(data)

    def settings(self):
        """Of the terminal, as stty has them."""
        return subprocess.run(["stty", "-g"], stdin=self._terminal, capture_output=True, text=True,
                              check=True).stdout

    def end(self, seconds=10):
        """Waits for the program's end; returns its exit code."""
        def read_and_look():
            self.read(0.05)
            return os.waitpid(self.pid, os.WNOHANG)

        status = self._wait(read_and_look, seconds)
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(status)

    def hang_up(self, seconds=10):
        """Closes the terminal; waits for the program's end, and returns its exit code."""
        os.close(self._terminal)
        def look():
            time.sleep(0.05)
            return os.waitpid(self.pid, os.WNOHANG)

        return os.waitstatus_to_exitcode(self._wait(look, seconds))

    def _wait(self, look, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            pid, status = look()
            if pid:
                return status
        raise LabError(f"the program did not end:\n{self.shown()}")
