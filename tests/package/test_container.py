#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""docs/container.md by its own commands: an image of the package, a directory of keys, and a gateway
with no more rights than the page gives it. The tests build on each other, in this order."""
import json
import re
import stat

import pytest
from lab.gateway import TOP
from lab.podman import Podman
from lab.process import wait_for
from small_site import CONFIGURATION, two_interfaces

PAGE = (TOP / "docs/container.md").read_text()
USER = 65532
START = "sudo podman run --detach"


def commands(*beginnings):
    """Those of the page that begin so, in its order."""
    every = re.findall(r"^    (\S(?:.*\\\n)*.*)$", PAGE, re.MULTILINE)
    chosen = [command for command in every if command.startswith(beginnings)]
    for beginning in beginnings:
        assert any(command.startswith(beginning) for command in chosen), beginning
    return "\n".join(chosen)


@pytest.fixture(scope="module")
def link(tmp_path_factory):
    namespace = two_interfaces("container", tmp_path_factory.mktemp("link"))
    yield namespace
    namespace.delete()


@pytest.fixture(scope="module")
def podman(link, tmp_path_factory):
    assert link  # podman sees the networks that were there before it
    made = Podman(tmp_path_factory.mktemp("podman"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def image(podman, debian, packages):
    """Built as the page says, from a Debian that no registry has to give."""
    assert packages
    podman.image_of(debian.path, "debian-here")
    here = "podman build --build-arg BASE=localhost/debian-here --volume /etc/apt:/etc/apt:ro"
    podman.shell(commands("sudo podman build").replace("podman build", here), timeout=900)
    return json.loads(podman.shell("podman image inspect mt6d-gateway").stdout)[0]


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """The test's /etc/mt6d-container."""
    return tmp_path_factory.mktemp("etc") / "mt6d-container"


@pytest.fixture(scope="module")
def follow(podman, image, link, directory):
    """Runs commands of the page, on the test's network and directory."""
    assert image
    (directory.parent / "site-a.yaml").write_text(CONFIGURATION)

    def run(text, check=True):
        for theirs, own in {"/run/netns/site-a": f"/run/netns/{link.name}",
                            "/etc/mt6d-container": str(directory), "sudo mt6dctl": "sudo build/mt6dctl",
                            " site-a.yaml": f" {directory.parent}/site-a.yaml"}.items():
            text = text.replace(theirs, own)
        return podman.shell(text, check=check)

    return run


@pytest.fixture(scope="module")
def key(follow, directory):
    """The directory is filled by the page's commands, which end with a check."""
    follow(commands("sudo install", "sudo podman run --rm"))
    return directory / "alice-bob.key"


def wait_until_it_answers(podman):
    def answers():
        done = podman.shell("podman exec site-a mt6dctl show version", check=False)
        if done.returncode != 0 and "true" not in podman.shell(
                "podman inspect --format '{{.State.Running}}' site-a").stdout:
            raise AssertionError(podman.shell("podman logs site-a 2>&1").stdout)
        return done.returncode == 0

    wait_for("gateway in the container", 30, answers)


@pytest.fixture(scope="module")
def gateway(follow, podman, key):
    assert key.exists()
    follow(commands(START))
    wait_until_it_answers(podman)


def test_the_image_is_built_by_the_pages_command_with_its_health_check_and_user(image, podman):
    assert image["Config"]["User"] == "mt6d"
    assert image["Healthcheck"]["Test"] == ["CMD", "mt6dctl", "show", "forwarding"]
    ids = podman.shell("podman run --rm --network none --entrypoint id mt6d-gateway").stdout
    assert ids.startswith(f"uid={USER}(mt6d) gid={USER}(mt6d)")


def test_keys_are_made_by_the_containers_user_for_nobody_else(key):
    for path, mode in ((key.parent, 0o700), (key, 0o600), (key.parent / "site-a.yaml", 0o600)):
        about = path.stat()
        assert (stat.S_IMODE(about.st_mode), about.st_uid, about.st_gid) == (mode, USER, USER), path


@pytest.mark.parametrize("name", ["NET_RAW", "NET_ADMIN"])
def test_without_one_of_its_two_capabilities_a_port_does_not_open(follow, key, name):
    assert key.exists()
    command = commands(START).replace("--detach --name site-a", "--rm")
    without = re.sub(rf",?{name}\b,?", "", command)
    assert without != command
    done = follow(without, check=False)
    assert done.returncode == 1
    assert re.search("Operation not permitted|DPDK did not open it", done.stderr), done.stderr


def test_the_gateway_runs_with_the_rights_of_the_page_and_no_others(gateway, podman):
    status = podman.shell("podman exec site-a cat /proc/1/status").stdout
    kept = 1 << 12 | 1 << 13  # NET_ADMIN, NET_RAW
    values = dict(re.findall(r"^(\w+):\t(\S+)", status, re.MULTILINE))
    assert (values["Name"], values["Uid"]) == ("mt6d-gateway", str(USER))
    assert [int(values[name], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")] == [kept] * 4
    assert (values["NoNewPrivs"], values["Seccomp"]) == ("1", "2")  # 2: a filter
    for path in ("/etc/mt6d/x", "/var/lib/x", "/var/x"):
        assert podman.shell(f"podman exec site-a touch {path}", check=False).returncode != 0


def test_it_is_asked_checked_and_reloaded_from_outside(gateway, follow):
    follow(commands("sudo podman exec", "sudo podman healthcheck", "sudo podman kill"))
    told = follow(commands("run=", "sudo mt6dctl")).stdout
    assert "alice-bob" in told


def test_it_ends_when_it_is_stopped_and_its_state_outlives_the_container(gateway, follow, podman):
    follow(commands("sudo podman stop"))
    assert podman.shell("podman inspect --format '{{.State.ExitCode}}' site-a").stdout == "0\n"
    podman.shell("podman rm site-a")
    state = podman.shell("podman volume inspect --format '{{.Mountpoint}}' mt6d-site-a").stdout.strip()
    before = podman.shell(f"stat --format '%u %s %i' {state}/site-a/numbers").stdout
    assert before.startswith(f"{USER} ")
    follow(commands(START))
    wait_until_it_answers(podman)
    assert podman.shell(f"stat --format '%u %s %i' {state}/site-a/numbers").stdout == before
