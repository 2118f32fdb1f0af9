# SPDX-License-Identifier: BSD-3-Clause
"""Instructions of each stage of the hot path, as callgrind counts them in count_stages.cpp.

Counted is what this project's own code executes, and librte_hash: not the ciphers' libraries, libc
and drivers, which choose their code by the processor. OpenSSL is the back end for the same reason,
and the payload's sum, which has a variant for AVX2, is left out.
"""
import collections
import json
import pathlib
import re
import shlex
import subprocess

from bench import callgrind
from bench.gateway import Failure

OURS = re.compile(r"/(dataplane|control|include/mt6d)/([^.]*/)?([^/.]+)\.[ch]pp$")
HASH = re.compile(r"/librte_hash\.so[.\d]*$")
BY_PROCESSOR = ("checksum",)
HARNESS = ("gateway_statistics",)  # asked for how often workers polled
BY_TIME = ("neighbor_table",)  # looked through so often a second, whatever rotates

# Of files in dataplane/; those of none are `worker`.
FILES = {
    "classify": ("classify", "parse", "parse_error"),
    "lookup": ("table", "librte_hash"),
    "encapsulate": ("encap", "worker_into_tunnel", "mss"),
    "seal": ("seal",),
    "decapsulate": ("decap", "worker_out_of_tunnel"),
    "open": ("open", "replay"),
    "cipher": ("crypto_openssl",),
    "transmit": ("transmit",),
}
STAGE_OF = {file: stage for stage, files in FILES.items() for file in files}

# Stages that are recorded, by part. With ciphers only what they change.
PACKET_STAGES = {
    ("none", "into_tunnel"): ("classify", "lookup", "encapsulate", "transmit", "worker"),
    ("none", "out_of_tunnel"): ("classify", "lookup", "decapsulate", "transmit", "worker"),
    **{(cipher, "into_tunnel"): ("encapsulate", "seal", "cipher")
       for cipher in ("aes-256-cbc", "aes-256-gcm")},
    **{(cipher, "out_of_tunnel"): ("decapsulate", "open", "cipher")
       for cipher in ("aes-256-cbc", "aes-256-gcm")},
}
CIPHERS = ("none", "aes-256-cbc", "aes-256-gcm")


def check_build(build: pathlib.Path) -> None:
    """Only what is compiled by default can be compared with the record."""
    about = build / "meson-info"
    try:
        described = json.loads((about / "intro-buildoptions.json").read_text())
        targets = json.loads((about / "intro-targets.json").read_text())
    except OSError as error:
        raise Failure(f"{build} is no build directory: {error}") from None
    options = {option["name"]: option["value"] for option in described}
    wanted = {"b_sanitize": "none", "buildtype": "debugoptimized", "b_coverage": False,
              "b_lto": False, "cpp_args": []}
    wrong = [f"{name} is {options[name]}, not {value}" for name, value in wanted.items()
             if options.get(name, value) != value]
    compilers = {" ".join(source["compiler"]) for target in targets
                 for source in target["target_sources"] if source.get("language") == "cpp"}
    wrong += [f"the compiler is {compiler}, not GCC" for compiler in compilers if "clang" in compiler]
    if wrong:
        raise Failure(f"{build} is not configured as meson does by default, so its instructions "
                      f"cannot be compared with those recorded: {'; '.join(wrong)}")


def own_stage(in_object: str, in_file: str) -> tuple[str, str]:
    """The folder and stage of code; empty: none of ours."""
    if HASH.search(in_object):
        return "dataplane", "lookup"
    match = OURS.search(in_file)
    if not match or match[3] in BY_PROCESSOR + HARNESS + BY_TIME:
        return "", ""
    if match[1] == "control":
        return "control", "rotation"
    return "dataplane", STAGE_OF.get(match[3], "worker")


def run(build: pathlib.Path, folder: pathlib.Path, cipher: str) -> tuple[dict, dict]:
    """Of each part: what it did, and instructions by (folder, stage)."""
    program = build / "tests" / "bench" / "count_stages"
    if not program.exists():
        raise Failure(f"{program} is missing: install valgrind and build again")
    counts = folder / f"counts-{cipher}"
    command = ["valgrind", "--tool=callgrind", "--instr-atstart=no",
               f"--callgrind-out-file={counts}", str(program), cipher]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{shlex.join(command)}\n{done.stderr}")
    parts = {part["part"]: part for part in map(json.loads, done.stdout.splitlines())}
    costs: dict = {}
    for path in folder.glob(f"{counts.name}.*"):
        name, found = callgrind.read(path)
        stages: collections.Counter = collections.Counter()
        for place, count in found.items():
            stages[own_stage(*place)] += count
        costs[name] = stages
    return parts, costs


def measure(build: pathlib.Path, folder: pathlib.Path) -> dict[str, float]:
    """Instructions of each stage, by "cipher part stage"."""
    found: dict[str, float] = {}
    for cipher in CIPHERS:
        parts, costs = run(build, folder, cipher)
        polls = {place: count / parts["polls"]["units"] for place, count in costs["polls"].items()
                 if place[0] == "dataplane"}
        if cipher == "none":
            found["poll"] = sum(polls.values())
        for part in ("into_tunnel", "out_of_tunnel"):
            for stage in PACKET_STAGES[cipher, part]:
                place = ("dataplane", stage)
                count = costs[part][place] - polls.get(place, 0) * parts[part]["empty_polls"]
                found[f"{cipher} {part} {stage}"] = count / parts[part]["units"]
        if cipher != "aes-256-cbc":  # there control waits for the disk, longer or shorter
            found[f"{cipher} rotation"] = (costs["rotations"]["control", "rotation"]
                                           / parts["rotations"]["units"])
    return {name: round(count, 2) for name, count in found.items()}
