# SPDX-License-Identifier: BSD-3-Clause
import shutil

import pytest
from old_site import SITE


@pytest.fixture
def site(tmp_path):
    """A copy to change, beside which output is made."""
    shutil.copytree(SITE, tmp_path / "old")
    return tmp_path
