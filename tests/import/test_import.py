#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""mt6dctl import, driven as a user drives it: a whole site, in each way that its files may be written.
Takes the programs from MT6DCTL and MT6D_GATEWAY."""

import os
import stat
import subprocess

import pytest
from old_site import HEX_KEY, MT6DCTL, TEXT_KEY, change, fates, report, run

GATEWAY = os.environ["MT6D_GATEWAY"]
# Every setting of the original, as its authors describe it.
SETTINGS = """bridging_nic internal_nic external_nic rotation_time log_handlers log_file log_level
    users_location ethers_location profiles_location crypt_type hash_type regen_interval regen_window
    packets firewall routes flow_label encrypt urand""".split()


# --- a whole site ---------------------------------------------------------------------------------

def test_a_whole_site_is_taken_by_the_loader_and_the_gateway(site):
    result = run("old", cwd=site)
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("mt6d.yaml passes the gateway's check. Start it with:\n"
                                  "  mt6d-gateway --config mt6d.yaml\n")
    checked = subprocess.run([MT6DCTL, "check", "mt6d.yaml"], capture_output=True, text=True, check=False, cwd=site)
    assert checked.stdout == "mt6d.yaml: good, 3 hosts in 2 streams: 2 aes-256-gcm\n"
    # The gateway itself refuses nothing in the file: it gets as far as its ports, which there are none of.
    started = subprocess.run([GATEWAY, "--config", "mt6d.yaml", "--set", f"state_dir={site}/state", "--set",
                              "control.socket=none", "--set", "memory=64M", "--set", "hugepages=off"],
                             capture_output=True, text=True, check=False, cwd=site, timeout=60)
    assert started.returncode != 0 and "mt6d.yaml" not in started.stderr
    assert "eth1" in started.stderr


def test_every_setting_of_the_original_is_accounted_for(site):
    assert sorted(fates(site)) == sorted(SETTINGS)


def test_what_becomes_of_each_setting(site):
    got = fates(site)
    for name, key in {"internal_nic": "internal.device", "external_nic": "external.device",
                      "rotation_time": "defaults.rotation", "hash_type": "defaults.hash",
                      "regen_interval": "defaults.rekey.interval", "regen_window": "defaults.rekey.window",
                      "flow_label": "defaults.flow_labels", "log_level": "log.level"}.items():
        assert got[name] == ("taken over", key)
    for name in ("crypt_type", "encrypt"):
        assert got[name] == ("replaced", "defaults.cipher")
    for name in ("bridging_nic", "log_handlers", "log_file", "packets", "firewall", "routes", "urand"):
        assert got[name] == ("not needed", None)


def test_keys_are_in_files_of_their_own_that_nobody_else_reads(site):
    assert run("old", cwd=site).returncode == 0
    assert (site / "alice-bob.key").read_text() == HEX_KEY + "\n"
    assert bytes.fromhex((site / "alice-carol.key").read_text()) == TEXT_KEY.encode()
    for name in ("alice-bob.key", "alice-carol.key", "mt6d.yaml"):
        assert stat.S_IMODE((site / name).stat().st_mode) == 0o600
    yaml = (site / "mt6d.yaml").read_text()
    assert HEX_KEY not in yaml and TEXT_KEY not in yaml and TEXT_KEY.encode().hex() not in yaml


def test_the_other_site_has_the_same_streams_the_other_way_round(site):
    assert run("old", "--local", "bob", "--local", "2001:db8:2::c", "--output", "b.yaml", cwd=site).returncode == 0
    assert '{ local: "bob", remote: "alice", key_file: "bob-alice.key" }' in (site / "b.yaml").read_text()
    assert (site / "bob-alice.key").read_text() == HEX_KEY + "\n"


def test_profiles_between_other_hosts_are_left_out(site):
    document = report(site, "--local", "bob")
    assert document["files"] == ["bob-alice.key", "mt6d.yaml"]
    assert {"where": "old/profiles:3:1", "message": "left out: neither of its hosts is behind this gateway"} \
        in document["warnings"]


def test_what_was_left_out_and_weak_keys_are_told(site):
    notes = {one["where"]: one["message"] for one in report(site)["warnings"]}
    assert notes["old/users:5:1"] == "left out: dave is in no stream"
    assert notes["old/profiles:3:1"].startswith("its key is characters")


def test_nothing_is_overwritten_without_force(site):
    for existing in ("mt6d.yaml", "alice-carol.key"):
        (site / existing).write_text("precious")
        before = sorted(site.iterdir())
        result = run("old", cwd=site)
        assert result.returncode == 1
        assert result.stderr.startswith(f"mt6dctl: {existing} exists and is left as it is")
        assert sorted(site.iterdir()) == before and (site / existing).read_text() == "precious"
        assert run("old", "--force", cwd=site).returncode == 0
        assert "precious" not in (site / existing).read_text()
        for made in ("mt6d.yaml", "alice-carol.key", "alice-bob.key"):
            (site / made).unlink()


def test_what_is_in_the_way_is_told_to_programs_too(site):
    (site / "mt6d.yaml").write_text("precious")
    document = report(site)
    assert not document["good"] and document["files"] == []
    assert [one["where"] for one in document["errors"]] == ["mt6d.yaml"]


def test_nothing_is_left_where_not_all_could_be_made(site):
    result = run("old", "--output", "x" * 300, cwd=site)
    assert result.returncode == 1 and "File name too long" in result.stderr
    assert [path.name for path in site.iterdir()] == ["old"]


def test_output_and_its_keys_go_where_they_are_told_to(site):
    (site / "new").mkdir()
    assert run("old", "--output", "new/a.yaml", cwd=site).returncode == 0
    assert sorted(path.name for path in (site / "new").iterdir()) == ["a.yaml", "alice-bob.key", "alice-carol.key"]


def test_what_the_loader_refuses_is_told_with_its_place_in_the_new_file(site):
    change(site, "mt6d.ini", "external_nic = eth2", "external_nic = eth1")
    result = run("old", cwd=site)
    assert result.returncode == 1
    assert "\nmt6d.yaml:" in result.stderr
    assert result.stderr.endswith("mt6d.yaml does not pass the gateway's check yet: mend it there, then run "
                                  "mt6dctl check mt6d.yaml\n")


# --- how the files are written --------------------------------------------------------------------

@pytest.mark.parametrize("line", ["alice 2001:db8:1::a", "alice\t=\t2001:db8:1::a", "alice: 2001:db8:1::a",
                                  "alice:2001:db8:1::a", "alice,2001:db8:1::a", "2001:db8:1::a alice",
                                  "  'alice' = \"2001:db8:1::a\" # the first", "alice 2001:DB8:1:0::A ; the first"])
def test_many_ways_to_write_a_user(site, line):
    change(site, "users", "alice   2001:db8:1::a", line)
    assert report(site)["errors"] == []
    assert '{ name: "alice", address: "2001:db8:1::a"' in (site / "mt6d.yaml").read_text()


@pytest.mark.parametrize("line", ["2001:db8:1::a 2:0:0:0:0:a", "02:00:00:00:00:0A alice", "alice=02-00-00-00-00-0a",
                                  "2001:db8:1:0:0::a,02:00:00:00:00:0a", "alice: 02:00:00:00:00:0a # eth0"])
def test_many_ways_to_write_a_mac(site, line):
    change(site, "ethers", "2001:db8:1::a 02:00:00:00:00:0a", line)
    assert report(site)["errors"] == []
    assert 'mac: "02:00:00:00:00:0a"' in (site / "mt6d.yaml").read_text()


@pytest.mark.parametrize("line", [f"alice bob {HEX_KEY}", f"alice,bob,{HEX_KEY}", f"alice:bob:{HEX_KEY.upper()}",
                                  f"2001:db8:1::a 2001:db8:2::b = '{HEX_KEY}' ; key", f"alice: bob: {HEX_KEY}"])
def test_many_ways_to_write_a_profile(site, line):
    change(site, "profiles", f"alice bob   {HEX_KEY}", line)
    assert report(site)["errors"] == []
    assert (site / "alice-bob.key").read_text() == HEX_KEY + "\n"


@pytest.mark.parametrize("line", ["rotation_time=5", "rotation_time: 5s", "rotation_time 5", "ROTATION_TIME : 5",
                                  'rotation_time = "5"  # seconds', "rotation_time:5"])
def test_many_ways_to_write_a_setting(site, line):
    change(site, "mt6d.ini", "rotation_time = 10", line)
    assert fates(site)["rotation_time"] == ("taken over", "defaults.rotation")
    assert "\n  rotation: 5s\n" in (site / "mt6d.yaml").read_text()


def test_files_may_have_windows_line_ends(site):
    for path in (site / "old").iterdir():
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert report(site)["errors"] == []


def test_a_location_is_followed(site):
    (site / "old" / "users").rename(site / "people")
    change(site, "mt6d.ini", "/etc/mt6d/users", str(site / "people"))
    assert f"{site}/people was read" in [one["explanation"] for one in report(site)["settings"]]


def test_without_locations_the_usual_names_are_read(site):
    for name in ("users", "ethers", "profiles"):
        change(site, "mt6d.ini", f"{name}_location = /etc/mt6d/{name}\n", "")
    assert report(site)["errors"] == []


# --- values that do not fit -----------------------------------------------------------------------

@pytest.mark.parametrize("old, new, name, written", [
    ("rotation_time = 10", "rotation_time = 15", "rotation_time", "rotation: 20s"),
    ("regen_interval = 3600", "regen_interval = 5", "regen_interval", "interval: 30s"),
    ("regen_window = 60", "regen_window = 3000", "regen_window", "window: 1800s"),
])
def test_a_value_out_of_range_is_changed_and_left_to_the_user(site, old, new, name, written):
    change(site, "mt6d.ini", old, new)
    assert fates(site)[name][0] == "decide by hand"
    assert f" {written}\n" in (site / "mt6d.yaml").read_text()


@pytest.mark.parametrize("old, new, name", [
    ("rotation_time = 10", "rotation_time = often", "rotation_time"), ("encrypt = true", "encrypt = maybe", "encrypt"),
    ("regen_interval = 3600", "regen_interval =", "regen_interval"), ("log_level = INFO", "log_level = 7", "log_level"),
    ("flow_label = true", "flow_label = blue", "flow_label"), ("urand = true", "urandom = true", "urandom")])
def test_a_value_without_meaning_is_left_to_the_user(site, old, new, name):
    change(site, "mt6d.ini", old, new)
    assert fates(site)[name][0] == "decide by hand"


def test_a_hash_that_is_not_here_becomes_sha256(site):
    change(site, "mt6d.ini", "hash_type = sha256", "hash_type = md5")
    assert fates(site)["hash_type"] == ("replaced", "defaults.hash")
    assert "\n  hash: sha256\n" in (site / "mt6d.yaml").read_text()


def test_a_site_without_encryption_stays_one_and_hears_of_it(site):
    change(site, "mt6d.ini", "encrypt = true", "encrypt = no")
    got = fates(site)
    assert got["encrypt"] == ("taken over", "defaults.cipher") and got["crypt_type"][0] == "not needed"
    assert "\n  cipher: none\n" in (site / "mt6d.yaml").read_text()
