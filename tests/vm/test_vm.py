#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""docs/installing.md and docs/vm.md, as an operator goes through them in a virtual machine: the
package, the doctor, the unit, traffic, and another boot. The tests build on each other, in this
order."""
import concurrent.futures
import json

import pytest
from guest_lab import ROTATION
from lab.process import wait_for
from lab.topology import ALICE, BOB
from lab.traffic import WebServer, download, ping, wait_until_both_reachable

UNIT = "mt6d-gateway@site-a"
FILE = "/etc/mt6d/site-a.yaml"
KEY = "/etc/mt6d/alice-bob.key"
INTERNAL, EXTERNAL, MANAGEMENT = "0000:01:00.0", "0000:02:00.0", "0000:03:00.0"
CONFIGURATION = f"""\
name: site-a
idle: sleep
memory: 256M
internal: {{ device: "{INTERNAL}" }}
external: {{ device: "{EXTERNAL}", on_link: ["2001:db8:1::/64"] }}
defaults: {{ rotation: {ROTATION}s, lifetime: {3 * ROTATION}s, rekey: {{ method: off }} }}
hosts:
  - {{ name: alice, address: "{ALICE.address}", mac: "{ALICE.mac}" }}
  - {{ name: bob, address: "{BOB.address}", mac: "{BOB.mac}" }}
streams:
  - {{ local: alice, remote: bob, key_file: alice-bob.key }}
"""
ROTATIONS = 3
PINGS_A_SECOND = 10
DOWNLOAD_RATE = 128 << 10  # bytes a second: the processor is emulated
# Each command may mend one finding alone.
MENDS = 12


def examine(guest):
    told = guest.run(f"mt6dctl doctor --json {FILE}", check=False)
    return json.loads(told.stdout)


def findings(told, verdict):
    """(check, finding) of one verdict."""
    return [(check["name"], finding) for check in told["checks"] for finding in check["findings"]
            if finding["verdict"] == verdict]


def wait_until_nothing_is_wrong(guest):
    """The time server has to be asked some times."""
    wait_for("'0 wrong' from the doctor", 60, lambda: examine(guest)["wrong"] == 0, interval=1)


def state(guest, name):
    return guest.run(f"systemctl show --property={name} --value {UNIT}").stdout.strip()


def stream(guest):
    [only] = json.loads(guest.run("mt6dctl --json show streams").stdout)["streams"]
    return only


@pytest.fixture(scope="module")
def installed(guest, package):
    guest.write(f"/root/{package.name}", package.read_bytes())
    guest.run(f"apt-get install -y /root/{package.name}", timeout=180)
    return guest


@pytest.fixture(scope="module")
def configured(installed, lab):
    installed.write(FILE, CONFIGURATION.encode())
    installed.run(f"mt6dctl keygen {KEY} && chown mt6d {KEY}")
    lab.key_file.write_text(installed.run(f"cat {KEY}").stdout)
    return installed


@pytest.fixture(scope="module")
def mended(configured):
    """After all that the doctor says."""
    for _ in range(MENDS):
        wrong = [finding for name, finding in findings(examine(configured), "wrong")
                 if name != "clock"]
        if not wrong:
            return configured
        assert wrong[0]["remedy"], wrong[0]["text"]
        configured.run(wrong[0]["remedy"])
    raise AssertionError(f"still wrong: {findings(examine(configured), 'wrong')}")


@pytest.fixture(scope="module")
def running(mended, lab):
    """The unit as installed, and the other site's gateway."""
    wait_until_nothing_is_wrong(mended)
    mended.run(f"systemctl enable --now {UNIT}", timeout=90)
    lab.b.start()
    wait_until_both_reachable(lab, 30)
    return mended


def test_the_package_is_installed_and_starts_nothing(installed):
    assert installed.run("mt6d-gateway --version").stdout.startswith("mt6d-gateway ")
    listed = installed.run("systemctl list-units --all --plain --no-legend 'mt6d-gateway@*'").stdout
    assert listed == ""


def test_the_card_by_which_the_machine_is_reached_is_not_taken(installed):
    refused = installed.run(f"mt6d-bind to vfio-pci {MANAGEMENT}", check=False)
    assert refused.returncode == 1
    assert "enp3s0: the default route" in refused.stderr


def test_before_the_doctor_is_heeded_both_cards_are_the_kernels(configured):
    wrong = {name for name, _ in findings(examine(configured), "wrong")}
    assert {"drivers", "hugepages"} <= wrong


def test_the_doctors_commands_mend_all_that_is_wrong(mended):
    wait_until_nothing_is_wrong(mended)
    assert mended.run(f"mt6dctl doctor {FILE}").stdout.endswith("\n0 wrong, 0 to note\n")
    told = examine(mended)
    well = {name for name, _ in findings(told, "ok")}
    assert {"iommu", "drivers", "hugepages", "packages", "clock", "permissions"} <= well
    groups = [finding["text"] for name, finding in findings(told, "ok") if name == "iommu"]
    assert len(groups) == 3, groups  # there, and a group for each port


def test_the_unit_is_ready_once_started(running):
    assert state(running, "ActiveState") == "active"
    assert state(running, "StatusText") == "forwarding 1 stream"
    assert state(running, "NRestarts") == "0"


def test_nothing_is_lost_across_three_rotations(running, lab):
    seconds = (ROTATIONS + 1) * ROTATION
    pings = seconds * PINGS_A_SECOND
    web_a = WebServer(lab.host_a, ALICE.address, seconds * DOWNLOAD_RATE)
    web_b = WebServer(lab.host_b, BOB.address, seconds * DOWNLOAD_RATE)
    before = stream(running)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        jobs = [pool.submit(ping, lab.host_a, BOB.address, pings, 1 / PINGS_A_SECOND, 3),
                pool.submit(ping, lab.host_b, ALICE.address, pings, 1 / PINGS_A_SECOND, 3),
                pool.submit(download, lab.host_b, web_a.url, DOWNLOAD_RATE),
                pool.submit(download, lab.host_a, web_b.url, DOWNLOAD_RATE)]
    assert [job.result() for job in jobs] == [(pings, pings), (pings, pings), web_a.digest, web_b.digest]
    after = stream(running)
    assert after["salt"] - before["salt"] >= ROTATIONS
    assert min(after[f"{way}_packets"] - before[f"{way}_packets"]
               for way in ("encapsulated", "decapsulated")) >= 2 * pings
    assert after["dropped_packets"] == before["dropped_packets"]
    for server in (web_a, web_b):
        server.stop()


def test_a_reload_changes_neither_process_nor_traffic(running, lab):
    pid = state(running, "MainPID")
    running.run(f"systemctl reload {UNIT}")
    assert ping(lab.host_a, BOB.address, 20, wait=3) == (20, 20)
    assert state(running, "MainPID") == pid


def test_bound_cards_need_no_capability(running, lab):
    running.run("install -D -m 644 /usr/share/doc/mt6d-gateway/examples/systemd/bound-nics.conf "
                f"/etc/systemd/system/{UNIT}.service.d/bound-nics.conf && systemctl daemon-reload && "
                f"systemctl restart {UNIT}", timeout=90)
    pid = state(running, "MainPID")
    held = running.run(f"grep -h ^Cap /proc/{pid}/status").stdout.split()[1::2]
    assert set(held) == {"0" * 16}
    wait_until_both_reachable(lab, 30)


def test_the_watchdog_replaces_a_gateway_that_stands_still(running, lab):
    running.run(f"kill -STOP {state(running, 'MainPID')}")
    wait_for("restart by the watchdog", 60, lambda: state(running, "NRestarts") == "1", interval=1)
    wait_for("ready gateway", 60, lambda: state(running, "ActiveState") == "active", interval=1)
    assert "Watchdog timeout" in running.run(f"journalctl --no-pager --unit {UNIT}").stdout
    wait_until_both_reachable(lab, 30)


def test_after_a_reboot_the_gateway_runs_by_itself(running, lab):
    running.reboot()
    wait_for("unit after the boot", 120, lambda: state(running, "ActiveState") == "active", interval=1)
    wait_until_nothing_is_wrong(running)
    wait_until_both_reachable(lab, 30)


def test_it_stops_cleanly(running):
    running.run(f"systemctl stop {UNIT}")
    assert state(running, "Result") == "success"
    assert state(running, "ExecMainStatus") == "0"
