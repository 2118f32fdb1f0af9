# SPDX-License-Identifier: BSD-3-Clause
"""A guest's disk: Debian with its own kernel, as an operator finds it before the gateway comes.

It has what the gateway's package asks for, but not that package, and a management network with a time
server. Made once a day, since that takes longer than all that the guest does then.
"""
import dataclasses
import datetime
import hashlib
import pathlib
import shutil
import tempfile

from lab.debian import RELEASE, DebianRoot
from lab.gateway import TOP
from lab.namespace import run

CACHE = TOP / "build-vm"
# A machine's own, which debootstrap's smallest variant lacks, and the agent that runs our commands.
SYSTEM = ("systemd-sysv", "udev", "kmod", "iproute2", "procps", "linux-image-amd64",
          "qemu-guest-agent")
SIZE = "4G"
HYPERVISOR = "192.0.2.1"  # in the management network: its router and time server
FILES = {
    "etc/hostname": "site-a\n",
    "etc/systemd/network/management.network": f"""\
[Match]
Name=enp3s0
[Network]
Address=192.0.2.2/24
Gateway={HYPERVISOR}
""",
    "etc/chrony/sources.d/management.sources": f"server {HYPERVISOR} iburst minpoll 0 maxpoll 2\n",
}
# What it boots from; all other modules are on the disk.
INITRAMFS = {
    "etc/initramfs-tools/conf.d/guest": "MODULES=list\n",
    "etc/initramfs-tools/modules": "virtio_pci\nvirtio_blk\next4\n",
}


@dataclasses.dataclass(frozen=True)
class Disk:
    image: pathlib.Path
    kernel: pathlib.Path
    initrd: pathlib.Path


def guest_disk(package):
    """The disk for a package's file, from the cache if one of today is there."""
    wanted = [run("dpkg-deb", "--field", package, field).stdout.strip()
              for field in ("Depends", "Recommends")]
    recipe = repr((RELEASE, SYSTEM, SIZE, FILES, INITRAMFS, wanted, datetime.date.today()))
    directory = CACHE / hashlib.sha256(recipe.encode()).hexdigest()[:16]
    if not directory.exists():
        shutil.rmtree(CACHE, ignore_errors=True)
        CACHE.mkdir()
        with tempfile.TemporaryDirectory(dir=CACHE) as work:
            made = _make(pathlib.Path(work), wanted)
            made.rename(directory)
    return Disk(directory / "disk.img", directory / "vmlinuz", directory / "initrd.img")


def _make(work, wanted):
    debian = DebianRoot(work / "root")
    _write(debian.path, INITRAMFS)
    debian.apt("install", *SYSTEM)
    debian.apt("satisfy", *wanted)
    _write(debian.path, FILES)
    debian.run("systemctl", "enable", "systemd-networkd")
    debian.allow_services()
    made = work / "made"
    made.mkdir()
    for name in ("vmlinuz", "initrd.img"):
        shutil.copy((debian.path / name).resolve(), made / name)
    run("mke2fs", "-q", "-t", "ext4", "-d", debian.path, made / "disk.img", SIZE, timeout=300)
    return made


def _write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
