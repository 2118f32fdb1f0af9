# SPDX-License-Identifier: BSD-3-Clause
"""Stops one thread of a process, as a debugger does; the others run on."""

import contextlib
import ctypes
import os
import pathlib

from .process import LabError

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000  # __WALL: threads too

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


def _ptrace(request, thread):
    if _libc.ptrace(request, thread, None, None) != 0:
        raise LabError(f"ptrace of thread {thread}: {os.strerror(ctypes.get_errno())}")


def thread_named(pid, name):
    """The process's only thread of this name."""
    found = [int(task.name) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
             if (task / "comm").read_text().strip() == name]
    if len(found) != 1:
        raise LabError(f"{len(found)} threads of {pid} are named {name}")
    return found[0]


@contextlib.contextmanager
def frozen(thread):
    """It stands still within the block."""
    _ptrace(PTRACE_SEIZE, thread)
    try:
        _ptrace(PTRACE_INTERRUPT, thread)
        os.waitpid(thread, WALL)
        yield
    finally:
        _ptrace(PTRACE_DETACH, thread)
