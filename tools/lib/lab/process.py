# SPDX-License-Identifier: BSD-3-Clause
"""Programs that run beside the test: started, watched, ended by their own process id."""

import pathlib
import signal
import subprocess
import time


class LabError(Exception):
    """The lab itself could not do what it was asked to; the message says what and why."""


def wait_for(what, seconds, condition, interval=0.05):
    """Polls until condition() is true and returns its value; LabError after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise LabError(f"no {what} within {seconds} s")
        time.sleep(interval)


class Process:
    """One program, its output in two files, killed with the lab's own process if that dies."""

    def __init__(self, name, arguments, directory, environment=None):
        self.name = name
        self.arguments = [str(argument) for argument in arguments]
        self.out = pathlib.Path(directory) / f"{name}.out"
        self.log = pathlib.Path(directory) / f"{name}.log"
        with open(self.out, "ab") as out, open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *self.arguments],
                stdin=subprocess.DEVNULL, stdout=out, stderr=log, env=environment)

    @property
    def pid(self):
        return self._process.pid

    def exit_code(self):
        """None while it runs."""
        return self._process.poll()

    def check_alive(self):
        if self.exit_code() is not None:
            raise LabError(f"{self.name} ended by itself with {self.exit_code()}:\n{self.tail()}")

    def end(self, number=signal.SIGINT, seconds=10):
        """Signals it and returns its exit code; one that does not end is killed: LabError."""
        if self.exit_code() is None:
            self._process.send_signal(number)
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise LabError(
                f"{self.name} still ran {seconds} s after {number.name}:\n{self.tail()}") from None

    def kill(self):
        if self.exit_code() is None:
            self._process.kill()
        self._process.wait()

    def tail(self, lines=30):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
