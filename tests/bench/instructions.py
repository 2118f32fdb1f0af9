# SPDX-License-Identifier: BSD-3-Clause
"""tools/bench instructions: what a packet, and an empty poll, cost one worker in instructions.

The real gateway under valgrind --tool=callgrind carries one capture, read once from net_pcap in
bursts of 64, into net_null. Instructions do not depend on what else this machine does, so that one
number of a commit can stand beside that of another: --build BUILD --beside OTHER-BUILD.

--record writes what each stage takes to tests/bench/instructions.json, --check compares with that
and fails where a stage has grown by more than 5 %: of an empty poll, of a packet into the tunnel
and out of it with each cipher, and of a stream's rotation in the control lcore. Counted is code of
this project, and the lookup's; no library of ciphers, which differs by processor.
"""
import argparse
import dataclasses
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from bench import gateway, instruction_record, stage_counts, traffic
from bench.gateway import Failure

ROUNDS = 50  # of as many packets as there are streams: the cost of the first ones shows little
SIZE = 200
CIPHERS = ("none", "aes-256-cbc", "aes-256-gcm")
LOOP = "mt6d::dataplane::Worker::run("
BURST = "mt6d::dataplane::Worker::process("
# "1,234 (56.7%)  file.cpp:function(arguments) [object]"
LINE = re.compile(r"^\s*([\d,]+) \([^)]*\)\s+\S*?:(.+?)(?: \[[^\]]*\])?$")


def by_function(counts: pathlib.Path) -> dict[str, int]:
    """Instructions of each function of ours and of all that it calls."""
    done = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", counts],
                          capture_output=True, text=True, check=True)
    found: dict[str, int] = {}
    for line in done.stdout.splitlines():
        match = LINE.match(line)
        if match and "mt6d::dataplane::" in match[2]:
            function = match[2].split("'")[0]
            found[function] = max(found.get(function, 0), int(match[1].replace(",", "")))
    return found


def of(functions: dict[str, int], beginning: str) -> int:
    counts = [count for name, count in functions.items() if name.startswith(beginning)]
    if not counts:
        raise Failure(f"no function {beginning}…): was the gateway built without debug information?")
    return max(counts)


def measure(options: argparse.Namespace, build: pathlib.Path, folder: pathlib.Path,
            cipher: str) -> dict:
    capture, counts = folder / "clear.pcap", folder / "callgrind.out"
    frames = [traffic.udp_frame(stream, SIZE) for stream in range(gateway.STREAMS)]
    traffic.write_capture(capture, frames, ROUNDS)
    traffic.write_streams(folder / "bench.streams", gateway.STREAMS)
    configuration = folder / "bench-instructions.yaml"
    gateway.write_configuration(configuration, options, f"net_pcap0,rx_pcap={capture}",
                                gateway.sink(), "bench.streams", cipher=cipher, rotation=3600)
    options.build = build
    events, messages = gateway.run_until_still(
        ["valgrind", "--tool=callgrind", f"--toggle-collect={LOOP}*",
         f"--callgrind-out-file={counts}", *gateway.command(options, configuration)], "internal")
    carried = sum(stream["encapsulated_packets"] for stream in events[-1]["streams"])
    if carried != len(frames) * ROUNDS:
        raise Failure(f"{carried} packets were carried of {len(frames) * ROUNDS}\n{messages}")
    functions = by_function(counts)
    polls = sum(worker["polls"] for worker in events[-1]["workers"])
    return {
        "packets": carried, "polls": polls,
        "instructions_a_packet": of(functions, BURST) / carried,
        "instructions_a_poll": (of(functions, LOOP) - of(functions, BURST)) / polls,
        "functions_a_packet": {name: count / carried for name, count in sorted(functions.items())
                               if count <= of(functions, BURST)},
    }


def report(results: dict) -> None:
    for cipher, builds in results.items():
        for build, result in builds.items():
            print(f"{cipher:12} {build}: {result['instructions_a_packet']:.2f} instructions a packet, "
                  f"{result['instructions_a_poll']:.2f} a poll beside them "
                  f"({result['packets']} packets, {result['polls']} polls)")


def parse(root: pathlib.Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/bench instructions", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    gateway.add_options(parser, root)
    parser.add_argument("--beside", type=pathlib.Path, metavar="BUILD", help="of another commit")
    parser.add_argument("--ciphers", type=lambda text: text.split(","), default=list(CIPHERS))
    stages = parser.add_mutually_exclusive_group()
    stages.add_argument("--record", action="store_true", help="write the stages' instructions")
    stages.add_argument("--check", action="store_true", help="compare them with those written")
    parser.add_argument("--junit", type=pathlib.Path, metavar="FILE", help="the check's verdicts")
    return parser.parse_args()


def count_stages(options: argparse.Namespace) -> int:
    """--record and --check."""
    stage_counts.check_build(options.build)
    with tempfile.TemporaryDirectory(prefix="mt6d-bench-") as folder:
        now = stage_counts.measure(options.build, pathlib.Path(folder))
    if options.record:
        instruction_record.write(now)
        return 0
    stages = instruction_record.compare(now)
    if options.json:
        print(json.dumps([dataclasses.asdict(one) | {"problem": one.problem} for one in stages],
                         indent=2))
    else:
        instruction_record.print_table(stages)
    if options.junit:
        instruction_record.write_junit(options.junit, stages)
    return int(any(one.problem for one in stages))


def main(root: pathlib.Path) -> int:
    options = parse(root)
    if options.record or options.check:
        try:
            return count_stages(options)
        except (Failure, OSError) as failure:
            print(f"instructions: {failure}", file=sys.stderr)
            return 1
    builds = [options.build] + ([options.beside] if options.beside else [])
    results: dict = {}
    try:
        for cipher in options.ciphers:
            for build in builds:
                with tempfile.TemporaryDirectory(prefix="mt6d-bench-") as folder:
                    results.setdefault(cipher, {})[str(build)] = measure(
                        options, build, pathlib.Path(folder), cipher)
    except (Failure, OSError, subprocess.CalledProcessError) as failure:
        print(f"instructions: {failure}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(results, indent=2))
    else:
        report(results)
    return 0
