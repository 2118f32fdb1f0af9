#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Single packets, as an operator sees them: traced, captured and simulated in a real gateway, while
two kernels ping each other. Captures are read by Wireshark's tshark."""

import concurrent.futures
import contextlib
import json
import signal
import stat
import subprocess

import pytest
from lab.capture import Capture, addresses, is_tunnel
from lab.gateway import make_key
from lab.process import wait_for
from lab.shell import facts, mt6dctl, text
from lab.topology import ALICE, BOB, Lab
from lab.traffic import ping, wait_until_both_reachable

STREAM = "alice-bob"
POINTS = ["internal-in", "internal-out", "external-in", "external-out", "dropped"]


@contextlib.contextmanager
def small_disk(folder):
    """A file system of 256 kB. Mounted before the gateways start: each sees what was there then."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture(scope="module", name="lab")
def pinging_lab(request):
    with Lab(rotation=5, driver="net_af_packet") as made, small_disk(made.directory / "small"):
        request.node.labs = [made]
        made.start()
        wait_until_both_reachable(made)
        yield made


@pytest.fixture(name="shell")
def socket_of_a(lab):
    yield lab.a.socket
    text(lab.a.socket, "clear trace")
    mt6dctl(lab.a.socket, "capture", "stop")


def refused(shell, command):
    done = mt6dctl(shell, *command.split())
    assert done.returncode != 0, f"{command} went well: {done.stdout}"
    return done.stdout + done.stderr


def read_capture(path):
    """(interface, frame, comment) of each packet."""
    done = subprocess.run(["tshark", "-n", "-r", path, "-T", "json", "-x", "--no-duplicate-keys"],
                          capture_output=True, text=True, check=True)
    packets = []
    for packet in json.loads(done.stdout):
        layers = packet["_source"]["layers"]
        comment = layers.get("pkt_comment", {}).get("frame.comment", "")
        name = layers["frame"]["frame.interface_id_tree"]["frame.interface_name"]
        packets.append((name, bytes.fromhex(layers["frame_raw"][0]), comment))
    return packets


def traced(shell, count):
    return wait_for("traced packets", 10, lambda: (lambda packets: len(packets) >= count and packets)(
        facts(shell, "show trace")["packets"]))


def stages(packet):
    return [step["stage"] for step in packet["way"]]


def test_a_ping_is_traced_into_the_tunnel_and_out_of_it(lab, shell):
    text(shell, f"trace add 2 stream {STREAM}")
    assert ping(lab.host_a, BOB.address) == (1, 1)
    request, reply = sorted(traced(shell, 2), key=lambda packet: packet["time"])
    assert stages(request) == ["received", "classified_packet", "found", "encapsulated", "sealed",
                               "sent"]
    assert stages(reply) == ["received", "classified_packet", "found", "opened", "decapsulated",
                             "sent"]
    for packet, ends in ((request, (ALICE, BOB)), (reply, (BOB, ALICE))):
        assert packet["stream"] == STREAM and packet["verdict"] == "sent"
        assert packet["true"] == dict(zip(("source", "destination"), (one.address for one in ends)))
        assert packet["hashed"]["source"] != packet["true"]["source"]
    routes = facts(shell, f"show routes {STREAM}")["streams"][0]["routes"]
    assert request["salt"] in [route["salt"] for route in routes]
    shown = text(shell, "show trace")
    assert request["hashed"]["source"] in shown and "verdict                sent" in shown


def test_a_dropped_packet_is_traced_by_its_reason(lab, shell):
    text(shell, "trace add 1 port internal drop stream_disabled")
    text(shell, f"disable stream {STREAM}")
    assert ping(lab.host_a, BOB.address, wait=0.2)[1] == 0
    text(shell, f"enable stream {STREAM}")
    packet = traced(shell, 1)[0]
    assert (packet["verdict"], packet["reason"]) == ("dropped", "stream_disabled")
    assert "The operator has disabled" in text(shell, "show trace")


def test_a_capture_has_what_is_on_the_wire_and_what_is_inside(lab, shell):
    path = lab.directory / "whole.pcapng"
    on_wire = Capture(lab.wire, "to-a", snap_length=65535)
    text(shell, f"capture start {path}")
    assert ping(lab.host_a, BOB.address, count=10, interval=0.02) == (10, 10)
    said = facts(shell, "capture stop")
    seen = on_wire.stop()
    packets = read_capture(path)
    assert said["packets"] == len(packets) and said["lost"] == 0 and said["error"] is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    tunnelled = [frame for point, frame, _ in packets
                 if point.startswith("external") and is_tunnel(frame)]
    wire = [frame for frame in seen if is_tunnel(frame)]
    assert len(tunnelled) >= 20 and all(frame in wire for frame in tunnelled)
    inside = [frame for point, frame, _ in packets if point.startswith("internal")]
    echoes = [frame for frame in inside if len(frame) > 54 and frame[54] in (128, 129)]
    assert len(echoes) == 20
    for point in POINTS[:4]:
        assert any(name == point for name, _, _ in packets), point


def test_a_dropped_packet_is_captured_as_it_came_and_says_why(lab, shell):
    path = lab.directory / "dropped.pcapng"
    text(shell, f"disable stream {STREAM}")
    text(shell, f"capture start {path} point dropped filter icmp6 and dst host {BOB.address}")
    assert ping(lab.host_a, BOB.address, count=3, interval=0.02, wait=0.2)[1] == 0
    text(shell, "capture stop")
    text(shell, f"enable stream {STREAM}")
    packets = read_capture(path)
    assert len(packets) == 3
    for point, frame, comment in packets:
        assert point == "dropped" and frame[54] == 128
        assert comment.startswith("internal stream_disabled: The operator has disabled")


def test_a_file_is_not_overwritten_unasked_and_bad_orders_are_explained(lab, shell):
    path = lab.directory / "again.pcapng"
    text(shell, f"capture start {path}")
    assert "runs already" in refused(shell, f"capture start {path}")
    text(shell, "capture stop")
    assert f"{path} exists" in refused(shell, f"capture start {path}")
    text(shell, f"capture start {path} overwrite point internal")
    text(shell, "capture stop")
    letters = lab.directory / "letters"
    letters.write_text("of value")
    assert "is no capture" in refused(shell, f"capture start {letters} overwrite")
    assert letters.read_text() == "of value"
    assert "no capture runs" in refused(shell, "capture stop")
    assert "whole path" in refused(shell, "capture start there.pcapng")
    assert "/nowhere/x" in refused(shell, "capture start /nowhere/x")
    assert "pcap-filter" in refused(shell, f"capture start {path} overwrite filter nonsense here")
    assert "no stream" in refused(shell, f"capture start {path} stream nobody")


def test_a_full_disk_ends_the_capture_and_leaves_a_file_that_can_be_read(lab, shell):
    path = lab.directory / "small" / "full.pcapng"
    text(shell, f"capture start {path}")

    def ended():
        ping(lab.host_a, BOB.address, count=50, interval=0.002, size=1300)
        return not facts(shell, "show capture")["capture"]["running"]

    wait_for("the disk to be full", 20, ended)
    said = refused(shell, "capture stop")
    assert str(path) in said and "No space left on device" in said
    assert read_capture(path)
    assert ping(lab.host_a, BOB.address, count=5, interval=0.02) == (5, 5)


def echo_request(lab, shell):
    """Alice's own, as the gateway captured it."""
    path = lab.directory / "request.pcapng"
    text(shell, f"capture start {path} overwrite point internal-in filter icmp6[0] == 128")
    assert ping(lab.host_a, BOB.address) == (1, 1)
    text(shell, "capture stop")
    return read_capture(path)[0][1]


def tunnel_packet(lab, shell):
    """The peer's newest, as the gateway captured it."""
    path = lab.directory / "tunnelled.pcapng"
    text(shell, f"capture start {path} overwrite point external-in stream {STREAM}")
    assert ping(lab.host_a, BOB.address) == (1, 1)
    text(shell, "capture stop")
    return read_capture(path)[-1][1]


def test_an_echo_request_is_simulated_into_the_tunnel_and_nothing_is_sent(lab, shell):
    request = echo_request(lab, shell)
    before = facts(shell, f"show streams {STREAM}")["streams"][0]["encapsulated_packets"]
    packet = facts(shell, f"simulate packet {request.hex()} port internal")
    assert packet["verdict"] == "sent" and packet["stream"] == STREAM
    (leaves,) = packet["leaves"]
    frame = bytes.fromhex(leaves["hex"])
    assert leaves["port"] == "external" and is_tunnel(frame)
    assert addresses(frame) == (packet["hashed"]["source"], packet["hashed"]["destination"])
    after = facts(shell, f"show streams {STREAM}")["streams"][0]["encapsulated_packets"]
    assert after - before < 3  # but what alice and her peer say to each other anyhow
    assert "leaves by the external port" in text(shell,
                                                 f"simulate packet {request.hex()} port internal")


def test_tunnel_packets_that_came_before_or_are_forged_are_found_out(lab, shell):
    frame = tunnel_packet(lab, shell)
    repeat = facts(shell, f"simulate packet {frame.hex()} port external")
    assert (repeat["verdict"], repeat["reason"]) == ("dropped", "replayed")
    forged = frame[:-1] + bytes([frame[-1] ^ 1])
    verdict = facts(shell, f"simulate packet {forged.hex()} port external")
    assert verdict["reason"] == "udp_checksum" and verdict["leaves"] == []
    assert facts(shell, f"simulate packet {frame.hex()} port internal")["verdict"] == "dropped"


def test_streams_come_and_go_while_they_are_traced_captured_and_simulated(lab, shell):
    request = echo_request(lab, shell).hex()
    key = lab.directory / "guest.key"
    make_key(key)
    guest = (f"{ALICE.address} {lab.alice.mac} {BOB.address}:e 02:00:00:f0:00:ee "
             f"key-file {key} name=guest")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        pings = pool.submit(ping, lab.host_a, BOB.address, 300, 0.01)
        for i in range(5):
            text(shell, f"add stream {guest}")
            text(shell, "trace add 1000 stream guest")
            text(shell, f"capture start {lab.directory}/guest-{i}.pcapng stream guest")
            text(shell, "remove stream guest")
            assert facts(shell, f"simulate packet {request} port internal")["stream"] == STREAM
            assert facts(shell, "show trace")["packets"] == []
            text(shell, "capture stop")
            assert read_capture(lab.directory / f"guest-{i}.pcapng") == []
        assert pings.result() == (300, 300)


def test_a_gateway_ends_in_order_while_it_traces_captures_and_simulates(lab, shell):
    request = echo_request(lab, shell).hex()
    path = lab.directory / "cut.pcapng"
    other = lab.b
    text(other.socket, "trace add 1000")
    text(other.socket, f"capture start {path}")

    def simulate_until_it_ends():
        simulate = ("simulate", "packet", request, "port", "internal")
        while mt6dctl(other.socket, *simulate).returncode == 0:
            pass

    with concurrent.futures.ThreadPoolExecutor() as pool:
        simulated = pool.submit(simulate_until_it_ends)
        assert ping(lab.host_a, BOB.address, count=20, interval=0.01) == (20, 20)
        other.stop(signal.SIGTERM)
        simulated.result()
    assert len(read_capture(path)) >= 80
    other.start()
    wait_until_both_reachable(lab)


def test_what_is_no_packet_or_no_port_is_explained(shell):
    assert "'zz', character 5" in refused(shell, "simulate packet 0123zz port external")
    assert "'3', character 3" in refused(shell, "simulate packet 123 port external")
    assert "internal" in refused(shell, "simulate packet 0123 port sideways")
    short = facts(shell, "simulate packet 0123 port external")
    assert (short["verdict"], short["reason"]) == ("dropped", "frame_truncated")
    assert "PACKETS" in refused(shell, "trace add 0") + refused(shell, "trace add many")
