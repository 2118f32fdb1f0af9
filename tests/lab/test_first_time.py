#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""README's first real deployment, line by line: site A is set up by the commands as they stand
there, on a machine of its own, and talks to site B. Cards are interfaces of the kernel."""

import re
import signal

import pytest
from lab.private_machine import PrivateMachine, readme_steps
from lab.process import wait_for
from lab.routed import RoutedLab
from lab.traffic import ping, wait_until_both_reachable

@pytest.fixture(name="lab")
def peer_lab(request):
    request.node.labs = []
    with RoutedLab(rotation=10, rekey="method: x25519") as made:
        request.node.labs.append(made)
        yield made


def make_it_ours(lab, machine, file):
    """Step 4's list: the cards, what is at this place, both hosts."""
    ours = {"iface=eth1": "iface=inside", "iface=eth2": "iface=outside",
            "net_af_xdp": lab.driver, "2001:db8:1::": "2001:db8:a::", "2001:db8:2::": "2001:db8:b::",
            "02:00:00:00:00:0a": lab.alice.mac, "02:00:00:00:00:0b": lab.bob.mac}
    for theirs, own in ours.items():
        assert machine.run(f"grep -c '{theirs}' {file}").stdout != "0\n", theirs
        machine.run(f"sed -i 's|{theirs}|{own}|' {file}")


def test_a_first_time_user_comes_from_the_tree_to_a_ping_by_the_readmes_commands(lab):
    steps = readme_steps()
    machine = PrivateMachine(lab.a.namespace)
    for line in steps[1]:
        machine.run(line)

    prepare, keygen, _copy = steps[3]
    machine.run(prepare)
    machine.run(keygen)
    key = machine.run("cat /etc/mt6d/alice-bob.key").stdout
    lab.key_file.write_text(key)  # the copy, over a channel that keeps it secret

    [copy_example] = steps[4]
    machine.run(copy_example.replace("gateway-pci", "gateway-af_xdp"))
    make_it_ours(lab, machine, "/etc/mt6d/site-a.yaml")

    check, doctor, start = steps[5]
    machine.run(check)
    found = machine.run(doctor, check=False).stdout
    wrong = {line.split()[0] for line in found.splitlines() if re.match(r"\w+ +wrong ", line)}
    # The one thing that a namespace has of the machine around it, and cannot mend.
    assert wrong <= {"clock"}, found

    lab.b.start()
    gateway = machine.start(start.removeprefix("sudo "))
    wait_for("answer of the gateway", 30,
             lambda: gateway.check_alive() or machine.run("mt6dctl show version", check=False).returncode == 0)
    lab.configure_hosts()
    wait_until_both_reachable(lab)
    assert ping(lab.host_a, lab.bob.address, count=20, interval=0.05) == (20, 20)

    shown = machine.run("sudo mt6dctl show streams").stdout
    assert "alice-bob" in shown
    assert "aes-256-gcm" in shown
    assert gateway.end(signal.SIGINT) == 0
    machine.holder.kill()
