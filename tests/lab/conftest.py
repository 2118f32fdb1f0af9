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

from lab import topology, traffic  # noqa: E402  (found through the line above)


def pytest_report_header():
    return (f"gateway: {os.environ.get('MT6D_BUILD', 'build')}/mt6d-gateway; "
            f"ports: {topology.best_driver()}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the state its lab was in, gathered before the lab is taken down."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        # Those that the test made, or that its module shares.
        for lab in getattr(item, "labs", getattr(item.parent, "labs", [])):
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
    traffic.wait_until_both_reachable(lab)
    return lab
