#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Files of the service's user mt6d, made by README's and docs/installing.md's commands as root:
the service can read them, and root's mt6dctl finds nothing wrong with them."""

import json
import re
import shutil

import pytest
from lab.gateway import TOP, program
from lab.namespace import Namespace, lab_directory
from lab.private_machine import PrivateMachine, readme_steps

USER = 64998
FILE = "/etc/mt6d/site-a.yaml"
STATE = "/var/lib/mt6d/site-a"
# What systemd-sysusers and systemd-tmpfiles do (conf/systemd).
INSTALL = f"""
echo mt6d:x:{USER}:{USER}::/var/lib/mt6d:/usr/sbin/nologin >>/etc/passwd
echo mt6d:x:{USER}: >>/etc/group
install -d -m 750 -g mt6d /etc/mt6d
install -d -m 755 -o mt6d -g mt6d /run/mt6d
install -d -m 700 -o mt6d -g mt6d /var/lib/mt6d
ln -s {program("mt6dctl")} /usr/local/bin
"""
AS_SERVICE = f"setpriv --reuid {USER} --regid {USER} --clear-groups "


@pytest.fixture(name="machine")
def fixture_machine(request):
    directory = lab_directory()
    request.addfinalizer(lambda: shutil.rmtree(directory, ignore_errors=True))
    namespace = Namespace("site", directory)
    request.addfinalizer(namespace.delete)
    machine = PrivateMachine(namespace)
    request.addfinalizer(machine.holder.kill)
    machine.run(INSTALL)
    prepare, keygen, _copy = readme_steps()[3]
    [copy_example] = readme_steps()[4]
    [own_key] = re.findall(r"^    (sudo chown mt6d .*)$", (TOP / "docs/installing.md").read_text(), re.MULTILINE)
    for line in (prepare, keygen, own_key, copy_example.replace("gateway-pci", "gateway-af_xdp")):
        machine.run(line)
    return machine


def findings(machine, check):
    told = json.loads(machine.run(f"mt6dctl doctor --json {FILE}", check=False).stdout)
    [found] = [one["findings"] for one in told["checks"] if one["name"] == check]
    return found


def test_the_services_key_is_well_for_root_and_for_the_service(machine):
    machine.run(f"mt6dctl check {FILE}")
    machine.run(f"mt6dctl export-keys {FILE} /etc/exported.keys")
    assert [one["verdict"] for one in findings(machine, "configuration")] == ["ok"]
    machine.run(AS_SERVICE + f"mt6dctl check {FILE}")


def test_a_key_of_any_other_user_is_not_well_for_root(machine):
    machine.run("chown 64999 /etc/mt6d/alice-bob.key")
    refused = machine.run(f"mt6dctl check {FILE}", check=False)
    assert refused.returncode != 0 and "belongs to user 64999" in refused.stderr


def test_the_services_state_stays_its_own(machine):
    machine.run(f"install -d -m 700 -o mt6d {STATE}")
    assert [one["verdict"] for one in findings(machine, "permissions")] == ["ok"]


def test_state_that_root_has_left_goes_to_the_service_by_the_command_proposed(machine):
    machine.run(f"install -d -m 700 {STATE} && touch {STATE}/numbers")
    [note] = findings(machine, "permissions")
    assert (note["verdict"], note["remedy"]) == ("note", f"chown -R mt6d {STATE}")
    machine.run(note["remedy"])
    assert machine.run(f"stat -c %U {STATE} {STATE}/numbers").stdout.split() == ["mt6d", "mt6d"]
    assert [one["verdict"] for one in findings(machine, "permissions")] == ["ok"]
