# SPDX-License-Identifier: BSD-3-Clause
"""A machine on which the commands of README and docs/ are run as they stand there."""

import re

from .gateway import TOP
from .namespace import run
from .process import wait_for

# What the commands write stays in memory: this machine's own /etc, /usr/local, /run and /var/lib
# are as they were. Debian's minimal installations have no sudo; who runs a lab is root.
MACHINE = """
scratch=$(mktemp -d); mount -t tmpfs scratch "$scratch"
for directory in /etc /var/lib; do
    mkdir -p "$scratch/up$directory" "$scratch/work$directory"
    mount -t overlay -o "lowerdir=$directory,upperdir=$scratch/up$directory,workdir=$scratch/work$directory" \
        overlay $directory
done
mount -t tmpfs local /usr/local; mount -t tmpfs run /run
mkdir /usr/local/bin
printf '#!/bin/sh\\nexec "$@"\\n' >/usr/local/bin/sudo; chmod 755 /usr/local/bin/sudo
echo ready; exec sleep infinity
"""


def readme_steps():
    """{number: [command]} of the numbered steps; comments behind commands are the shell's."""
    text = (TOP / "README.md").read_text()
    [section] = re.findall(r"^## The first real deployment\n(.*?)^### ", text, re.MULTILINE | re.DOTALL)
    steps = re.split(r"^\*\*(\d)\. ", section, flags=re.MULTILINE)[1:]
    return {int(number): re.findall(r"^    (\S.*)$", body, re.MULTILINE)
            for number, body in zip(steps[::2], steps[1::2])}


class PrivateMachine:
    """A network namespace, with /etc, /var/lib, /usr/local and /run of its own."""

    def __init__(self, namespace):
        self.namespace = namespace
        self.holder = namespace.start("machine", "unshare", "--mount", "sh", "-ec", MACHINE)
        wait_for("machine", 10, lambda: "ready" in self.holder.out.read_text())

    def inside(self, *command):
        return ["nsenter", "--target", str(self.holder.pid), "--mount", "--net", f"--wd={TOP}",
                *command]

    def run(self, line, check=True):
        return run(*self.inside("sh", "-c", line), timeout=600, check=check)

    def start(self, line):
        return self.namespace.start("readme", *self.inside("sh", "-c", f"exec {line}"))
