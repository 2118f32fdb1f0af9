# SPDX-License-Identifier: BSD-3-Clause
import pytest
from dissect import Tshark


@pytest.fixture
def tshark(tmp_path):
    return Tshark(tmp_path)
