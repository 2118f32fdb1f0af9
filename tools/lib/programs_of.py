#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""programs_of.py BUILD FOLDER: the executables that FOLDER's meson.build defines, one a line,
relative to BUILD."""

import json
import pathlib
import sys

build, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
for target in json.loads((build / "meson-info" / "intro-targets.json").read_text()):
    if target["type"] == "executable" and pathlib.Path(target["defined_in"]).parent == folder:
        print(pathlib.Path(target["filename"][0]).relative_to(build))
