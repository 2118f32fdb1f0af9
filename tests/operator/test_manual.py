#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The manual pages have what the programs, their commands and the configuration have, and no more."""
import os
import re
import subprocess

import pytest
from documented import ROOT, gateway_commands, keys

PAGES = ROOT / "docs/man"
PROGRAMS = {"mt6d-gateway": os.environ["MT6D_GATEWAY"], "mt6dctl": os.environ["MT6DCTL"],
            "mt6d-bind": ROOT / "tools/bind"}


def page(name):
    """The page's source without its marks."""
    text = (PAGES / f"{name}.scd").read_text()
    text = re.sub(r"(?<!\\)\*|(?<![\w\\])_(?=\w)|(?<=[\w=])_(?!\w)", "", text)
    return re.sub(r"\\(.)", r"\1", text)


def section(text, title):
    return re.search(rf"^# {title}\n(.*?)(?=^# |\Z)", text, re.DOTALL | re.MULTILINE)[1]


def entries(text):
    """{what stands at the margin above an indented line: the lines below}."""
    return dict(re.findall(r"^(\S.*)\n\t(.*)$", text, re.MULTILINE))


def help_of(*command):
    return subprocess.run([*command, "--help"], capture_output=True, text=True, timeout=30,
                          check=True).stdout


def own_commands():
    [listed] = re.findall(r"^Subcommands:\n(.*?)\n\n", help_of(PROGRAMS["mt6dctl"]),
                          re.DOTALL | re.MULTILINE)
    return re.findall(r"^  ([a-z-]+) ", listed, re.MULTILINE)


def options(text):
    """Long options of a help or a page, not those of examples' other programs."""
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


@pytest.mark.parametrize("source", sorted(PAGES.glob("*.scd")), ids=lambda path: path.stem)
def test_a_page_is_set_without_a_warning(tmp_path, source):
    made = tmp_path / source.stem
    with source.open() as text, made.open("w") as output:
        subprocess.run(["scdoc"], stdin=text, stdout=output, check=True, timeout=30)
    result = subprocess.run(["man", "--warnings=w", "-E", "UTF-8", "-l", "-Tutf8", "-Z", made],
                            capture_output=True, text=True, timeout=30, check=True,
                            env={**os.environ, "LC_ALL": "C.UTF-8", "MANROFFSEQ": ""})
    assert result.stderr == ""
    assert result.stdout


def test_the_gateways_page_has_its_options_and_no_others():
    listed = entries(section(page("mt6d-gateway.8"), "OPTIONS"))
    assert options(" ".join(listed)) == options(
        help_of(PROGRAMS["mt6d-gateway"]).partition("Example:")[0])


def test_the_page_of_mt6d_bind_has_its_options_and_no_others():
    listed = entries(section(page("mt6d-bind.8"), "OPTIONS"))
    assert options(" ".join(listed)) == options(help_of(PROGRAMS["mt6d-bind"])) - {"--version"}


def test_the_page_of_mt6dctl_has_its_options_and_no_others():
    listed = entries(section(page("mt6dctl.8"), "OPTIONS"))
    help_text = help_of(PROGRAMS["mt6dctl"]).partition("Subcommands:")[0]
    assert options(" ".join(listed)) == options(help_text)


def test_the_page_of_mt6dctl_has_its_own_commands_and_their_options():
    text = section(page("mt6dctl.8"), "COMMANDS OF ITS OWN")
    blocks = {block.split()[0]: block for block in re.split(r"\n\n(?=\S)", text.strip())}
    assert set(blocks) == set(own_commands())
    for name, block in blocks.items():
        told = options(help_of(PROGRAMS["mt6dctl"], name).partition("Without a command")[0])
        assert options(block) == told - {"--help"}, name


def test_the_page_of_mt6dctl_has_the_commands_of_a_gateway():
    listed = entries(section(page("mt6dctl.8"), "COMMANDS TO A GATEWAY"))
    assert list(listed) == gateway_commands()


SECTIONS = {"THE PROCESS": [""], "CONTROL SOCKET, LOG, METRICS": [""],
            "PORTS": ["internal.", "external."], "HOSTS": ["hosts."],
            "STREAMS": ["streams.", "defaults."], "MANY STREAMS": [""]}
# Sections and lists, of which the page's own sections tell.
GROUPS = {"internal", "external", "hosts", "streams", "defaults", "control", "log", "metrics"}


def test_the_page_of_the_configuration_has_its_keys_with_their_defaults():
    told = {}
    for title, places in SECTIONS.items():
        for name, text in entries(section(page("mt6d.yaml.5"), title)).items():
            told |= {place + name: text for place in places}
    documented = keys()
    # In the page what the two ports share, and what defaults share with streams, stands once.
    missing = documented.keys() - told.keys() - GROUPS
    assert not missing
    assert {path for path in told.keys() - documented.keys()
            if not path.startswith(("internal.", "defaults."))} == set()
    for path in documented.keys() & told.keys():
        default = re.fullmatch(r"`([^`]*)`", documented[path].default)
        if default:
            assert told[path].endswith(f"Default: {default[1]}."), path
