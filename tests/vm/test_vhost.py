#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""docs/vm.md, the gateway on the hypervisor: a virtual machine's NIC is the gateway's internal port."""
from guest_lab import ROTATION
from lab.traffic import ping, wait_until_reachable

ROTATIONS = 3
PINGS_A_SECOND = 10


def test_a_machine_behind_net_vhost_is_reached_and_again_after_a_kill_of_its_gateway(lab_with_host):
    lab = lab_with_host
    wait_until_reachable(lab.host_b, lab.alice.address, 30)
    pings = (ROTATIONS + 1) * ROTATION * PINGS_A_SECOND
    assert ping(lab.host_b, lab.alice.address, pings, 1 / PINGS_A_SECOND, 3) == (pings, pings)
    lab.a.kill()
    lab.socket.unlink()  # ExecStartPre= of docs/vm.md
    lab.a.start()
    wait_until_reachable(lab.host_b, lab.alice.address, 30)
