#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""By which interfaces a machine is reached: asked of a real kernel, by mt6dctl, in a network
namespace of the machine's own."""

import shutil

import pytest
from lab.gateway import program
from lab.namespace import Namespace, connect, lab_directory
from lab.process import wait_for

BY_ROUTE = "the default route leaves by it"
BY_SSH = "somebody is logged in over it by SSH"
SERVER = """
import socket, time
listener = socket.create_server(("10.0.1.2", 22))
print("listens", flush=True)
connection = listener.accept()
time.sleep(600)
"""
CLIENT = """
import socket, time
connection = socket.create_connection(("10.0.1.2", 22), 10)
print("connected", flush=True)
time.sleep(600)
"""


class Machine(Namespace):
    """With the interfaces eth0 to eth2, all to one neighbour."""

    def __init__(self, directory):
        super().__init__("machine", directory)
        self.neighbour = Namespace("neighbour", directory)
        for number in range(3):
            connect(self, {"name": f"eth{number}", "mac": f"02:00:00:00:0{number}:02"},
                    self.neighbour, {"name": f"eth{number}", "mac": f"02:00:00:00:0{number}:01"}, 1500)
            self.ip("address", "add", f"192.0.{number}.2/24", "dev", f"eth{number}")

    def delete(self):
        super().delete()
        self.neighbour.delete()


@pytest.fixture(name="machine")
def fixture_machine(request):
    directory = lab_directory()
    request.addfinalizer(lambda: shutil.rmtree(directory, ignore_errors=True))
    machine = Machine(directory)
    request.addfinalizer(machine.delete)
    return machine


def lifelines(machine):
    """{interface: reason}; `ip netns exec` shows the namespace's own /sys."""
    lines = machine.run(program("mt6dctl"), "lifelines").stdout.splitlines()
    return dict(line.split("\t") for line in lines)


def test_a_machine_without_routes_to_elsewhere_has_none(machine):
    assert not lifelines(machine)


def test_all_next_hops_of_a_default_route_are(machine):
    machine.ip("route", "add", "default", "nexthop", "via", "192.0.0.1", "nexthop", "via", "192.0.1.1")
    assert lifelines(machine) == {"eth0": BY_ROUTE, "eth1": BY_ROUTE}


def test_a_default_route_of_another_table_is(machine):
    machine.ip("route", "add", "default", "via", "192.0.2.1", "table", "100")
    assert lifelines(machine) == {"eth2": BY_ROUTE}


def test_ipv6_default_routes_of_several_next_hops_and_other_tables_are(machine):
    machine.ip("-6", "route", "add", "default", "nexthop", "via", "fe80::1", "dev", "eth0",
               "nexthop", "via", "fe80::1", "dev", "eth1")
    machine.ip("-6", "route", "add", "default", "via", "fe80::1", "dev", "eth2", "table", "100")
    assert lifelines(machine) == {"eth0": BY_ROUTE, "eth1": BY_ROUTE, "eth2": BY_ROUTE}


def test_a_default_route_that_refuses_is_not(machine):
    machine.ip("route", "add", "unreachable", "default")
    assert not lifelines(machine)


def test_the_interface_with_the_local_address_of_a_session_is_wherever_answers_leave(machine):
    machine.ip("address", "add", "10.0.1.2/24", "dev", "eth1")
    machine.neighbour.ip("address", "add", "192.0.2.1/24", "dev", "eth2")
    machine.neighbour.ip("route", "add", "10.0.1.2", "via", "192.0.2.2")
    server = machine.start("server", "/usr/bin/python3", "-c", SERVER)
    wait_for("SSH's port", 10, lambda: "listens" in server.out.read_text())
    session = machine.neighbour.start("client", "/usr/bin/python3", "-c", CLIENT)
    wait_for("session", 10, lambda: "connected" in session.out.read_text())
    assert lifelines(machine) == {"eth1": BY_SSH, "eth2": BY_SSH}
