#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""mt6dctl import of what cannot be understood: each place is told, and nothing is made."""

import json

import pytest
from old_site import HEX_KEY, TEXT_KEY, change, errors, report, run


@pytest.mark.parametrize("file, old, new, where, what", [
    ("users", "alice   2001:db8:1::a", "alice", "users:2:1", "is not a host's name and its IPv6 address"),
    ("users", "alice   2001:db8:1::a", "alice 192.0.2.1", "users:2:1", "is not a host's name and its IPv6 address"),
    ("users", "alice   2001:db8:1::a", "alice fe80::a", "users:2:7", "is a link-local address"),
    ("users", "alice   2001:db8:1::a", "al!ce 2001:db8:1::a", "users:2:1", "'al!ce'"),
    ("users", "dave    2001:db8:1::d", "bob 2001:db8:1::d", "users:5:1", "'bob' stands in users twice"),
    ("users", "dave    2001:db8:1::d", "dave 2001:db8:2::b", "users:5:1", "is another host's in users"),
    ("ethers", "2001:db8:1::a 02:00:00:00:00:0a", "2001:db8:1::a 02:00:00:00:00", "ethers:1:1", "and its MAC address"),
    ("ethers", "2001:db8:1::a 02:00:00:00:00:0a\n", "", "users:2:1", "alice has no MAC address in ethers"),
    ("profiles", f"alice bob   {HEX_KEY}", f"  alice {HEX_KEY}", "profiles:2:3", "is not a source host"),
    ("profiles", "alice bob   ", "alice eve   ", "profiles:2:1", "the destination host is not in users"),
    ("profiles", "alice bob   ", "eve bob   ", "profiles:2:1", "the source host is not in users"),
    ("profiles", "alice bob   ", "bob bob   ", "profiles:2:1", "source and destination are one host"),
    ("profiles", f'"{TEXT_KEY}"', "secret", "profiles:3:13", "the key has 6 characters"),
    ("profiles", f'alice carol "{TEXT_KEY}"', f"bob alice {HEX_KEY[:-1]}0", "profiles:3:1", "the pair has another key"),
    ("profiles", f'alice carol "{TEXT_KEY}"', f"bob carol {HEX_KEY}", "profiles:3:1", "name the hosts behind this gateway"),
    ("mt6d.ini", "internal_nic = eth1\n", "", "mt6d.ini", "has no internal_nic that names an interface"),
    ("mt6d.ini", "internal_nic = eth1\n", "internal_nic = eth1,eth3\n", "mt6d.ini", "has no internal_nic"),
    ("mt6d.ini", "rotation_time = 10", "= 10 =\0", "mt6d.ini:6:7", "is no text"),
    ("mt6d.ini", "rotation_time = 10", "=", "mt6d.ini:6:1", "has no setting's name"),
    ("mt6d.ini", "/etc/mt6d/users", "/nowhere/people", "mt6d.ini:14:1", "put the file beside mt6d.ini"),
])
def test_what_cannot_be_understood_is_told_with_its_place(site, file, old, new, where, what):
    change(site, file, old, new)
    found = errors(site)
    assert any(place == where and what in message for place, message in found), found


def test_all_problems_are_told_at_once(site):
    change(site, "users", "alice   2001:db8:1::a", "alice")
    change(site, "ethers", "2001:db8:2::b 02:00:00:00:00:0b", "bob")
    assert [place for place, _ in errors(site)] == ["users:2:1", "ethers:2:1"]


def test_the_same_pair_and_key_twice_is_one_stream(site):
    change(site, "profiles", f'alice carol "{TEXT_KEY}"', f"bob alice {HEX_KEY}")
    document = report(site)
    assert document["files"] == ["alice-bob.key", "mt6d.yaml"]
    assert any("is the same stream as old/profiles:2:1" in one["message"] for one in document["warnings"])


@pytest.mark.parametrize("more", [[], ["--force"]])
def test_two_streams_of_one_key_file_are_refused_with_both_places(site, more):
    """alice-x with bob, and alice with x-bob: the one's key must never become the other's."""
    for address, name in (("2001:db8:1::a", "alice-x"), ("2001:db8:2::b", "bob"), ("2001:db8:1::d", "alice"),
                          ("2001:db8:2::c", "x-bob")):
        path = site / "old" / "users"
        path.write_text("".join(f"{name} {address}\n" if address in line else line
                                for line in path.read_text().splitlines(keepends=True)))
    change(site, "profiles", "alice bob ", "alice-x bob ")
    change(site, "profiles", "alice carol ", "alice x-bob ")
    (place, message), = errors(site, *more)
    assert place == "profiles:3:1"
    assert "alice-x-bob.key" in message and "old/profiles:2:1 (alice-x with bob)" in message


@pytest.mark.parametrize("more", [[], ["--force"]])
def test_a_configuration_with_a_key_files_name_is_refused(site, more):
    assert "is the name of a key file too" in errors(site, "--output", "alice-bob.key", *more)[0][1]


@pytest.mark.parametrize("name", ["mt6d.ini", "users", "ethers", "profiles"])
def test_a_file_that_is_missing_or_a_directory_is_told(site, name):
    (site / "old" / name).unlink()
    assert any("No such file or directory" in message for _, message in errors(site))
    (site / "old" / name).mkdir()
    assert errors(site)


def test_a_directory_that_is_missing_is_told(tmp_path):
    result = run("nowhere", cwd=tmp_path)
    assert result.returncode == 1
    assert "nowhere/mt6d.ini: cannot be opened: No such file or directory" in result.stderr
    assert result.stderr.endswith("Nothing was made: mend these, and import again.\n")


def test_local_has_to_name_a_host(site):
    assert errors(site, "--local", "eve") == [("--local 'eve'", "is no host of the file users: write one that is")]
    assert errors(site, "--local", "dave")[0][0] == "--local"


# --- whatever comes -------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["mt6d.ini", "users", "ethers", "profiles"])
def test_files_cut_off_anywhere_are_imported_or_refused(site, name):
    """Each ends in a file that passes or in an error with a place; it never dies."""
    path = site / "old" / name
    whole = path.read_bytes()
    for length in range(0, len(whole), 3):
        path.write_bytes(whole[:length])
        result = run("old", "--force", "--json", cwd=site)
        document = json.loads(result.stdout)
        assert result.returncode == (0 if document["good"] else 1)
        assert document["good"] or document["errors"]
        assert all(one["where"] for one in document["errors"])
