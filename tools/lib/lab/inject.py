# SPDX-License-Identifier: BSD-3-Clause
"""Frames put on a wire as they are, by another process in the machine's namespace."""

import pathlib
import socket
import sys
import time

from .capture import read_frames
from .process import LabError

SCRIPT_PATH = pathlib.Path(__file__).resolve().parents[1]
PAUSE = 0.0002  # a port's ring is never full


def inject(machine, device, path):
    """Sends the frames of a pcap file out of a device; returns how many."""
    done = machine.run("env", f"PYTHONPATH={SCRIPT_PATH}", "PYTHONDONTWRITEBYTECODE=1",
                       "/usr/bin/python3", "-m", "lab.inject", device, path, timeout=60)
    return int(done.stdout)


def main(device, path):
    frames, _ = read_frames(path)
    if not frames:
        raise LabError(f"{path} holds no frames")
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind((device, 0))
        for frame in frames:
            wire.send(frame)
            time.sleep(PAUSE)
    print(len(frames))


if __name__ == "__main__":
    main(*sys.argv[1:])
