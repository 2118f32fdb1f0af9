# SPDX-License-Identifier: BSD-3-Clause
"""tools/bench stages: in which stage a worker spends its cycles, a packet.

A gateway carries what tools/bench forward has it carry, while `perf` looks some thousand times a
second where its worker is (cpu-clock: needs no performance counters). Each place belongs to a stage
by the source file that it was compiled from, inlined code to the file that it was written in; what
lies in a driver or library, to that. Cycles are of the time stamp counter: a stage's share of the
samples times the cycles between two packets.
"""
import argparse
import collections
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from bench import forward, gateway, stage_counts, traffic
from bench.gateway import Failure

SAMPLES_A_SECOND = 4999
LIBRARIES = {"librte_hash": "lookup", "librte_net_pcap": "receive (net_pcap)",
             "librte_net_null": "transmit", "libIPSec_MB": "cipher", "libcrypto": "cipher"}
ORDER = ("receive (net_pcap)", "classify", "lookup", "encapsulate", "decapsulate", "checksum", "seal",
         "open", "cipher", "transmit", "worker")


def mapping(process: int) -> list[tuple[int, int, int, str]]:
    """Begin, end, offset in the file and file of what it can execute."""
    found = []
    for line in pathlib.Path(f"/proc/{process}/maps").read_text().splitlines():
        fields = line.split()
        if "x" in fields[1] and len(fields) == 6:
            begin, end = (int(number, 16) for number in fields[0].split("-"))
            found.append((begin, end, int(fields[2], 16), fields[5]))
    return found


def worker_thread(process: int) -> str:
    for task in pathlib.Path(f"/proc/{process}/task").iterdir():
        if (task / "comm").read_text().startswith("rte-worker"):
            return task.name
    raise Failure("the gateway has no thread rte-worker-…")


def look(process: int, seconds: float, recording: pathlib.Path) -> collections.Counter:
    """How often the worker was at each (file, address in it)."""
    command = ["perf", "record", "--event=cpu-clock", f"--freq={SAMPLES_A_SECOND}", "--no-buildid",
               f"--tid={worker_thread(process)}", f"--output={recording}", "--", "sleep", str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    places = mapping(process)
    script = subprocess.run(["perf", "script", f"--input={recording}", "--fields=ip"],
                            capture_output=True, text=True, check=False)
    if done.returncode != 0 or script.returncode != 0:
        raise Failure(f"{' '.join(command)}\n{done.stderr}{script.stderr}")
    found: collections.Counter = collections.Counter()
    for line in script.stdout.split():
        address = int(line, 16)
        for begin, end, offset, file in places:
            if begin <= address < end:
                found[file, address - begin + offset] += 1
                break
        else:
            found["kernel", 0] += 1
    return found


def sources(program: str, addresses: list[int]) -> dict[int, list[str]]:
    """Source files of each address, the innermost of inlined functions first."""
    done = subprocess.run(["addr2line", "--addresses", "--inlines", f"--exe={program}"],
                          input="\n".join(map(hex, addresses)), capture_output=True, text=True,
                          check=True)
    found: dict[int, list[str]] = {}
    files: list[str] = []
    for line in done.stdout.splitlines():
        if line.startswith("0x"):
            files = found.setdefault(int(line, 16), [])
        else:
            files.append(line.rpartition(":")[0])
    return found


def stage_of_source(files: list[str]) -> str:
    for file in files:
        match = stage_counts.OURS.search(file)
        if match:
            return "checksum" if match[3] == "checksum" else stage_counts.STAGE_OF.get(match[3],
                                                                                      "worker")
    return "worker"


def stages(program: pathlib.Path, found: collections.Counter) -> collections.Counter:
    own = str(program.resolve())
    known = sources(own, [address for file, address in found if file == own])
    counts: collections.Counter = collections.Counter()
    for (file, address), count in found.items():
        library = pathlib.Path(file).name.partition(".so")[0]
        if file == own:
            counts[stage_of_source(known[address])] += count
        else:
            counts[LIBRARIES.get(library, library)] += count
    return counts


def measure(options: argparse.Namespace, folder: pathlib.Path, case: forward.Case) -> dict:
    command, side = forward.gateway_for(options, folder, case, forward.capture_for(options, folder,
                                                                                   case))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True) as process:
        try:
            for _ in range(gateway.START_UP):
                process.stdout.readline()
            found = look(process.pid, options.seconds, folder / "perf.data")
        finally:
            process.send_signal(signal.SIGINT)
            output, messages = process.communicate(timeout=gateway.STOP_WITHIN)
    events = [json.loads(line) for line in output.splitlines()]
    samples = [event for event in events if event["event"] == "stats"]
    if len(samples) < 2:
        raise Failure(f"{' '.join(command)}\n{messages}")
    rate = gateway.rate(samples[0], samples[-1], side, "tx_packets")
    cycles = gateway.tsc_hz() / rate
    counts = stages(options.build / "mt6d-gateway", found)
    names = [name for name in ORDER if name in counts]
    names += sorted(set(counts) - set(names))
    return {"case": str(case), "packets_per_second": rate, "cycles": cycles,
            "samples": counts.total(),
            "stages": {name: cycles * counts[name] / counts.total() for name in names}}


def print_text(results: list[dict]) -> None:
    for result in results:
        print(f"\n{result['case']}: {result['cycles']:.0f} cycles a packet, "
              f"{result['packets_per_second'] / 1e6:.2f} Mpps ({result['samples']} samples)")
        for name, cycles in result["stages"].items():
            print(f"  {name:24}{cycles:8.1f}{cycles / result['cycles']:8.1%}")


def main(root: pathlib.Path) -> int:
    parser = argparse.ArgumentParser(prog="tools/bench stages", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    gateway.add_options(parser, root)
    parser.add_argument("--seconds", type=float, default=5, help="of each case")
    options = parser.parse_args()
    if not shutil.which("perf"):
        print("stages: perf is missing: tools/setup --for test installs it", file=sys.stderr)
        return 1
    results = []
    try:
        with tempfile.TemporaryDirectory(prefix="mt6d-bench-") as name:
            folder = pathlib.Path(name)
            traffic.write_both_streams(folder, gateway.STREAMS)
            for case in forward.CASES:
                results.append(measure(options, folder, case))
    except (Failure, OSError, subprocess.SubprocessError) as failure:
        print(f"stages: {failure}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({"bench": "stages", "results": results}, indent=1))
    else:
        print_text(results)
    return 0
