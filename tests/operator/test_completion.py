#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What Tab offers in a real bash, beside a real program."""
import os
import pathlib
import re
import shlex
import subprocess

import pytest
from documented import ROOT, gateway_commands

FILES = ROOT / "conf/completion"
PROGRAMS = {name: pathlib.Path(os.environ[variable])
            for name, variable in (("mt6dctl", "MT6DCTL"), ("mt6d-gateway", "MT6D_GATEWAY"))}


def offered(line, cwd=None, program=None):
    """What bash would offer at the end of the line, as its completion function leaves it."""
    words = shlex.split(line) + ([""] if line.endswith(" ") else [])
    name = words[0]
    program = program or PROGRAMS[name]
    script = f"""
        set -u
        source {FILES / name}
        [[ $(complete -p {name}) =~ '-F '([^ ]*) ]]
        COMP_WORDS=({shlex.join(words)})
        COMP_CWORD={len(words) - 1}
        "${{BASH_REMATCH[1]}}" {program} {shlex.quote(words[-1])} {shlex.quote(words[-2])}
        [ ${{#COMPREPLY[@]}} -eq 0 ] || printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    result = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True,
                            timeout=30, check=False, cwd=cwd)
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    return set(result.stdout.splitlines())


def test_the_list_of_a_gateways_commands_is_that_of_help():
    [listed] = re.findall(r"_mt6dctl_commands='\n(.*?)\n'", (FILES / "mt6dctl").read_text(), re.DOTALL)
    assert listed.splitlines() == gateway_commands()


def test_the_areas_of_the_log_are_those_of_the_gateway():
    [listed] = re.findall(r"areas\{(.*?)\}", (ROOT / "control/log_levels.hpp").read_text(), re.DOTALL)
    assert offered("mt6dctl set log debug ") == set(re.findall(r'"(\w+)"', listed))


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_option_is_offered(program):
    text = subprocess.run([PROGRAMS[program], "--help"], capture_output=True, text=True,
                          check=True, timeout=30).stdout
    options = {option for line in re.findall(r"^ +(-\S+)", text, re.MULTILINE)
               for option in line.split(",")}
    assert offered(f"{program} -") == options
    assert offered(f"{program} --vers") == {"--version"}


def test_own_commands_stand_beside_those_of_the_gateway():
    first = offered("mt6dctl ")
    assert {"keygen", "check", "derive", "doctor", "import", "show", "rekey", "capture"} <= first
    assert offered("mt6dctl key") == {"keygen"}
    assert {"--key-file", "--salt", "--json"} <= offered("mt6dctl derive --")


@pytest.mark.parametrize(("line", "words"), [
    ("mt6dctl show ", "config drops forwarding memory neighbors port routers routes streams trace "
                      "capture version workers"),
    ("mt6dctl --json show po", "port"),
    ("mt6dctl show port ", "info stats xstats all"),
    ("mt6dctl show port stats ", "internal external"),
    ("mt6dctl show drops ", "internal external stream"),
    ("mt6dctl set log ", "debug info warning error"),
    ("mt6dctl trace add 5 ", "port stream drop"),
    ("mt6dctl trace add 5 port internal ", "stream drop"),
    ("mt6dctl reload ", "--dry-run"),
    ("mt6dctl watch 2 clear ", "all drops port streams trace workers"),
    ("mt6dctl help capture ", "start stop"),
    ("mt6dctl show nothing ", ""),
    ("mt6dctl quit ", ""),
    ("mt6d-gateway --stats-format ", "text json"),
    ("mt6d-gateway --config a.yaml -- --", ""),
])
def test_what_can_come_next_is_offered(line, words):
    assert offered(line) == set(words.split())


@pytest.mark.parametrize("line", ["mt6dctl check ", "mt6dctl -f ", "mt6dctl derive --key-file ",
                                  "mt6d-gateway --config ", "mt6dctl capture start "])
def test_files_are_offered_whatever_their_names_are(tmp_path, line):
    names = {"site a.yaml", "$(touch harm).yaml", "b'.yaml"}
    for name in names:
        (tmp_path / name).touch()
    assert offered(line, cwd=tmp_path) == names
    assert {path.name for path in tmp_path.iterdir()} == names


def test_streams_are_offered_by_the_gateway_that_is_named(tmp_path):
    # In place of a gateway: what mt6dctl prints of one.
    program = tmp_path / "mt6dctl"
    program.write_text('#!/bin/sh\n[ "$*" = "--socket /x.sock show streams" ] &&\n'
                       "printf 'stream: alice-bob\\n  local: alice\\nstream: alice-carol\\n'\n")
    program.chmod(0o755)
    line = "mt6dctl --socket /x.sock rekey "
    assert offered(line, program=program) == {"alice-bob", "alice-carol"}
    assert offered(line + "alice-c", program=program) == {"alice-carol"}


def test_nothing_is_waited_for_where_no_gateway_answers(tmp_path):
    assert offered(f"mt6dctl --socket {tmp_path}/none.sock rekey ") == set()
