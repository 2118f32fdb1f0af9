# SPDX-License-Identifier: BSD-3-Clause
"""A gateway in a virtual machine, from its package to a second boot. Run as root: tools/test --vm.

The drawing is in guest_lab.py.
"""
import pathlib
import shutil
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tools" / "lib"))

from guest_disk import guest_disk  # noqa: E402  (imports what the line above finds)
from guest_lab import ROTATION, GatewayInGuest, HostInGuest  # noqa: E402
from lab.debian import build_packages  # noqa: E402

NEEDED = {"qemu-system-x86_64": "qemu-system-x86", "debootstrap": "debootstrap",
          "mke2fs": "e2fsprogs", "chronyd": "chrony"}


def pytest_sessionstart():
    missing = [package for program, package in NEEDED.items() if not shutil.which(program)]
    if missing:
        pytest.exit(f"missing: {' '.join(missing)}; sudo tools/setup --for test installs them", 1)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the state of the lab, the guest's journal included."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for name in {"lab", "lab_with_host"} & set(item.funcargs):
            report.sections.append((name, item.funcargs[name].describe()))


@pytest.fixture(scope="session")
def package():
    return build_packages()["mt6d-gateway"]


@pytest.fixture(scope="session")
def disk(package):
    return guest_disk(package)


@pytest.fixture(scope="module")
def lab(disk):
    with GatewayInGuest(rotation=ROTATION) as made:
        made.switch_on(disk)
        yield made


@pytest.fixture(scope="module")
def guest(lab):
    return lab.guest


@pytest.fixture
def lab_with_host(disk):
    with HostInGuest(rotation=ROTATION) as made:
        made.start()
        made.switch_on(disk)
        yield made
