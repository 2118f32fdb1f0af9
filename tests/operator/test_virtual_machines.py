#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The virtual machines of docs/vm.md, by libvirt's own schema."""
import pathlib
import re
import subprocess

import pytest

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "vm.md"
MACHINES = re.findall(r"^```xml\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda text: re.search("<name>(.*)</name>", text)[1])
def test_libvirt_takes_this_machine(machine, tmp_path):
    file = tmp_path / "machine.xml"
    file.write_text(machine)
    told = subprocess.run(["virt-xml-validate", file, "domain"], capture_output=True, text=True,
                          check=False)
    assert told.returncode == 0, told.stdout + told.stderr
