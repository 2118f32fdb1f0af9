# SPDX-License-Identifier: BSD-3-Clause
"""A fresh Debian in a directory, from the archive that this machine itself uses; and this tree's packages
for it."""
import os
import pathlib
import shutil

from .gateway import TOP
from .namespace import run

RELEASE = "bookworm"
PACKAGES = TOP / "build-package"
# In a mount namespace of its own, so that nothing stays mounted whatever becomes of the command.
ENTER = """
mount --make-rprivate /
mount --bind /etc/apt "$0/etc/apt"
mount --rbind /dev "$0/dev"
mount --rbind /sys "$0/sys"
mount -t proc proc "$0/proc"
exec chroot "$0" "$@"
"""


def build_packages(*options):
    """{name: file}, built from this tree by tools/package."""
    run(TOP / "tools/package", *options, PACKAGES, timeout=3600)
    return {path.name.split("_")[0]: path for path in PACKAGES.glob("*.deb")}


def archive():
    """The address of the release's archive, as this machine's apt has it."""
    addresses = run("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages",
                    f"Codename: {RELEASE}").stdout.split()
    assert addresses, f"this machine's apt knows no archive of {RELEASE}"
    return addresses[0]


class DebianRoot:
    def __init__(self, directory):
        self.path = pathlib.Path(directory)
        run("debootstrap", "--variant=minbase", "--include=ca-certificates", RELEASE, self.path,
            archive(), timeout=600)
        shutil.copy("/etc/resolv.conf", self.path / "etc/resolv.conf")
        # Not pytest's 0700: users of this Debian have to come in.
        self.path.chmod(0o755)
        # Nothing that is installed starts by itself.
        self._policy = self.path / "usr/sbin/policy-rc.d"
        self._policy.write_text("#!/bin/sh\nexit 101\n")
        self._policy.chmod(0o755)
        self.run("apt-get", "update", timeout=300)

    def command(self, *arguments):
        return ["unshare", "--mount", "sh", "-ec", ENTER, self.path, *arguments]

    def run(self, *arguments, timeout=60, check=True):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8",
                       "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        return run(*self.command(*arguments), timeout=timeout, check=check, env=environment)

    def apt(self, *arguments):
        return self.run("apt-get", "-y", "-o", "Dpkg::Use-Pty=0", "--no-install-recommends",
                        *arguments, timeout=900)

    def allow_services(self):
        """Before it becomes a machine's disk."""
        self._policy.unlink()

    def install(self, package):
        """A package's file, with all that it depends on."""
        shutil.copy(package, self.path / "root")
        self.apt("install", "--reinstall", f"/root/{package.name}")
        (self.path / "root" / package.name).unlink()

    def paths(self, word):
        """All that there is of this name, logs of apt and dpkg aside."""
        found = run("find", self.path, "-xdev", "-name", f"*{word}*").stdout.split()
        return {"/" + str(pathlib.Path(path).relative_to(self.path)) for path in found}
