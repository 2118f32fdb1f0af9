# SPDX-License-Identifier: BSD-3-Clause
"""
The lab with a virtual machine as site A's gateway: its NICs' other ends are TAP devices of QEMU's,
each put where its cable leads.

     host-a           guest (QEMU)            wire                gw-b           host-b
    ┌──────┐      ┌───────────────────┐    ┌──────────┐      ┌──────────────┐     ┌──────┐
    │ eth0 ├──────┤ 01:00.0   02:00.0 ├────┤ to-a to-b├──────┤ outside      ├─────┤ eth0 │
    │  ::a │      │      enp3s0       │    │   br0    │      │              │     │  ::b │
    └──────┘      └─────────┬─────────┘    └──────────┘      └──────────────┘     └──────┘
     kernel            management             bridge           mt6d-gateway        kernel
                     time server, router
"""
from guest import Guest, tap, vhost_user
from guest_disk import HYPERVISOR
from lab.link import Link
from lab.process import wait_for
from lab.topology import Lab

ROTATION = 5  # seconds
NTP_PORT = 123
TIME_SERVER = """\
local stratum 8
allow 192.0.2.0/24
cmdport 0
bindcmdaddress /
pidfile {directory}/chronyd.pid
"""


class GuestLab(Lab):
    """With a guest, to which describe() and close() reach."""
    guest = None

    def describe(self):
        told = super().describe()
        return f"{told}\n\nguest\n{self.guest.describe()}" if self.guest else told

    def close(self):
        if self.guest:
            self.guest.close()
        super().close()


class GatewayInGuest(GuestLab):
    """As drawn."""

    def _build(self):
        self.wire = self.machine("wire", Link)
        self.host_a = self.machine("host-a")
        self.management = self.machine("management")
        self.hypervisor = self.machine("hypervisor")
        self.host_b, self.b = self._site("b", self.bob, self.alice)
        self.gateways = [self.b]

    def switch_on(self, disk):
        """The guest, up to where it takes commands."""
        self.guest = Guest(self.hypervisor, disk, [
            tap("inside", "02:00:00:00:1a:01"), tap("outside", "02:00:00:00:1a:02"),
            tap("managed", "02:00:00:00:1a:03", options="")])
        self._move("inside", self.host_a, "eth0")
        self.host_a.ip("link", "set", "eth0", "address", self.alice.mac)
        self._prepare_host(self.host_a, self.alice, "eth0")
        self._move("outside", self.wire, "to-a")
        self.wire.ip("link", "set", "to-a", "master", "br0", "up")
        self._move("managed", self.management, "guest")
        self._manage()
        self.guest.wait_until_booted()

    def _move(self, device, machine, name):
        def is_there():
            self.guest.process.check_alive()
            return device in self.hypervisor.run("ls", "/sys/class/net").stdout.split()

        wait_for(f"QEMU's {device}", 20, is_there)
        self.hypervisor.ip("link", "set", device, "netns", machine.name, "name", name)

    def _manage(self):
        self.management.ip("address", "add", f"{HYPERVISOR}/24", "dev", "guest")
        self.management.ip("link", "set", "guest", "up")
        file = self.directory / "chrony.conf"
        file.write_text(TIME_SERVER.format(directory=self.directory))
        # -x: it serves this machine's time, and does not set it.
        server = self.management.start("chronyd", "chronyd", "-d", "-x", "-u", "root", "-f", file)

        def serves():
            server.check_alive()
            return f":{NTP_PORT:04X} " in self.management.run("cat", "/proc/net/udp").stdout

        wait_for("time server", 10, serves)


class HostInGuest(GuestLab):
    """Alice is the guest's own kernel, whose NIC ends in site A's gateway, by vhost-user."""

    def _build(self):
        self.wire = self.machine("wire", Link)
        self.socket = self.directory / "vm.sock"
        machine = self.machine("gw-a")
        machine.silence()
        self.a = self._gateway(machine, "a", self.alice, self.bob, f"net_vhost0,iface={self.socket}")
        self.host_b, self.b = self._site("b", self.bob, self.alice)
        self.hypervisor = self.machine("hypervisor")
        self.gateways = [self.a, self.b]

    def switch_on(self, disk):
        """The guest, once the gateway has made the socket."""
        self.guest = Guest(self.hypervisor, disk, [vhost_user("inside", self.alice.mac, self.socket)])
        self.guest.wait_until_booted()
        self.guest.run("udevadm wait --timeout 60 /sys/class/net/enp1s0 && "
                       f"ip address add {self.alice.address}/64 dev enp1s0 nodad && "
                       f"ip link set enp1s0 mtu {self.host_mtu} up")
