# SPDX-License-Identifier: BSD-3-Clause
"""The client of a guest's agent (qemu-guest-agent): commands run inside, files written there."""
import base64
import itertools
import json
import socket
import subprocess
import time

from lab.process import LabError, wait_for


class GuestAgent:
    """At the socket that QEMU offers for the guest's serial port of that name."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(path))
        self._received = b""
        self._numbers = itertools.count(1)

    def close(self):
        self._socket.close()

    def answers(self, seconds=1):
        """Whether it is there; what it had to say to earlier questions is read and forgotten."""
        number = next(self._numbers)
        deadline = time.monotonic() + seconds
        try:
            self._send("guest-sync", {"id": number})
            while self._receive(deadline).get("return") != number:
                pass
        except (TimeoutError, ConnectionError):
            return False
        return True

    def call(self, command, seconds=30, **arguments):
        """A command of its protocol, with - for _; returns what it returns."""
        name = command.replace("_", "-")
        try:
            self._send(name, {key.replace("_", "-"): value for key, value in arguments.items()})
            answer = self._receive(time.monotonic() + seconds)
        except TimeoutError:
            raise LabError(f"the guest's agent did not answer {name} within {seconds} s") from None
        except ConnectionError as error:
            raise LabError(f"QEMU has ended: {error}") from None
        if "error" in answer:
            raise LabError(f"the guest's agent, {name}: {answer['error']['desc']}")
        return answer["return"]

    def run(self, command, timeout=60, check=True):
        """A line for the shell, to its end; LabError with its own words if it fails."""
        pid = self.call("guest_exec", path="/bin/bash", arg=["-c", command], capture_output=True)["pid"]

        def ended():
            status = self.call("guest_exec_status", pid=pid)
            return status["exited"] and status

        status = wait_for(f"end of '{command}' in the guest", timeout, ended)
        out, err = (base64.b64decode(status.get(name, "")).decode(errors="replace")
                    for name in ("out-data", "err-data"))
        code = status.get("exitcode", -status.get("signal", 0))
        if check and code != 0:
            raise LabError(f"in the guest, {command}: exit {code}: {err.strip() or out.strip()}")
        return subprocess.CompletedProcess(command, code, out, err)

    def write(self, path, data):
        """A file of the guest's."""
        handle = self.call("guest_file_open", path=path, mode="w")
        self.call("guest_file_write", handle=handle, buf_b64=base64.b64encode(data).decode())
        self.call("guest_file_close", handle=handle)

    def _send(self, name, arguments):
        request = {"execute": name, "arguments": arguments}
        self._socket.sendall(json.dumps(request).encode() + b"\n")

    def _receive(self, deadline):
        while b"\n" not in self._received:
            self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
            data = self._socket.recv(65536)
            if not data:
                raise ConnectionError("QEMU closed the connection to the guest's agent")
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        return json.loads(line)
