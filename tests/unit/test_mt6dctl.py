#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""mt6dctl, driven as a user drives it: every vector, and every way to fail.

Takes the program from MT6DCTL, the vectors from MT6D_VECTORS.
"""
import hashlib
import ipaddress
import json
import os
import pathlib
import stat
import subprocess

import pytest

MT6DCTL = os.environ["MT6DCTL"]
CLOCK_ANSWER = pathlib.Path(__file__).resolve().parents[2] / "tools/lib/lab/clock_answer.c"
VECTORS = pathlib.Path(os.environ["MT6D_VECTORS"])

KEY = "000102030405060708090a0b0c0d0e0f"
HOST = ["--address", "2001:db8::1", "--mac", "02:00:00:00:00:01"]
GOOD = """\
internal: { device: net_tap0 }
external: { device: net_null0, default_router: fe80::1 }
hosts:
  - { name: alice, address: 2001:db8:1::a, mac: 02:00:00:00:00:0a }
  - { name: bob, address: 2001:db8:2::b, mac: 02:00:00:00:00:0b }
streams:
  - { local: alice, remote: bob, key_file: ab.key }
"""


def run(*arguments, **options):
    return subprocess.run([MT6DCTL, *map(str, arguments)], capture_output=True, text=True,
                          timeout=60, check=False, **options)


def vectors(name):
    return json.loads((VECTORS / name).read_text())["vectors"]


def derive(*arguments):
    return run("derive", *arguments)


# keygen

def test_keygen_makes_a_private_key(tmp_path):
    path = tmp_path / "a.key"
    result = run("keygen", path)
    assert (result.returncode, result.stderr) == (0, "")
    text = path.read_text()
    assert len(text) == 129 and text.endswith("\n") and len(bytes.fromhex(text)) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert text.strip() not in result.stdout


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_keygen_is_private_under_every_umask(tmp_path, umask):
    path = tmp_path / "a.key"
    assert run("keygen", path, umask=umask).returncode == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_keygen_makes_another_key_each_time(tmp_path):
    run("keygen", tmp_path / "a")
    run("keygen", tmp_path / "b")
    assert (tmp_path / "a").read_text() != (tmp_path / "b").read_text()


def test_keygen_refuses_to_overwrite(tmp_path):
    path = tmp_path / "a.key"
    path.write_text("precious")
    result = run("keygen", path)
    assert result.returncode == 1
    assert result.stderr.startswith(f"mt6dctl: {path} exists and is left as it is")
    assert path.read_text() == "precious"


def test_keygen_does_not_follow_a_dangling_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    assert run("keygen", tmp_path / "link").returncode == 1
    assert not (tmp_path / "target").exists()


def test_keygen_tells_that_a_directory_is_missing(tmp_path):
    result = run("keygen", tmp_path / "none" / "a.key")
    assert result.returncode == 1
    assert result.stderr.endswith("cannot be made: No such file or directory\n")


# check

@pytest.fixture(name="site")
def fixture_site(tmp_path):
    (tmp_path / "c.yaml").write_text(GOOD)
    assert run("keygen", tmp_path / "ab.key").returncode == 0
    return tmp_path


def test_check_counts_hosts_and_streams(site):
    result = run("check", "c.yaml", cwd=site)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "c.yaml: good, 2 hosts in 1 stream: 1 aes-256-gcm\n"


def test_check_tells_all_that_is_wrong(site):
    (site / "ab.key").chmod(0o644)
    (site / "c.yaml").write_text(GOOD.replace("net_tap0", "net_tun0") + "colour: red\n")
    result = run("check", "c.yaml", "--set", "memory=1", cwd=site)
    assert (result.returncode, result.stdout) == (1, "")
    positions = [line.split(": ")[0] for line in result.stderr.splitlines()]
    assert positions == ["c.yaml:1:21", "c.yaml:7:44", "c.yaml:8:1", "--set memory"]
    assert "run chmod 600 'ab.key'" in result.stderr


def test_check_applies_overrides(site):
    result = run("check", "c.yaml", "--set", "defaults.rotation=2s", "--set",
                 "external.on_link=[2001:db8:2::/64]", cwd=site)
    assert result.returncode == 0, result.stderr


def test_check_prints_warnings_and_succeeds(site):
    (site / "c.yaml").write_text(GOOD.replace(
        "streams:", "  - { name: carol, address: 2001:db8:3::c, mac: 02:00:00:00:00:0c }\nstreams:"))
    result = run("check", "c.yaml", cwd=site)
    assert result.returncode == 0
    assert result.stderr == "warning: c.yaml:6:13: the host carol is in no stream\n"


def test_check_refuses_a_readable_streams_file(site):
    (site / "c.yaml").write_text(GOOD + "streams_file: many.streams\n")
    (site / "many.streams").write_text(
        f"2001:db8:1::a 02:00:00:00:00:0a 2001:db8:2::c 02:00:00:00:00:0c {KEY}\n")
    (site / "many.streams").chmod(0o640)
    result = run("check", "c.yaml", cwd=site)
    assert result.returncode == 1
    assert result.stderr.startswith(
        "c.yaml:8:15: streams file 'many.streams': is open to group or others (mode 0640)")
    (site / "many.streams").chmod(0o600)
    assert run("check", "c.yaml", cwd=site).stdout == (
        "c.yaml: good, 3 hosts in 2 streams: 2 aes-256-gcm\n")


def test_check_counts_ciphers_and_warns_of_the_legacy_one(site):
    (site / "c.yaml").write_text(GOOD + "streams_file: many.streams\n")
    (site / "many.streams").write_text("".join(
        f"2001:db8:1::a 02:00:00:00:00:0a 2001:db8:2::{i} 02:00:00:00:00:{i} {KEY} cipher={cipher}\n"
        for i, cipher in ((20, "aes-256-cbc"), (21, "none"), (22, "none"))))
    (site / "many.streams").chmod(0o600)
    result = run("check", "c.yaml", cwd=site)
    assert result.stdout == ("c.yaml: good, 5 hosts in 4 streams: 1 aes-256-gcm, "
                             "1 aes-256-cbc (legacy), 2 none (in the clear)\n")
    assert result.stderr.startswith("warning: ")
    assert result.stderr.count("legacy cipher") == 1


def test_check_tells_that_there_is_no_file(tmp_path):
    result = run("check", "none.yaml", cwd=tmp_path)
    assert result.returncode == 1
    assert result.stderr == "none.yaml: cannot be opened: No such file or directory\n"


# export-keys

def export(site, *more):
    return run("export-keys", "c.yaml", "all.keys", *more, cwd=site)


def test_export_keys_writes_a_streams_file_that_the_loader_takes(site):
    result = export(site)
    assert result.returncode == 0 and result.stdout == ""
    assert "WARNING: all.keys now holds 1 session key in the clear" in result.stderr
    path = site / "all.keys"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = (site / "ab.key").read_text().strip()
    assert key not in result.stderr
    assert path.read_text() == (f"2001:db8:1::a 02:00:00:00:00:0a 2001:db8:2::b 02:00:00:00:00:0b {key} "
                                "name=alice-bob rotation=10s lifetime=30s hash=sha256 base_port=19766 epoch=0\n")
    path.write_text(path.read_text().replace(" epoch=0", ""))
    head = GOOD[:GOOD.index("hosts:")]
    (site / "again.yaml").write_text(head + "streams_file: all.keys\n")
    assert run("check", "again.yaml", cwd=site).returncode == 0


def test_export_keys_names_hash_prefixes_and_port(site):
    text = GOOD.replace("02:00:00:00:00:0b }", '02:00:00:00:00:0b, hashed_prefix: "2001:db8:9::/64" }')
    options = "key_file: ab.key, hash: sha512, rotation: 1m, lifetime: 4m, base_port: 30000, name: both"
    (site / "c.yaml").write_text(text.replace("key_file: ab.key", options))
    assert export(site).returncode == 0
    assert (site / "all.keys").read_text().split(" ", 5)[5] == (
        "name=both rotation=60s lifetime=240s hash=sha512 base_port=30000 remote_prefix=2001:db8:9::/64 epoch=0\n")


def test_export_keys_replaces_a_file_only_when_told_to(site):
    (site / "all.keys").write_text("precious")
    result = export(site)
    assert result.returncode == 1 and "all.keys exists and is left as it is" in result.stderr
    assert (site / "all.keys").read_text() == "precious"
    (site / "all.keys").chmod(0o644)
    assert export(site, "--force").returncode == 0
    assert stat.S_IMODE((site / "all.keys").stat().st_mode) == 0o600
    assert sorted(path.name for path in site.iterdir()) == ["ab.key", "all.keys", "c.yaml"]


def test_export_keys_of_a_bad_configuration_tells_what_check_tells(site):
    (site / "c.yaml").write_text(GOOD + "colour: red\n")
    result = export(site)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("c.yaml:8:1: ")
    assert not (site / "all.keys").exists()


def test_export_keys_passes_over_stored_keys_that_are_damaged(site):
    (site / "c.yaml").write_text(f"state_dir: {site}/state\n" + GOOD)
    identity = hashlib.sha256(b"mt6d/v1/stream" + ipaddress.IPv6Address("2001:db8:1::a").packed
                              + ipaddress.IPv6Address("2001:db8:2::b").packed).hexdigest()[:32]
    (site / "state" / "keys").mkdir(parents=True)
    stored = site / "state" / "keys" / identity
    stored.write_bytes(bytes(100))
    stored.chmod(0o600)
    result = export(site)
    assert result.returncode == 0
    assert result.stderr.startswith(f"warning: stream alice-bob: {stored}: ")
    assert stored.read_bytes() == bytes(100)


# derive

@pytest.mark.parametrize("vector", vectors("addresses.json"))
def test_derive_computes_every_address(vector):
    arguments = ["--address", vector["true"], "--mac", vector["mac"], "--key", vector["key"],
                 "--salt", vector["salt"], "--hash", vector["hash"]]
    if vector["prefix"]:
        arguments += ["--prefix", vector["prefix"]]
    result = derive(*arguments, "--json")
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout) == {
        name: vector[name] for name in ("hashed", "salt", "flow_label", "source_port")}
    assert derive(*arguments).stdout == vector["hashed"] + "\n"


@pytest.mark.parametrize("vector", vectors("salts.json"))
def test_derive_computes_every_salt(vector):
    result = derive(*HOST, "--key", KEY, "--time", vector["unix_time"], "--rotation",
                    vector["rotation_time"], "--offset", vector["offset"], "--json")
    assert json.loads(result.stdout)["salt"] == vector["salt"]


def test_derive_reads_key_files_and_units(site):
    key = (site / "ab.key").read_text().strip()
    by_file = derive(*HOST, "--key-file", site / "ab.key", "--time", 600, "--rotation", "1m")
    by_text = derive(*HOST, "--key", key, "--salt", 10)
    assert by_file.returncode == 0 and by_file.stdout == by_text.stdout


def test_derive_knows_the_present_time():
    assert derive(*HOST, "--key", KEY, "--time", "now", "--rotation", "1h").returncode == 0


def test_derive_reaches_times_before_the_active_salt():
    result = derive(*HOST, "--key", KEY, "--time", 100, "--rotation", 10, "--offset", -2, "--json")
    assert json.loads(result.stdout)["salt"] == 8
    result = derive(*HOST, "--key", KEY, "--time", 10, "--rotation", 10, "--offset", -2)
    assert result.returncode == 1 and "before 1970" in result.stderr


def test_derive_refuses_a_readable_key_file(site):
    (site / "ab.key").chmod(0o604)
    result = derive(*HOST, "--key-file", site / "ab.key", "--salt", 1)
    assert result.returncode == 1 and result.stdout == ""
    assert "is open to group or others (mode 0604)" in result.stderr


WHEN = ["--salt", "1"]


@pytest.mark.parametrize("arguments", [
    [],
    [*HOST, "--key", KEY],
    [*HOST, *WHEN],
    [*HOST, *WHEN, "--key", KEY, "--key-file", "x"],
    [*HOST, *WHEN, "--key", KEY, "--time", "1", "--rotation", "1"],
    [*HOST, "--key", KEY, "--time", "1"],
    [*HOST, *WHEN, "--key", KEY, "--rotation", "1"],
    [*HOST, *WHEN, "--key", KEY, "--offset", "1"],
    [*HOST, *WHEN, "--key", KEY, "--hash", "md5"],
    [*HOST, *WHEN, "--key", KEY, "--prefix", "2001:db8::/56"],
    [*HOST, *WHEN, "--key", KEY, "--colour"],
    [*HOST, "--key", KEY, "--time", "-1", "--rotation", "1"],
    [*HOST, "--key", KEY, "--time", "1", "--rotation", "11"],
    [*HOST, "--key", KEY, "--salt", "18446744073709551616"],
    [*HOST[:2], *WHEN, "--key", KEY],
    [*HOST[:2], "--mac", "01:00:00:00:00:00", *WHEN, "--key", KEY],
    ["--address", "fe80::1", *HOST[2:], *WHEN, "--key", KEY],
], ids=" ".join)
def test_derive_tells_wrong_usage(arguments):
    result = derive(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr


@pytest.mark.parametrize("key", [KEY[:-2], KEY + "0", KEY[:-1] + "x", KEY * 5])
def test_derive_never_repeats_a_bad_key(key):
    result = derive(*HOST, *WHEN, "--key", key)
    assert (result.returncode, result.stdout) == (2, "")
    assert key[:8] not in result.stderr


# doctor, lifelines

@pytest.fixture(name="machine")
def fixture_machine(tmp_path):
    """Another machine's files: enough for a gateway whose ports nobody knows yet."""
    for path, text in (
            ("sys/devices/system/cpu/online", "0-1"),
            ("proc/self/status", "Cpus_allowed_list: 0-1"),
            ("usr/lib/any/dpdk/pmds-23.0/librte_net_ring.so.23", ""),
            ("proc/net/route", "Iface Destination Gateway Flags RefCnt Use Metric Mask\n"
             "eth0 00000000 0102A8C0 0003 0 0 0 00000000")):
        file = tmp_path / "machine" / path
        file.parent.mkdir(parents=True)
        file.write_text(text + "\n")
    return tmp_path / "machine"


@pytest.fixture(name="right_clock")
def fixture_right_clock(tmp_path):
    """An environment in which the kernel says that the clock is synchronised."""
    library = tmp_path / "clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-DSYNCHRONISED=1", "-o", library, CLOCK_ANSWER],
                   check=True)
    return {"LD_PRELOAD": str(library)}


def test_doctor_ends_well_where_nothing_is_wrong(machine, right_clock):
    result = run("doctor", "--root", machine, env=dict(os.environ) | right_clock)
    assert (result.returncode, result.stderr) == (0, "")
    assert "\n\n0 wrong, " in result.stdout


def test_doctor_names_what_is_wrong_and_the_command_that_mends_it(machine, right_clock):
    (machine / "usr/lib/any/dpdk/pmds-23.0/librte_net_ring.so.23").unlink()
    (machine / "usr/lib/any/dpdk/pmds-23.0").rmdir()
    result = run("doctor", "--root", machine, env=dict(os.environ) | right_clock)
    assert result.returncode == 1
    assert "\n\n1 wrong, " in result.stdout
    lines = [line.split(None, 2) for line in result.stdout.splitlines()]
    at = next(i for i, line in enumerate(lines) if line[1:2] == ["wrong"])
    assert lines[at][0] == "packages"
    assert " ".join(lines[at + 1]) == "# apt-get install librte-meta-all"


def test_doctor_tells_programs_the_same(machine, site, right_clock):
    (site / "ab.key").chmod(0o644)
    result = run("doctor", "c.yaml", "--json", "--root", machine, cwd=site,
                 env=dict(os.environ) | right_clock)
    told = json.loads(result.stdout)
    assert result.returncode == 1 and told["wrong"] == 1
    first = told["checks"][0]
    assert first["name"] == "configuration" and first["about"]
    assert first["findings"][0]["verdict"] == "wrong"
    assert "run chmod 600 'ab.key'" in first["findings"][0]["text"]
    assert first["findings"][0]["remedy"] == "mt6dctl check c.yaml"


def test_doctor_examines_this_machine():
    assert run("doctor").returncode in (0, 1)


def test_lifelines_are_listed_with_their_reasons(machine):
    result = run("lifelines", "--root", machine)
    assert (result.returncode, result.stdout) == (0, "eth0\tthe default route leaves by it\n")


# the program

def test_usage_and_version():
    assert run("--nonsense").returncode == 2
    assert run("keygen").returncode == 2
    assert run("--version").stdout.startswith("mt6dctl ")
    for command in ([], ["keygen"], ["check"], ["derive"]):
        result = run(*command, "--help")
        assert result.returncode == 0 and "Usage:" in result.stdout
    assert "list of processes" in run("derive", "--help").stdout
