# SPDX-License-Identifier: BSD-3-Clause
"""One mt6d-gateway process: its configuration, its life, and what it says about itself."""

import json
import os
import pathlib
import signal
import time

from .namespace import run
from .process import LabError, wait_for

TOP = pathlib.Path(__file__).resolve().parents[3]


def program(name):
    """A built program; MT6D_BUILD chooses another build directory (a sanitizer's, say)."""
    path = TOP / os.environ.get("MT6D_BUILD", "build") / name
    if not path.exists():
        raise LabError(f"{path} is missing; tools/setup builds it")
    return path


ON_LINK = """\
  on_link: [2001:db8:1::/64]
"""


NO_PREFIXES = {}


def host_entry(host, hashed_prefix):
    more = f', hashed_prefix: "{hashed_prefix}"' if hashed_prefix else ""
    return f'  - {{ name: {host.name}, address: "{host.address}", mac: "{host.mac}"{more} }}\n'


def configuration(name, local, remote, internal, external, key_file, state_dir, rotation, lifetime,
                  cipher, mode="gateway", next_hops=ON_LINK, policy="", prefixes=NO_PREFIXES,
                  rekey="method: off"):
    """The YAML of one side: local and remote are hosts, internal and external device strings;
    next_hops are more lines of the section `external`, policy more at the top, prefixes the hashed
    prefix of each host, if they have any, rekey the section of that name."""
    hosts = "".join(host_entry(host, prefixes.get(host.name)) for host in (local, remote))
    return f"""\
name: {name}
mode: {mode}
idle: sleep
memory: 256M
hugepages: off
state_dir: {state_dir}
{policy}\
internal:
  device: {internal}
external:
  device: {external}
{next_hops}\
defaults:
  rotation: {rotation}s
  lifetime: {lifetime}s
  cipher: {cipher}
  rekey: {{ {rekey} }}
hosts:
{hosts}\
streams:
  - {{ local: {local.name}, remote: {remote.name}, key_file: {key_file} }}
"""


class Gateway:
    """Started in a namespace with a configuration; may be killed, stopped and started again."""

    def __init__(self, namespace, label, text):
        self.namespace = namespace
        self.label = label
        self.file = namespace.directory / f"{label}.yaml"
        self.file.write_text(text)
        self.socket = pathlib.Path("/run/mt6d", text.split()[1] + ".sock")  # after its name
        self.environment = None
        self.wrapper = []  # a command that runs the gateway, in its own process
        self.options = []  # more of the gateway's
        self.process = None
        self._faked = set()  # processes that had another clock
        self._seen = 0
        self._latest = {}

    def fake_clock(self, offset):
        """The next starts have a wall clock that is off; the monotonic one stays right."""
        found = [line for line in run("dpkg", "-L", "libfaketime").stdout.splitlines()
                 if line.endswith("/libfaketimeMT.so.1")]
        if not found:
            raise LabError("libfaketime is missing; tools/setup --for test installs it")
        self.environment = dict(os.environ, LD_PRELOAD=found[0], FAKETIME=offset,
                                FAKETIME_DONT_FAKE_MONOTONIC="1", FAKETIME_DONT_RESET="1")

    def start(self, wait=True):
        arguments = [*self.wrapper, program("mt6d-gateway"), "--config", self.file,
                     "--stats-period", "1", "--stats-format", "json", *self.options]
        self.process = self.namespace.start(self.label, *arguments, environment=self.environment)
        if self.environment:
            self._faked.add(self.process.pid)
        self._seen = self.process.out.stat().st_size
        self._latest = {}
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self, seconds=20):
        def ready():
            self.process.check_alive()
            return self._read() and "ready" in self._latest

        wait_for(f"'ready' from gateway {self.label}", seconds, ready)

    def _read(self):
        """Takes in what was printed since; true if there is anything at all."""
        with open(self.process.out, "rb") as out:
            out.seek(self._seen)
            for line in out:
                if not line.endswith(b"\n"):
                    break  # still being written
                self._seen += len(line)
                event = json.loads(line)
                self._latest[event["event"]] = event
                self._latest["any"] = event
        return bool(self._latest)

    def latest(self):
        """The newest counters there are, without waiting."""
        self._read()
        return self._latest.get("any", {})

    def counters(self):
        """Counters read after this call began."""
        begin = self.latest().get("time", 0)

        def newer():
            self.process.check_alive()
            return self.latest().get("time", 0) > begin and self._latest["any"]

        # The one under way may have been read before the call: the one after it is not.
        wait_for("statistics", 5, newer)
        begin = self._latest["any"]["time"]
        return wait_for("statistics", 5, newer)

    def stop(self, number=signal.SIGINT):
        """A clean end: the exit code must be 0; returns the summary."""
        code = self.process.end(number, seconds=20)
        self._read()
        if code != 0:
            raise LabError(f"gateway {self.label} ended with {code}:\n{self.process.tail()}")
        if "summary" not in self._latest:
            raise LabError(f"gateway {self.label} ended without a summary")
        return self._latest["summary"]

    def kill(self):
        self.process.kill()

    def forget(self):
        """Once it runs no more. A process that is killed leaves its control socket, and libfaketime's
        shared memory."""
        for path in (self.socket, pathlib.Path(f"{self.socket}.lock")):
            path.unlink(missing_ok=True)
        for pid in self._faked:
            for name in (f"faketime_shm_{pid}", f"sem.faketime_sem_{pid}"):
                pathlib.Path("/dev/shm", name).unlink(missing_ok=True)
        self._faked.clear()

    def describe(self):
        """For a failed test: the end of its log and the newest counters."""
        if self.process is None:
            return f"gateway {self.label}: never started"
        return (f"gateway {self.label}, exit code {self.process.exit_code()}\n"
                f"{self.process.tail(40)}\n{json.dumps(self.latest())}")


def stream(counters):
    """The only stream of a lab's gateway."""
    return counters["streams"][0]


def hashed_address(host, key_file, salt):
    """By mt6dctl, which shares no state with a running gateway."""
    done = run(program("mt6dctl"), "derive", "--address", host.address, "--mac", host.mac,
               "--key-file", key_file, "--salt", salt, "--json")
    return json.loads(done.stdout)["hashed"]


def make_key(path):
    run(program("mt6dctl"), "keygen", path)


def salt_now(rotation):
    """docs/protocol.md, 3: for rotation times below 10 s."""
    return int(time.time()) // rotation
