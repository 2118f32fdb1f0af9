#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Prints this project's source files that a build directory compiles, for clang-tidy."""

import json
import pathlib
import sys

build = pathlib.Path(sys.argv[1]).resolve()
top = build.parent
files = set()
for entry in json.loads((build / "compile_commands.json").read_text()):
    path = pathlib.Path(entry["directory"], entry["file"]).resolve()
    inside = path.relative_to(top) if path.is_relative_to(top) else None
    # Not what meson generated or unpacked: those are others' lines.
    if inside and inside.parts[0] not in ("subprojects", build.name):
        files.add(str(inside))
print("\n".join(sorted(files)))
