# SPDX-License-Identifier: BSD-3-Clause
"""A virtual machine: QEMU without the help of the processor, behind an IOMMU of its own."""
from typing import NamedTuple

from lab.process import LabError, wait_for

from guest_agent import GuestAgent

MEMORY = "1536M"  # which other processes may map: vhost
MACHINE = ("-nodefaults", "-display", "none", "-no-user-config",
           "-object", f"memory-backend-memfd,id=memory,size={MEMORY},share=on",
           "-machine", "q35,kernel-irqchip=split,memory-backend=memory", "-m", MEMORY,
           "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-rtc", "base=utc,clock=host")
IOMMU = ("-device", "intel-iommu,intremap=on,caching-mode=on,device-iotlb=on")
AGENT = ("-device", "virtio-serial-pci", "-device",
         "virtserialport,chardev=agent,name=org.qemu.guest_agent.0")
BOOT_SECONDS = 180  # a busy machine emulates slowly


class Nic(NamedTuple):
    """One of the guest's, and QEMU's arguments for what is at its other end."""
    name: str
    mac: str
    other_end: tuple
    options: str = ",iommu_platform=on,ats=on"  # of the card: its memory accesses are translated


def tap(name, mac, **options):
    """At the other end a TAP device of that name, in the namespace where QEMU runs."""
    return Nic(name, mac, ("-netdev", f"tap,id={name},ifname={name},script=no,downscript=no"), **options)


def vhost_user(name, mac, socket):
    """At the other end a gateway's net_vhost; QEMU connects again when that was started anew.

    Without interrupt vectors: at the first one of such a NIC, QEMU 7.2 crashes where there is no KVM.
    """
    return Nic(name, mac, ("-chardev", f"socket,id=to-{name},path={socket},reconnect=1",
                           "-netdev", f"vhost-user,id={name},chardev=to-{name}"), options=",vectors=0")


def _arguments(number, nic):
    """As libvirt arranges it (docs/vm.md): each behind a port of its own, so that none shares its
    IOMMU group. The first one is 0000:01:00.0 in the guest, enp1s0 to its kernel."""
    port = f"pcie-root-port,id=port{number},bus=pcie.0,chassis={number},addr={number + 15:x}"
    card = (f"virtio-net-pci,bus=port{number},netdev={nic.name},mac={nic.mac},romfile=,"
            f"disable-legacy=on{nic.options}")
    return (*nic.other_end, "-device", port, "-device", card)


class Guest:
    """Runs in a namespace; what it writes to its disk is forgotten at its end."""

    def __init__(self, machine, disk, nics):
        self.console = machine.directory / "console"
        socket = machine.directory / "agent"
        cards = [argument for number, nic in enumerate(nics, start=1)
                 for argument in _arguments(number, nic)]
        self.process = machine.start(
            "qemu", "qemu-system-x86_64", *MACHINE, *(IOMMU if any("iommu" in nic.options for nic in nics) else ()),
            *AGENT, *cards,
            "-kernel", disk.kernel, "-initrd", disk.initrd, "-append", "root=/dev/vda rw console=ttyS0",
            "-drive", f"file={disk.image},if=none,id=disk,format=raw,snapshot=on",
            "-device", "virtio-blk-pci,drive=disk",
            "-serial", f"file:{self.console}",
            "-chardev", f"socket,id=agent,path={socket},server=on,wait=off")
        wait_for("QEMU's socket for the agent", 20, lambda: self._is_there(socket))
        self.agent = GuestAgent(socket)
        self.run = self.agent.run
        self.write = self.agent.write

    def _is_there(self, socket):
        self.process.check_alive()
        return socket.exists()

    def wait_until_booted(self):
        def answers():
            self.process.check_alive()
            return self.agent.answers()

        try:
            wait_for("answer of the guest's agent", BOOT_SECONDS, answers)
        except LabError as error:
            raise LabError(f"{error}; its console:\n{self.tail()}") from None

    def boot(self):
        """A name for the time since it was last switched on."""
        return self.run("cat /proc/sys/kernel/random/boot_id").stdout.strip()

    def reboot(self):
        """As systemd does it, services ended before."""
        before = self.boot()
        # Not run(): nobody would tell its end.
        self.agent.call("guest_exec", path="systemctl", arg=["reboot"])

        def is_back():
            self.process.check_alive()
            try:
                return self.agent.answers() and self.boot() != before
            except LabError:  # it ended between the two
                return False

        wait_for("reboot of the guest", BOOT_SECONDS, is_back, interval=1)

    def tail(self, lines=30):
        return "\n".join(self.console.read_text(errors="replace").splitlines()[-lines:])

    def describe(self):
        """For a failed test."""
        if self.process.exit_code() is not None or not self.agent.answers(5):
            return f"QEMU: exit code {self.process.exit_code()}\n{self.process.tail()}\n{self.tail()}"
        return self.run("journalctl --no-pager --boot | grep -v qemu-ga | tail -n 60; ip -s link", check=False).stdout

    def close(self):
        self.agent.close()
