# SPDX-License-Identifier: BSD-3-Clause
"""The lab tests: two real gateways, two real kernels.

    host-a ─── gw-a ─── wire ─── gw-b ─── host-b

The whole drawing is in tools/lib/lab/topology.py. Run as root: tools/test lab.
"""

import os
import pathlib
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tools" / "lib"))

from lab import topology  # noqa: E402  (found through the line above)
from lab import traffic  # noqa: E402


def pytest_report_header():
    driver = "net_af_xdp" if topology.has_af_xdp() else "net_af_packet: the kernel has no AF_XDP"
    return f"gateway: {os.environ.get('MT6D_BUILD', 'build')}/mt6d-gateway; ports: {driver}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the state its lab was in, gathered before the lab is taken down."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for lab in getattr(item, "labs", []):
            report.sections.append(("lab", lab.describe()))


@pytest.fixture
def make_lab(request):
    """Builds labs, each taken down at the test's end."""
    request.node.labs = []

    def make(**options):
        lab = topology.Lab(**options)
        lab.__enter__()
        request.addfinalizer(lab.close)
        request.node.labs.append(lab)
        return lab

    return make


@pytest.fixture
def running(make_lab):
    """The default lab with both gateways forwarding and both hosts' caches filled."""
    lab = make_lab()
    lab.start()
    traffic.wait_until_reachable(lab.host_a, topology.BOB.address)
    traffic.wait_until_reachable(lab.host_b, topology.ALICE.address)
    return lab
