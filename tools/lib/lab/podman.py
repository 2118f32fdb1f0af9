# SPDX-License-Identifier: BSD-3-Clause
"""podman with storage of its own. It runs where a lab does: on a machine without systemd too, or one
that is a container itself and may raise no limits."""
import json
import os
import pathlib
import resource

from .gateway import TOP
from .namespace import run
from .process import Process, wait_for

# No control groups: those of a machine that is a container are read-only, or of both versions, which
# crun refuses. Limits that such a machine allows too: the usual ones are higher than its own.
LIMITS = ("nofile=1024:1024", "nproc=4096:4096")
CONTAINERS = f"""\
[containers]
cgroups = "disabled"
default_ulimits = {json.dumps(LIMITS)}
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
STORAGE = """\
[storage]
driver = "vfs"
graphroot = "{0}/storage"
runroot = "{0}/run"
"""
# What is mounted ends with it, whatever becomes of the containers.
ROOM = """
mount --make-rprivate /
mount -t cgroup2 cgroup /sys/fs/cgroup
echo ready
exec sleep infinity
"""
UNLIMITED = "memlock=-1:-1"


def _limits():
    """UNLIMITED, or as much memory as this machine lets itself lock: root without CAP_SYS_RESOURCE
    raises no limit. An option --ulimit takes the place of all usual ones."""
    own = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    try:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (own[0], resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_MEMLOCK, own)
        memory = UNLIMITED
    except ValueError:
        memory = f"memlock={own[1]}:{own[1]}"
    return " --ulimit ".join((memory, *LIMITS))


class Podman:
    def __init__(self, directory):
        self._directory = pathlib.Path(directory)
        self._containers = self._directory / "containers.conf"
        self._storage = self._directory / "storage.conf"
        self._containers.write_text(CONTAINERS)
        self._storage.write_text(STORAGE.format(self._directory))
        self._room = Process("podman", ["unshare", "--mount", "sh", "-ec", ROOM], self._directory)
        wait_for("room for podman", 10, lambda: "ready" in self._room.out.read_text())

    def shell(self, text, timeout=120, check=True):
        """Commands as a page of docs/ has them, from the top of the tree, with no more than this
        machine allows."""
        environment = {**os.environ, "CONTAINERS_CONF": self._containers,
                       "CONTAINERS_STORAGE_CONF": self._storage, "BUILDAH_ISOLATION": "chroot", "BUILDAH_LAYERS": "false"}
        return run("nsenter", "--mount", "--target", self._room.pid, f"--wd={TOP}", "bash", "-euc",
                   text.replace("sudo ", "").replace(UNLIMITED, _limits()),
                   timeout=timeout, check=check, env=environment)

    def image_of(self, directory, name):
        """An image that is this directory."""
        self.shell(f"tar --directory={directory} --one-file-system --create . | podman import - {name}")

    def close(self):
        self.shell("podman rm --all --force --time 2; podman rmi --all --force", check=False)
        self._room.kill()
