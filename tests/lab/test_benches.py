# SPDX-License-Identifier: BSD-3-Clause
"""The benches that run gateways in their own process do what they say. How fast, is not looked at."""

import json
import os
import subprocess

from lab.gateway import TOP

BUILD = TOP / os.environ.get("MT6D_BUILD", "build")


def bench(name, *options):
    done = subprocess.run([TOP / "tools" / "bench", name, "--build", BUILD, "--json", *options],
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_as_many_packets_leave_as_come_while_all_addresses_change():
    found = bench("rotations", "--rotations", "3", "--rate", "20000")
    assert found["passed"]
    assert found["packets_in"] == found["packets_out"] > 0
    assert min(found["rotations"]) >= 3


def test_latency_is_told_for_each_load_and_cipher():
    found = bench("latency", "--turns", "1", "--seconds", "0.3", "--loads", "1,50")["results"]
    assert [(one["cipher"], one["load_percent"]) for one in found] == [
        ("none", 1), ("none", 50), ("aes-256-gcm", 1), ("aes-256-gcm", 50)]
    for one in found:
        assert one["gateway_us"]["p99.9"] >= one["gateway_us"]["median"] > 0
        assert one["bare_us"]["median"] > 0


def test_an_unknown_bench_is_told_which_there_are():
    done = subprocess.run([TOP / "tools" / "bench", "faster"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 2
    assert "tools/bench rotations" in done.stdout
