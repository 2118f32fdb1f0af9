# SPDX-License-Identifier: BSD-3-Clause
"""The Debian packages, in a Debian that has nothing else. Run as root: tools/test package."""
import pathlib
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tools" / "lib"))

from lab.debian import PACKAGES, DebianRoot, build_packages  # noqa: E402  (imports what the line above finds)


@pytest.fixture(scope="session")
def packages():
    """{name: file}, built from this tree, the source package too."""
    return build_packages("--source")


@pytest.fixture(scope="session")
def changes(packages):
    assert packages
    [path] = PACKAGES.glob("*.changes")
    return path


@pytest.fixture(scope="session")
def debian(tmp_path_factory):
    return DebianRoot(tmp_path_factory.mktemp("debian"))
