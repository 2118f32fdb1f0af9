# SPDX-License-Identifier: BSD-3-Clause
"""A real gateway that has nobody to talk to, for what needs no traffic: its ports lead nowhere."""

import os
import pathlib

from lab.gateway import make_key, program
from lab.process import Process, wait_for
from lab.shell import mt6dctl

CONFIGURATION = """\
name: {name}
idle: sleep
memory: 128M
hugepages: off
state_dir: {directory}/state
events: {directory}/gateway.events
{more}\
internal: {{ device: "net_null0,no-rx=1", mac: 02:00:00:00:01:01 }}
external: {{ device: "net_null1,no-rx=1", mac: 02:00:00:00:01:02, default_router: fe80::1 }}
hosts:
  - {{ name: alice, address: 2001:db8:1::a, mac: 02:00:00:00:00:0a }}
  - {{ name: bob, address: 2001:db8:2::b, mac: 02:00:00:00:00:0b }}
  - {{ name: carol, address: 2001:db8:1::c, mac: 02:00:00:00:00:0c }}
streams:
  - {{ local: alice, remote: bob, key_file: ab.key }}
  - {{ local: carol, remote: bob, key_file: cb.key, rekey: {{ method: off }} }}
"""


class LonelyGateway:
    """Its files are in a directory of its own; `more` are lines of its configuration."""

    def __init__(self, directory, label="lonely", more=None):
        self.directory = pathlib.Path(directory)
        self.name = f"{label}-{os.getpid()}"
        self.socket = self.directory / "control.sock"
        self.file = self.directory / "gateway.yaml"
        self.file.write_text(CONFIGURATION.format(
            name=self.name, directory=self.directory,
            more=more if more is not None else f"control: {{ socket: {self.socket} }}\n"))
        for key in ("ab.key", "cb.key"):
            make_key(self.directory / key)
        self.process = None

    def arguments(self, *more):
        return [program("mt6d-gateway"), "--config", self.file, *more]

    def start(self, *more, wait=True):
        self.process = Process("gateway", self.arguments(*more), self.directory)
        if wait:
            wait_for("an answer of the shell", 20, self.answers)
        return self

    def answers(self):
        self.process.check_alive()
        return mt6dctl(self.socket, "show", "version").returncode == 0

    def log(self):
        return self.process.log.read_text()
