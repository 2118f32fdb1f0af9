# SPDX-License-Identifier: BSD-3-Clause
"""tools/bench replay: the replay window beside a naive model of docs/protocol.md, section 6.

Random steps, restarts among them, until both have done as many or differ: then the exit code is
not 0. The same seed does the same steps again.
"""
import argparse
import pathlib
import subprocess

STEPS = 200_000_000


def main(root: pathlib.Path) -> int:
    parser = argparse.ArgumentParser(prog="tools/bench replay", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=root / "build")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, help="default: another one each time")
    options = parser.parse_args()
    arguments = [options.steps] + ([] if options.seed is None else [options.seed])
    program = options.build / "tests" / "bench" / "replay_model"
    return subprocess.run([program, *map(str, arguments)], check=False).returncode
