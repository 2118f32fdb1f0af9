# SPDX-License-Identifier: BSD-3-Clause
"""What ciphers do elsewhere, on one core: openssl speed and dpdk-test-crypto-perf."""
import os
import pathlib
import re
import shlex
import subprocess

from bench.gateway import BURST, MEMORY_MIB, Failure

FLAGS = ("aes", "vaes", "pclmulqdq", "vpclmulqdq", "avx2", "avx512f")
PERF_OPERATIONS = 1_000_000
PERF = {
    "aes-256-cbc": "--devtype crypto_aesni_mb --optype cipher-only --cipher-algo aes-cbc "
                   "--cipher-op {} --cipher-key-sz 32 --cipher-iv-sz 16",
    "aes-256-gcm": "--devtype crypto_aesni_gcm --optype aead --aead-algo aes-gcm --aead-op {} "
                   "--aead-key-sz 32 --aead-iv-sz 12 --aead-aad-sz 36 --digest-sz 16",
}


def cpu() -> str:
    """The processor's name, and which of the flags that matter to AES it has."""
    text = pathlib.Path("/proc/cpuinfo").read_text()
    name = re.search(r"^model name\s*: (.*)$", text, re.M)
    flags = set(re.search(r"^flags\s*: (.*)$", text, re.M)[1].split())
    return (f"{name[1] if name else 'unknown'}: "
            + " ".join(flag if flag in flags else f"no-{flag}" for flag in FLAGS))


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise Failure(f"{shlex.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def openssl_command(core: int, cipher: str, size: int, operation: str) -> list[str]:
    decrypt = ["-decrypt"] if operation == "decrypt" else []
    return ["taskset", "-c", str(core), "openssl", "speed", "-mr", "-seconds", "1", *decrypt,
            "-evp", cipher, "-bytes", str(size)]


def openssl(core: int, cipher: str, size: int, operation: str = "encrypt") -> float:
    """Bytes a second."""
    command = openssl_command(core, cipher, size, operation)
    found = re.search(r"^\+F:\d+:[^:]*:([\d.]+)$", run(command), re.M)
    if not found:
        raise Failure(f"{shlex.join(command)}: no result")
    return float(found[1])


def crypto_perf_command(cores: list[int], cipher: str, size: int, operation: str) -> list[str]:
    device = PERF[cipher].split()[1]
    return ["dpdk-test-crypto-perf", "--no-huge", "-m", str(MEMORY_MIB), "--no-pci",
            "--no-telemetry", f"--file-prefix=bench-crypto-perf-{os.getpid()}",
            "--lcores", f"0@{cores[0]},1@{cores[1]}", f"--vdev={device}0", "--",
            "--ptest", "throughput", *PERF[cipher].format(operation).split(),
            "--buffer-sz", str(size), "--burst-sz", str(BURST),
            "--total-ops", str(PERF_OPERATIONS), "--silent", "--csv-friendly"]


def crypto_perf(cores: list[int], cipher: str, size: int, operation: str = "encrypt") -> float:
    """Bytes a second."""
    command = crypto_perf_command(cores, cipher, size, operation)
    found = re.search(rf"^\d+,{size},{BURST},.*,([\d.]+),[\d.]+$", run(command), re.M)
    if not found:
        raise Failure(f"{shlex.join(command)}: no result")
    return float(found[1]) * 1e9 / 8
