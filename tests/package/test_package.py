#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The package from its installation to its purge. The tests build on each other, in this order."""
import json
import os
import re
import signal

import pytest
from lab.namespace import run
from lab.process import wait_for
from small_site import CONFIGURATION, two_interfaces

@pytest.fixture(scope="module")
def installed(debian, packages):
    debian.install(packages["mt6d-gateway"])
    return debian


@pytest.fixture(scope="module")
def link(tmp_path_factory):
    namespace = two_interfaces("package", tmp_path_factory.mktemp("link"))
    yield namespace
    namespace.delete()


def unit(debian):
    """{setting: value} of the installed unit's last line of each."""
    text = (debian.path / "lib/systemd/system/mt6d-gateway@.service").read_text()
    return dict(re.findall(r"^(\w+)=(.+)$", text, re.MULTILINE))


@pytest.fixture(scope="module")
def gateway(installed, link):
    """The unit's command, as its user, with its capabilities and no others."""
    etc = installed.path / "etc/mt6d"
    (etc / "site-a.yaml").write_text(CONFIGURATION)
    installed.run("mt6dctl", "keygen", "/etc/mt6d/alice-bob.key")
    installed.run("chown", "mt6d", "/etc/mt6d/alice-bob.key")
    settings = unit(installed)
    capabilities = settings["AmbientCapabilities"].lower().replace("cap_", "").split()
    kept = ",".join(f"+{name}" for name in capabilities)
    command = settings["ExecStart"].replace("%i", "site-a").split()
    process = link.start("gateway", *installed.command(
        "setpriv", f"--reuid={settings['User']}", f"--regid={settings['Group']}", "--clear-groups",
        f"--inh-caps=-all,{kept}", f"--ambient-caps=-all,{kept}", f"--bounding-set=-all,{kept}",
        "--no-new-privs", *command),
        environment={**os.environ, "RUNTIME_DIRECTORY": f"/run/{settings['RuntimeDirectory']}"})
    yield process
    if process.exit_code() is None:
        process.kill()


def test_lintian_has_nothing_to_say(changes):
    run("lintian", "--allow-root", "--fail-on", "error,warning", changes, timeout=300)


def test_installing_makes_the_user_and_its_directories_and_starts_nothing(installed):
    user = installed.run("getent", "passwd", "mt6d").stdout.split(":")
    assert user[5:] == ["/var/lib/mt6d", "/usr/sbin/nologin\n"]
    for path, mode in (("etc/mt6d", "750 root:mt6d"), ("var/lib/mt6d", "700 mt6d:mt6d"),
                       ("run/mt6d", "755 mt6d:mt6d")):
        assert installed.run("stat", "--format=%a %U:%G", f"/{path}").stdout.strip() == mode
    assert not list((installed.path / "etc/systemd/system").rglob("*mt6d*"))


def test_programs_pages_and_examples_are_where_they_are_looked_for(installed):
    assert installed.run("mt6d-gateway", "--version").stdout.startswith("mt6d-gateway ")
    assert "status" in installed.run("mt6d-bind", "--help").stdout
    there = installed.paths("mt6d")
    # (Debian's minimal variant leaves documentation in place.)
    assert {"/usr/share/man/man8/mt6dctl.8.gz", "/usr/share/man/man5/mt6d.yaml.5.gz",
            "/usr/share/bash-completion/completions/mt6dctl",
            "/usr/share/mt6d/mt6d.schema.json"} <= there
    examples = installed.path / "usr/share/doc/mt6d-gateway/examples"
    assert "internal:" in (examples / "gateway-pci.yaml").read_text()


def test_the_doctor_misses_no_package_for_these_ports(gateway, installed):
    del gateway  # whose configuration it is
    told = installed.run("setpriv", "--reuid=mt6d", "--regid=mt6d", "--clear-groups",
                         "mt6dctl", "doctor", "/etc/mt6d/site-a.yaml", check=False).stdout
    lines = [line for line in told.splitlines() if line.startswith("packages")]
    assert len(lines) == 2, told
    assert all(line.split()[1] == "ok" for line in lines), told


def test_root_finds_the_services_configuration_and_key_well(gateway, installed):
    del gateway
    installed.run("mt6dctl", "check", "/etc/mt6d/site-a.yaml")
    told = installed.run("mt6dctl", "doctor", "/etc/mt6d/site-a.yaml", check=False).stdout
    assert re.search(r"^configuration +ok ", told, re.MULTILINE), told


def ask(installed, *command):
    return installed.run("mt6dctl", "--json", *command, check=False)


def test_the_gateway_runs_as_the_unit_would_run_it_and_answers(gateway, installed):
    def answers():
        gateway.check_alive()
        return ask(installed, "show", "version").returncode == 0

    wait_for("the gateway's answer", 30, answers)
    assert json.loads(ask(installed, "show", "version").stdout)["name"] == "site-a"
    ports = json.loads(ask(installed, "show", "port", "info").stdout)["ports"]
    assert list(ports) == ["internal", "external"]


def test_an_upgrade_leaves_the_gateway_running(gateway, installed, packages):
    installed.install(packages["mt6d-gateway"])
    gateway.check_alive()
    assert ask(installed, "show", "version").returncode == 0


def test_the_gateway_ends_when_it_is_asked_to(gateway, installed):
    gateway.end(signal.SIGTERM)
    assert gateway.exit_code() == 0
    assert (installed.path / "var/lib/mt6d/site-a/numbers").exists()


def test_removing_keeps_configuration_keys_and_state(gateway, installed):
    assert gateway.exit_code() is not None
    installed.run("dpkg", "--remove", "mt6d-gateway")
    assert not (installed.path / "usr/sbin/mt6d-gateway").exists()
    for path in ("etc/mt6d/site-a.yaml", "etc/mt6d/alice-bob.key", "var/lib/mt6d/site-a/numbers"):
        assert (installed.path / path).exists(), path


def test_purging_leaves_nothing(installed):
    enabled = installed.path / "etc/systemd/system/multi-user.target.wants"
    enabled.mkdir(parents=True, exist_ok=True)
    (enabled / "mt6d-gateway@site-a.service").symlink_to("/lib/systemd/system/mt6d-gateway@.service")
    installed.run("dpkg", "--purge", "mt6d-gateway")
    assert installed.paths("mt6d") == set()
    assert installed.run("getent", "passwd", "mt6d", check=False).stdout == ""
    assert installed.run("getent", "group", "mt6d", check=False).stdout == ""


def test_the_dissector_is_loaded_by_wireshark_wherever_it_is_installed(packages, tmp_path):
    run("dpkg-deb", "--extract", packages["wireshark-mt6d"], tmp_path)
    [script] = tmp_path.rglob("mt6d.lua")
    told = run("tshark", "-G", "protocols", "-X", f"lua_script:{script}").stdout
    assert "Moving Target IPv6 Defense" in told
