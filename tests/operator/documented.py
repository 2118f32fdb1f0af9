# SPDX-License-Identifier: BSD-3-Clause
"""The keys of the configuration, as the tables of docs/configuration.md have them."""
import pathlib
import re
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Key(NamedTuple):
    default: str
    meaning: str  # without Markdown's links


# In which section of the configuration the tables lie: by the page's heading, or by the line above.
PLACES = {
    "## The process": [""],
    "## Ports: `internal` and `external`": ["internal.", "external."],
    "`external` alone has:": ["external."],
    "`hosts` is a list of all hosts, of both sites:": ["hosts."],
    "`streams` is a list of pairs:": ["streams."],
    "and each of these, which `defaults` can set for all:": ["streams.", "defaults."],
    "## The control socket: `control`": [""],
    "## What it tells of itself: `log`, `metrics`, `events`": [""],
}
# These have a chapter instead of a row.
CHAPTERS = {
    "internal": "The port towards the hosts.",
    "external": "The port towards the public network.",
    "defaults": "Options of all streams that do not say otherwise.",
    "hosts": "All hosts, of both sites.",
    "streams": "Pairs of hosts, each with its key.",
    "streams_file": "A file of streams, one a line, for more than fit here.",
}


def without_links(text):
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)


def keys():
    """{path: Key}; a list's items have the list's path."""
    found = {path: Key("", meaning) for path, meaning in CHAPTERS.items()}
    places = []
    table = False
    for line in (ROOT / "docs/configuration.md").read_text().splitlines():
        if line in PLACES:
            places = PLACES[line]
        elif line.startswith("## "):
            places = []
        if not line.startswith("|"):
            table = False
        elif line == "| key | default | meaning |":
            table = True
        elif table and line.startswith("| `"):
            path, default, meaning = (cell.strip() for cell in line.strip("|").split("|"))
            for place in places:
                # What has a row in two tables is told in the first.
                found.setdefault(place + path.strip("`"), Key(default, without_links(meaning)))
    return found


def gateway_commands():
    """The commands to a gateway, as its help and docs/operating.md have them; the lab compares."""
    page = (ROOT / "docs/operating.md").read_text()
    [listed] = re.findall(r"^command +what it does\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    # The sentence that follows begins with a capital, and so do placeholders, which have no other
    # letters.
    return [re.split(r" +(?=[A-Z][a-z]|A )", line)[0] for line in listed.splitlines()]
