#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""tools/bind on a machine in a directory. A thread plays the kernel: it reads what is written to
the files by which drivers are bound, and does as the kernel would. Nothing of the machine that the
test runs on is touched. Takes mt6dctl from MT6DCTL, bind from MT6D_BIND."""

import os
import pathlib
import select
import subprocess
import threading

import pytest

BIND = os.environ["MT6D_BIND"]
MT6DCTL = pathlib.Path(os.environ["MT6DCTL"])

FREE = "0000:01:00.0"  # eth1
MELLANOX = "0000:03:00.0"  # eth3
ROUTED = "0000:02:00.0"  # eth0: has the default route


class Machine:
    """/sys and /proc with three cards, and a kernel of their own."""

    def __init__(self, root):
        self.root = root
        self.pci = root / "sys/bus/pci"
        self._pipes = {}
        self._end = threading.Event()
        for driver in ("vfio-pci", "i40e", "mlx5_core", "igb"):
            self.add_driver(driver)
        self._pipe(self.pci / "drivers_probe", self._probe)
        self.add_card(FREE, "i40e", "eth1", group="7")
        self.add_card(MELLANOX, "mlx5_core", "eth3", group="8")
        self.add_card(ROUTED, "igb", "eth0", group="9")
        self.native = {FREE: "i40e", MELLANOX: "mlx5_core", ROUTED: "igb"}
        self.put("proc/net/route", "Iface Destination Gateway Flags RefCnt Use Metric Mask\n"
                 "eth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\n")
        self.put("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n")
        self._kernel = threading.Thread(target=self._serve)
        self._kernel.start()

    def put(self, path, text):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def _pipe(self, path, action):
        path.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(path)
        # For writing too: else the end of one writer would be the end of all.
        self._pipes[os.open(path, os.O_RDWR | os.O_NONBLOCK)] = action

    def add_driver(self, name):
        folder = self.pci / "drivers" / name
        self._pipe(folder / "bind", lambda address: self._bind(address, name))
        self._pipe(folder / "unbind", self._unbind)

    def remove_driver(self, name):
        for file in ("bind", "unbind"):
            (self.pci / "drivers" / name / file).unlink()
        (self.pci / "drivers" / name).rmdir()

    def add_card(self, address, driver, interface, group=None):
        card = self.pci / "devices" / address
        (card / "net" / interface).mkdir(parents=True)
        (card / "class").write_text("0x020000\n")
        (card / "driver_override").write_text("(null)\n")
        (card / "driver").symlink_to(self.pci / "drivers" / driver)
        if group:
            (self.root / "sys/kernel/iommu_groups" / group).mkdir(parents=True)
            (card / "iommu_group").symlink_to(self.root / "sys/kernel/iommu_groups" / group)
        port = self.root / "sys/class/net" / interface
        port.mkdir(parents=True)
        (port / "device").symlink_to(card)

    def _bind(self, address, driver):
        (self.pci / "devices" / address / "driver").symlink_to(self.pci / "drivers" / driver)

    def _unbind(self, address):
        (self.pci / "devices" / address / "driver").unlink()

    def _probe(self, address):
        override = (self.pci / "devices" / address / "driver_override").read_text().strip()
        self._bind(address, override or self.native[address])

    def _serve(self):
        while not self._end.is_set():
            for pipe in select.select(list(self._pipes), [], [], 0.05)[0]:
                for address in os.read(pipe, 4096).decode().split():
                    self._pipes[pipe](address)

    def driver(self, address):
        return (self.pci / "devices" / address / "driver").resolve().name

    def close(self):
        self._end.set()
        self._kernel.join()
        for pipe in self._pipes:
            os.close(pipe)


@pytest.fixture(name="machine")
def fixture_machine(tmp_path):
    machine = Machine(tmp_path / "root")
    yield machine
    machine.close()


@pytest.fixture(name="commands")
def fixture_commands(tmp_path):
    """A directory of commands that are found first."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "mt6dctl").symlink_to(MT6DCTL)
    return folder


@pytest.fixture(name="bind")
def fixture_bind(machine, commands):
    def run(*arguments):
        return subprocess.run([BIND, "--root", machine.root, *arguments], text=True, timeout=60,
                              capture_output=True, check=False,
                              env=dict(os.environ, PATH=f"{commands}:{os.environ['PATH']}"))

    return run


def path_without(name, folder):
    """A folder with all commands of this machine but one."""
    folder.mkdir()
    for directory in map(pathlib.Path, os.environ["PATH"].split(":")):
        for command in directory.iterdir() if directory.is_dir() else ():
            link = folder / command.name
            if command.name != name and not link.is_symlink():
                link.symlink_to(command)
    return folder


@pytest.mark.parametrize("name", [FREE, "01:00.0", "eth1"])
def test_a_card_goes_to_vfio_by_its_address_or_interface(machine, bind, name):
    done = bind("to", "vfio-pci", name)
    assert (done.returncode, done.stdout) == (0, f"{FREE}: bound to vfio-pci\n"), done.stderr
    assert machine.driver(FREE) == "vfio-pci"


def test_what_is_bound_already_stays_as_it_is(machine, bind):
    bind("to", "vfio-pci", FREE)
    done = bind("to", "vfio-pci", FREE)
    assert (done.returncode, done.stdout) == (0, f"{FREE}: is bound to vfio-pci already\n")


def test_a_card_goes_back_to_the_driver_that_it_had(machine, bind):
    machine.native[FREE] = "igb"  # what the kernel would choose by itself
    bind("to", "vfio-pci", FREE)
    done = bind("back", FREE)
    assert (done.returncode, done.stdout) == (0, f"{FREE}: given back to i40e\n"), done.stderr
    assert machine.driver(FREE) == "i40e"
    assert bind("back", FREE).stdout == f"{FREE}: is i40e's already\n"


def test_the_card_of_the_default_route_is_refused_whatever_is_said(machine, bind):
    for options in ([], ["--persist"], ["--no-iommu"]):
        done = bind("to", "vfio-pci", ROUTED, *options)
        assert done.returncode == 1
        assert ("this machine is reached by it (eth0: the default route leaves by it)"
                in done.stderr)
    assert machine.driver(ROUTED) == "igb"


def test_the_card_of_an_ssh_session_is_refused(machine, bind):
    machine.put("proc/net/route", "Iface Destination Gateway Flags RefCnt Use Metric Mask\n"
                "eth1\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\n")
    machine.put("proc/net/tcp", "  0: 0502A8C0:0016 0902A8C0:C350 01 0\n")
    done = bind("to", "vfio-pci", "eth1")
    assert done.returncode == 1 and "logged in over it by SSH" in done.stderr
    assert machine.driver(FREE) == "i40e"


def test_a_card_that_needs_its_kernel_driver_keeps_it(machine, bind):
    done = bind("to", "vfio-pci", "eth3")
    assert (done.returncode, done.stdout) == (
        0, f"{MELLANOX}: keeps mlx5_core, on which DPDK's driver works\n")
    assert machine.driver(MELLANOX) == "mlx5_core"


def test_without_an_iommu_the_kernel_parameter_is_named_and_nothing_is_done(machine, bind):
    (machine.pci / "devices" / FREE / "iommu_group").unlink()
    done = bind("to", "vfio-pci", FREE)
    assert done.returncode == 1 and "intel_iommu=on iommu=pt" in done.stderr
    assert machine.driver(FREE) == "i40e"


def test_without_an_iommu_vfio_goes_without_if_told_so(machine, bind):
    (machine.pci / "devices" / FREE / "iommu_group").unlink()
    assert bind("to", "vfio-pci", FREE, "--no-iommu").returncode == 0
    mode = machine.root / "sys/module/vfio/parameters/enable_unsafe_noiommu_mode"
    assert mode.read_text() == "1\n"
    assert machine.driver(FREE) == "vfio-pci"


def test_what_is_no_network_card_is_refused(machine, bind):
    (machine.pci / "devices" / FREE / "class").write_text("0x010802\n")
    done = bind("to", "vfio-pci", FREE, "--persist")
    assert done.returncode == 1 and f"{FREE}: is no network card (class 0x010802)" in done.stderr
    assert machine.driver(FREE) == "i40e"


def test_programs_that_know_this_machine_alone_do_not_run_for_another(machine, bind, commands):
    for name in ("driverctl", "modprobe"):
        (commands / name).write_text(f"#!/bin/sh\ntouch {commands}/has-run\n")
        (commands / name).chmod(0o755)
    done = bind("to", "vfio-pci", FREE, "--persist")
    assert done.returncode == 1 and "on this machine alone" in done.stderr
    machine.put(f"etc/driverctl.d/pci-{FREE}", "vfio-pci\n")
    assert bind("back", FREE).returncode == 1
    machine.remove_driver("vfio-pci")
    done = bind("to", "vfio-pci", FREE)
    assert done.returncode == 1 and "loading vfio-pci is done on this machine alone" in done.stderr
    assert not (commands / "has-run").exists()
    assert machine.driver(FREE) == "i40e"


@pytest.fixture(name="bind_here")
def fixture_bind_here(machine, commands):
    """On "this machine", whose files are the other's: in a mount namespace, and without network."""
    if os.geteuid() != 0:
        pytest.skip("needs root, for a mount namespace")
    for folder in ("etc", "run"):
        (machine.root / folder).mkdir(exist_ok=True)
    mounts = " && ".join(f"mount --bind {machine.root}/{folder} /{folder}"
                         for folder in ("sys", "run", "etc"))

    def run(*arguments, path=os.environ["PATH"]):
        return subprocess.run(["unshare", "--mount", "--net", "sh", "-c", f'{mounts} && exec "$@"', "sh", BIND,
                               *arguments], text=True, timeout=60, capture_output=True, check=False,
                              env=dict(os.environ, PATH=f"{commands}:{path}"))

    return run


@pytest.fixture(name="driverctl")
def fixture_driverctl(machine, commands):
    """Keeps what it is told in /etc/driverctl.d, as the real one does, and binds."""
    (machine.root / "etc/driverctl.d").mkdir(parents=True)
    card, drivers = machine.pci / "devices" / FREE, machine.pci / "drivers"
    (commands / "driverctl").write_text(f"""\
#!/bin/sh
[ "$2" = {FREE} ] || exit 1
saved=/etc/driverctl.d/pci-$2
case $1 in
set-override) echo "$3" >$saved; ln -sfn {drivers}/"$3" {card}/driver ;;
unset-override) rm $saved; ln -sfn {drivers}/i40e {card}/driver ;;
esac
""")
    (commands / "driverctl").chmod(0o755)
    return machine.root / f"etc/driverctl.d/pci-{FREE}"


def test_what_cannot_persist_is_not_begun(machine, bind_here, tmp_path):
    done = bind_here("to", "vfio-pci", FREE, "--persist",
                     path=path_without("driverctl", tmp_path / "commands-but-one"))
    assert done.returncode == 1 and "apt-get install driverctl" in done.stderr
    assert machine.driver(FREE) == "i40e"


def test_driverctl_is_asked_to_bind_at_each_boot_and_to_stop_it(machine, bind_here, driverctl):
    done = bind_here("to", "vfio-pci", FREE, "--persist")
    assert (done.returncode, done.stdout) == (
        0, f"{FREE}: bound to vfio-pci, at each boot too\n"), done.stderr
    assert driverctl.read_text() == "vfio-pci\n"
    assert bind_here("back", FREE).returncode == 0
    assert not driverctl.exists() and machine.driver(FREE) == "i40e"


def test_without_an_iommu_vfio_goes_without_at_each_boot_too_until_the_last_card_is_back(
        machine, bind_here, driverctl):
    (machine.pci / "devices" / FREE / "iommu_group").unlink()
    option = machine.root / "etc/modprobe.d/mt6d-bind.conf"
    option.parent.mkdir()
    assert bind_here("to", "vfio-pci", FREE, "--persist", "--no-iommu").returncode == 0
    assert driverctl.exists()
    assert option.read_text() == "options vfio enable_unsafe_noiommu_mode=1\n"
    assert bind_here("back", FREE).returncode == 0
    assert not option.exists()


def test_vfio_is_loaded_where_it_is_not(machine, bind_here, commands):
    machine.remove_driver("vfio-pci")
    (commands / "modprobe").write_text(f"#!/bin/sh\nmkdir {machine.pci}/drivers/$1\n")
    (commands / "modprobe").chmod(0o755)
    assert bind_here("to", "vfio-pci", FREE).returncode == 0
    assert machine.driver(FREE) == "vfio-pci"


def test_status_tells_of_each_card_what_speaks_against_taking_it(machine, bind):
    lines = bind("status").stdout.splitlines()
    assert [line.split(None, 3) for line in lines] == [
        [FREE, "i40e", "eth1"],
        [ROUTED, "igb", "eth0", "not to be taken: eth0: the default route leaves by it"],
        [MELLANOX, "mlx5_core", "eth3", "keeps its driver"]]


@pytest.mark.parametrize("arguments", [[], ["to"], ["to", "vfio-pci"], ["to", "igb", FREE], ["back"],
                                       ["status", FREE], ["steal", FREE], ["--force", FREE]],
                         ids=" ".join)
def test_wrong_usage_is_told(bind, arguments):
    done = bind(*arguments)
    assert done.returncode == 2 and "--help" in done.stderr


def test_what_is_no_card_is_told(bind):
    done = bind("to", "vfio-pci", "eth9")
    assert done.returncode == 1 and "eth9: there is no such card or interface" in done.stderr
