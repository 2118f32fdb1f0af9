# SPDX-License-Identifier: BSD-3-Clause
"""Benches that are programs of their own, tests/bench/NAME in a build directory."""
import argparse
import os
import pathlib
import sys


def run(root: pathlib.Path, name: str, about: str) -> int:
    """Becomes the program, which has the other options."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--build", type=pathlib.Path, default=root / "build")
    options, others = parser.parse_known_args()
    program = options.build / "tests" / "bench" / name
    if not program.exists():
        print(f"{name}: {program} is missing: build first, with tools/setup --for test",
              file=sys.stderr)
        return 1
    if {"-h", "--help"} & set(others):
        print(about.strip() + "\n\n  --build BUILD   of the gateways (default: build)\n", flush=True)
    os.execv(program, [str(program), *others])
