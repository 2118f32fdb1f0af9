# SPDX-License-Identifier: BSD-3-Clause
"""A site of the original MT6D to change, and mt6dctl import run on it. Takes the program from
MT6DCTL."""

import json
import os
import pathlib
import subprocess

MT6DCTL = os.environ["MT6DCTL"]
SITE = pathlib.Path(__file__).parent / "site"
HEX_KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
TEXT_KEY = "correct horse battery staple"


def run(*arguments, cwd):
    done = subprocess.run([MT6DCTL, "import", *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          check=False, cwd=cwd)
    # Neither key is ever printed, nor a good part of one.
    for key in (HEX_KEY, TEXT_KEY):
        assert key[:12] not in done.stdout + done.stderr
    return done


def change(site, file, old, new):
    path = site / "old" / file
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands in {file} {text.count(old)} times"
    path.write_text(text.replace(old, new))


def report(site, *arguments):
    done = run("old", "--json", *arguments, cwd=site)
    document = json.loads(done.stdout)
    assert document["good"] == (done.returncode == 0)
    return document


def fates(site, *arguments):
    return {one["name"]: (one["fate"], one["key"]) for one in report(site, *arguments)["settings"]}


def errors(site, *arguments):
    """What is wrong: (place below the site, message). Nothing was made."""
    document = report(site, *arguments)
    assert sorted(path.name for path in site.iterdir()) == ["old"]
    return [(one["where"].removeprefix("old/"), one["message"]) for one in document["errors"]]
