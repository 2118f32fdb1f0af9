# SPDX-License-Identifier: BSD-3-Clause
"""Reads what valgrind --tool=callgrind writes (its manual: "Callgrind Format Specification")."""
import collections
import pathlib
import re

TRIGGER = "desc: Trigger: Client Request: "
# "fn=(12) name", or "fn=(12)" once the name was said.
POSITION = re.compile(r"^(c?(?:fn|fl|fi|fe|ob))=\((\d+)\)(?: (.*))?$")
KINDS = {"fn": "fn", "ob": "ob"}  # the rest are files, which share their numbers


def read(path: pathlib.Path) -> tuple[str, collections.Counter]:
    """The part's name, and the instructions of each (object, file) that functions defined there
    executed themselves, with what was inlined into them and without what they called."""
    names: dict[tuple[str, str], str] = {}
    trigger, in_file, in_object, of_call = "", "", "", False
    costs: collections.Counter = collections.Counter()
    for line in path.read_text().splitlines():
        if line.startswith(TRIGGER):
            trigger = line.removeprefix(TRIGGER)
        elif match := POSITION.match(line):
            what, number, name = match.groups()
            key = (KINDS.get(what.removeprefix("c"), "file"), number)
            if name is not None:
                names[key] = name
            if what == "fl":
                in_file = names[key]
            elif what == "ob":
                in_object = names[key]
        elif line.startswith("calls="):
            of_call = True  # the next line is what the callee cost
        elif line[:1].isdigit() or line[:1] in "+-*":
            cost = line.split()[1:]  # nothing: zero
            if cost and not of_call:
                costs[in_object, in_file] += int(cost[0])
            of_call = False
    return trigger, costs
