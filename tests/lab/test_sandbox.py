#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The systemd unit: it is correct, closes what it can, and the real gateway needs no more than it
leaves. No systemd runs here: its checkers read the unit, and what the gateway does is compared with
what the unit allows."""

import collections
import re
import shutil

import pytest
from lab.gateway import TOP
from lab.namespace import run
from lab.service_manager import allowed_calls
from lab.topology import BOB, best_driver
from lab.traffic import ping, wait_until_both_reachable

SOURCE = TOP / "conf" / "systemd"
# Made each fraction of a millisecond: looked at by name alone, since tracing them would stop the
# gateway from working.
INCESSANT = {"clock_nanosleep", "futex", "poll", "recvfrom", "rt_sigtimedwait", "sendto", "write"}
DRIVERS = sorted({"net_af_packet", best_driver()})
DROPPED_IN = {"net_af_packet": [], "net_af_xdp": [SOURCE / "af-xdp.conf"]}


def settings(*paths):
    """Of a unit and what is dropped in: the values of each key, in their order."""
    found = collections.defaultdict(list)
    for path in paths:
        for line in path.read_text().splitlines():
            key, equals, value = line.partition("=")
            if equals and not line.startswith("#"):
                found[key].append(value)
    return found


def all_words(lines):
    return [word for line in lines for word in line.split()]


@pytest.fixture(name="unit")
def fixture_unit(tmp_path):
    """As installed, with a program that exists."""
    path = tmp_path / "mt6d-gateway@.service"
    text = (SOURCE / f"{path.name}.in").read_text()
    path.write_text(text.replace("@sbindir@/mt6d-gateway", "/bin/true")
                    .replace("@docdir@", "/usr/share/doc/mt6d-gateway"))
    return path


@pytest.mark.parametrize("dropped_in, most_exposed", [
    ("bound-nics.conf", 2.4), (None, 2.9), ("af-xdp.conf", 3.4)])  # of 10, by systemd-analyze
def test_the_unit_is_correct_and_leaves_little_exposed(unit, dropped_in, most_exposed):
    if dropped_in:
        directory = unit.with_name(unit.name + ".d")
        directory.mkdir()
        shutil.copy(SOURCE / dropped_in, directory)
    verified = run("systemd-analyze", "verify", unit)
    assert (verified.stdout, verified.stderr) == ("", "")
    judged = run("systemd-analyze", "security", "--offline=true", "--no-pager",
                 f"--threshold={round(10 * most_exposed)}", unit, check=False)
    assert judged.returncode == 0, judged.stdout


def test_users_and_directories_can_be_made(tmp_path):
    for kind, program in (("sysusers", "systemd-sysusers"), ("tmpfiles", "systemd-tmpfiles")):
        (tmp_path / "etc").mkdir(exist_ok=True)
        arguments = ["--create"] if kind == "tmpfiles" else []
        run(program, f"--root={tmp_path}", *arguments, SOURCE / f"mt6d.{kind}")
    assert re.search(r"^mt6d:", (tmp_path / "etc/passwd").read_text(), re.MULTILINE)
    for directory, mode in (("etc/mt6d", 0o750), ("run/mt6d", 0o755), ("var/lib/mt6d", 0o700)):
        assert (tmp_path / directory).stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_gateway_needs_no_more_than_the_unit_leaves_it(unit, make_lab, driver):
    leaves = settings(unit, *DROPPED_IN[driver])
    lab = make_lab(driver=driver)
    bounds = ",".join("+" + name.lower().removeprefix("cap_")
                      for name in all_words(leaves["CapabilityBoundingSet"]))
    trace = lab.directory / "calls"
    # Not every machine lets a test raise this limit: the capability that lifts it stands for it.
    assert leaves["LimitMEMLOCK"] == ["infinity"]
    bounds += ",+ipc_lock"
    lab.a.wrapper = ["setpriv", "--no-new-privs", f"--bounding-set=-all,{bounds}",
                     "strace", "-D", "-f", "-qq", "--seccomp-bpf", "-o", trace,
                     "-e", "trace=!" + ",".join(sorted(INCESSANT))]
    lab.start()
    wait_until_both_reachable(lab)
    assert ping(lab.host_a, BOB.address, count=20, interval=0.05) == (20, 20)
    lab.a.stop()
    # What the kernel refuses it for want of capabilities, or does not have, it does without, and
    # needs no leave for (iopl: EAL tries to get at I/O ports).
    text = re.sub(r"^.* = -1 (EPERM|ENOSYS) .*$", "", trace.read_text(errors="replace"),
                  flags=re.MULTILINE)
    made = set(re.findall(r"^\d+ +(\w+)\(", text, re.MULTILINE)) | INCESSANT
    assert made - allowed_calls(leaves["SystemCallFilter"]) == set()
    families = set(re.findall(r"\bsocket(?:pair)?\((AF_\w+)", text))
    assert families <= set(all_words(leaves["RestrictAddressFamilies"]))
    # MemoryDenyWriteExecute=
    assert not re.findall(r"mmap\([^)]*PROT_WRITE\|PROT_EXEC.*|mprotect\([^)]*PROT_EXEC.*", text)
