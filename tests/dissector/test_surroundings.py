#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Other traffic keeps its dissection; ports and key files are what the user says."""

import struct

import pytest
from dissect import (ALICE, BOB, CONTROL, ENCRYPTION_OPTION, TOP, key_line, tunnel, vectors)
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import HBHOptUnknown, ICMPv6PacketTooBig, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment
from scapy.packet import Raw

PACKETS = vectors("packets")


def test_other_users_of_the_ports_are_left_alone(tshark):
    """From another source port, without MT6D's options, over IPv4, or towards the host that has the port."""
    question = bytes(DNS(rd=1, qd=DNSQR(qname="example.org")))
    others = [bytes(IPv6(src=ALICE, dst=BOB) / UDP(sport=4000, dport=19766) / Raw(b"something")),
              bytes(IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=0xC123, dport=19766) / Raw(b"something")),
              bytes(IPv6(src=ALICE, dst=BOB) / UDP(sport=19766, dport=53) / Raw(question))]
    rows = tshark.fields([(1, data) for data in others], "frame.protocols")
    assert [row["frame.protocols"].split(":")[-1] for row in rows] == ["data", "data", "dns"]


def test_other_destination_options_are_left_alone(tshark):
    options = IPv6ExtHdrDestOpt(options=[HBHOptUnknown(otype=ENCRYPTION_OPTION, optdata=b"1234", optlen=4)])
    packet = bytes(IPv6(src=ALICE, dst=BOB) / options / UDP(sport=0xC123, dport=53) / Raw(bytes(20)))
    row, = tshark.fields([(1, packet)], "frame.protocols", "ipv6.opt.type")
    assert "mt6d" not in row["frame.protocols"]
    assert row["ipv6.opt.type"] == "0xdb"


def test_a_tunnel_packet_in_two_fragments(tshark):
    vector = max((one for one in PACKETS if one["cipher"] == "aes-256-gcm"), key=lambda one: len(one["outer"]))
    whole = bytes.fromhex(vector["outer"])
    middle = 40 + (len(whole) - 40) // 2 // 8 * 8

    def fragment(data, offset, more):
        header = IPv6ExtHdrFragment(nh=whole[6], offset=offset // 8, m=more, id=77)
        return whole[:4] + struct.pack("!H", 8 + len(data)) + bytes([44]) + whole[7:40] + bytes(header) + data

    tshark.write_keys([key_line(vector, "v")])
    rows = tshark.fields([(vector["salt"], fragment(whole[40:middle], 0, 1)),
                          (vector["salt"], fragment(whole[middle:], middle - 40, 0))],
                         "mt6d.inner.packet", "mt6d.malformed")
    assert rows[1] == {"mt6d.inner.packet": vector["inner"], "mt6d.malformed": ""}


def test_a_tunnel_packet_quoted_in_an_error(tshark):
    """Cut off, as errors quote: what is there is shown, and nothing is called malformed."""
    vector = next(one for one in PACKETS if one["cipher"] == "none" and len(one["outer"]) > 140)
    quote = bytes.fromhex(vector["outer"])[:100]
    error = bytes(IPv6(src="2001:db8::fe", dst=ALICE) / ICMPv6PacketTooBig(mtu=1280) / Raw(quote))
    tshark.write_keys([key_line(vector, "v")])
    row, = tshark.fields([(vector["salt"], error)], "mt6d.stream", "mt6d.malformed")
    assert row == {"mt6d.stream": "v", "mt6d.malformed": ""}


def test_a_packet_of_which_the_capture_has_a_part_is_no_malformed_one(tshark):
    packet = tunnel(CONTROL)
    cut = [(1, packet[:length], len(packet)) for length in range(49, len(packet))]
    rows = tshark.fields(cut, "mt6d.cut", "mt6d.malformed", "_ws.col.Info")
    assert {row["mt6d.malformed"] for row in rows} == {""}
    assert all(row["mt6d.cut"] and "Cut off by the capture" in row["_ws.col.Info"] for row in rows)


def test_another_base_port_from_the_preferences(tshark):
    packet = tunnel(CONTROL, base_port=30000, key_state=2)
    assert tshark.fields([(1, packet)], "mt6d.key_state") == [{"mt6d.key_state": ""}]
    tshark.preferences = ["-o", "mt6d.base_ports:19766,30000"]
    assert tshark.fields([(1, packet)], "mt6d.key_state") == [{"mt6d.key_state": "2"}]


def test_the_key_file_says_base_ports_too(tshark):
    vector = dict(PACKETS[0])
    outer = bytearray.fromhex(vector["outer"])
    outer[42:44] = (30001).to_bytes(2, "big")
    tshark.write_keys([key_line(vector, "v", base_port=30000)])
    row, = tshark.fields([(vector["salt"], bytes(outer))], "mt6d.stream", "mt6d.key_state", "mt6d.malformed")
    assert row == {"mt6d.stream": "v", "mt6d.key_state": "1", "mt6d.malformed": ""}


def test_lines_of_the_key_file_that_cannot_be_read_are_told_without_their_keys(tshark):
    good = key_line(PACKETS[0], "good")
    key = PACKETS[0]["session_key"]
    tshark.write_keys(["# a comment", "", good.replace(":", ".", 1), good.rsplit(" ", 3)[0][:40], good + " rotation=x",
                       good.replace(key, key[:20]), good + " epoch", good])
    text = tshark.text([(PACKETS[0]["salt"], bytes.fromhex(PACKETS[0]["outer"]))])
    for line, what in ((3, "an address is not an IPv6 address"), (4, "fields are missing"),
                       (5, "the value of rotation is not one"), (6, "the key is not 16 to 64 bytes"),
                       (7, "is not option=value")):
        assert f"{tshark.key_file}:{line}: " in text and what in text
    assert key[:20] not in text
    assert "[Stream: good]" in text


@pytest.mark.parametrize("option", [
    "base_port=19766.5", "base_port=-3", "base_port=0", "base_port=65533", "base_port=0x4d36", "epoch=-1",
    "epoch=1.5", "epoch=4294967296", "epoch=99999999999", "epoch=1e3", "rotation=15s", "rotation=0s",
    "rotation=1.5s", "rotation=99999999999h", "lifetime=1", "lifetime=0s", "hash=md5", "local_prefix=2001:db8::/48"])
def test_a_value_that_the_gateway_would_refuse_is_told_and_not_used(tshark, option):
    """PACKETS[0] is found with the good line alone, so with a bad one it is nobody's."""
    tshark.write_keys([f"{key_line(PACKETS[0], 'bad')} {option}"])
    packet = (PACKETS[0]["salt"], bytes.fromhex(PACKETS[0]["outer"]))
    text = tshark.text([packet])
    assert f"{tshark.key_file}:1: the value of {option.split('=')[0]} is not one: write " in text
    assert "[Stream: " not in text and "Malformed" not in text


@pytest.mark.parametrize("option", ["base_port=65532", "epoch=4294967295", "rotation=9s lifetime=18s",
                                    "rotation=1m", "rotation=24h lifetime=48h", "lifetime=256s"])
def test_the_last_good_values_are_taken(tshark, option):
    tshark.write_keys([f"{key_line(PACKETS[0], 'good')} {option}"])
    assert str(tshark.key_file) not in tshark.text([(1, tunnel(CONTROL))])


@pytest.mark.parametrize("lifetime", ["1s", "257s"])
def test_a_lifetime_that_is_no_multiple_within_reason_is_told(tshark, lifetime):
    tshark.write_keys([f"{key_line(PACKETS[0], 'bad')} lifetime={lifetime}"])
    assert "the lifetime is not one: write 2 to 256 times the rotation, of 1s" in tshark.text([(1, tunnel(CONTROL))])


def test_a_port_that_is_near_two_base_ports_means_no_key_state_until_the_stream_is_known(tshark):
    packet = tunnel(CONTROL, base_port=19768)
    tshark.preferences = ["-o", "mt6d.base_ports:19766,19768"]
    rows = tshark.fields([(1, packet), (1, tunnel(CONTROL))], "mt6d.key_state", "mt6d.key_state_unclear",
                         "mt6d.malformed")
    assert [row["mt6d.key_state"] for row in rows] == ["", "0"]
    assert [bool(row["mt6d.key_state_unclear"]) for row in rows] == [True, False]
    assert {row["mt6d.malformed"] for row in rows} == {""}

    outer = bytearray.fromhex(PACKETS[0]["outer"])
    outer[42:44] = (19768).to_bytes(2, "big")
    tshark.write_keys([key_line(PACKETS[0], "v", base_port=19768)])
    tshark.preferences += ["-o", "mt6d.base_ports:19766"]
    row, = tshark.fields([(PACKETS[0]["salt"], bytes(outer))], "mt6d.key_state", "mt6d.key_state_unclear")
    assert row == {"mt6d.key_state": "0", "mt6d.key_state_unclear": ""}


def test_a_key_file_that_is_missing_is_told(tshark):
    tshark.preferences = ["-o", "mt6d.key_file:/nowhere/streams.keys"]
    assert "/nowhere/streams.keys: No such file" in tshark.text([(1, tunnel(CONTROL))])


def test_the_columns_show_what_a_packet_is(tshark):
    vector = PACKETS[0]
    tshark.write_keys([key_line(vector, "v0")])
    lines = tshark.summary([(vector["salt"], bytes.fromhex(vector["outer"])), (1, tunnel(CONTROL))])
    assert vector["sender"]["address"] in lines[0] and "ICMPv6" in lines[0]
    assert lines[1].endswith("Keep-alive") and " MT6D " in lines[1]


def test_it_works_from_a_plugin_folder(tshark, tmp_path):
    """Wireshark loads every file there, those in folders too."""
    plugins = tmp_path / ".local" / "lib" / "wireshark" / "plugins"
    for source in [TOP / "tools" / "mt6d.lua", *(TOP / "tools" / "mt6d").glob("*.lua")]:
        target = plugins / source.relative_to(TOP / "tools")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    tshark.load = []
    assert tshark.fields([(1, tunnel(CONTROL))], "mt6d.control.type") == [{"mt6d.control.type": "0"}]
