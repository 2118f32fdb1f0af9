#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What tools/mt6d.lua makes of the published vectors: each field as they say."""

import hashlib
import hmac
import ipaddress

import pytest
from dissect import (ALICE, BOB, CONTROL, ENCRYPTION_OPTION, KEY_OPTION, key_line, tunnel, vectors)

ALGORITHM = {"none": 0, "aes-256-cbc": 1, "aes-256-gcm": 2}
PACKETS = vectors("packets")
EXCHANGES = vectors("key_exchange")
ADDRESSES = vectors("addresses")


def at_their_time(vector_list):
    """With a rotation time of one second, the salt is the time."""
    return [(vector["salt"], bytes.fromhex(vector["outer"])) for vector in vector_list]


def key_file_of(vector_list):
    return [key_line(vector, f"v{number}") for number, vector in enumerate(vector_list)]


def test_with_the_keys_the_inner_packets_are_those_of_the_vectors(tshark):
    tshark.write_keys(key_file_of(PACKETS))
    rows = tshark.fields(at_their_time(PACKETS), "mt6d.stream", "mt6d.sender", "mt6d.receiver", "mt6d.salt",
                         "mt6d.cipher", "mt6d.key_state", "mt6d.inner.packet", "mt6d.malformed")
    for number, (row, vector) in enumerate(zip(rows, PACKETS, strict=True)):
        assert row == {"mt6d.stream": f"v{number}", "mt6d.sender": vector["sender"]["address"],
                       "mt6d.receiver": vector["receiver"]["address"], "mt6d.salt": str(vector["salt"]),
                       "mt6d.cipher": str(ALGORITHM[vector["cipher"]]),
                       "mt6d.key_state": str(vector["key_state"]), "mt6d.inner.packet": vector["inner"],
                       "mt6d.malformed": ""}


def test_without_keys_only_what_is_in_the_clear_is_shown(tshark):
    rows = tshark.fields(at_their_time(PACKETS), "mt6d.stream", "mt6d.cipher", "mt6d.option.type",
                         "mt6d.option.algorithm", "mt6d.option.pad", "mt6d.option.number", "mt6d.number",
                         "mt6d.inner.version", "mt6d.malformed")
    for row, vector in zip(rows, PACKETS, strict=True):
        algorithm = ALGORITHM[vector["cipher"]]
        assert (row["mt6d.stream"], row["mt6d.malformed"]) == ("", "")
        assert row["mt6d.cipher"] == str(algorithm)
        assert row["mt6d.inner.version"] == ("" if algorithm else "6")
        if algorithm:
            number = int(vector["number"])
            pad = -(len(vector["inner"]) // 2 - 32) % 16 if algorithm == 1 else 0
            assert row["mt6d.option.type"] == "0xdb"
            assert (row["mt6d.option.algorithm"], row["mt6d.option.pad"]) == (str(algorithm), str(pad))
            assert row["mt6d.option.number"] == str(number % (1 << 24))
            assert row["mt6d.number"] == (str(number) if algorithm == 2 else "")


def test_the_inner_header_is_that_of_the_inner_packet(tshark):
    clear = [vector for vector in PACKETS if vector["cipher"] == "none"]
    rows = tshark.fields(at_their_time(clear), "mt6d.inner.class", "mt6d.inner.flow_label",
                         "mt6d.inner.length", "mt6d.inner.next_header", "mt6d.inner.hop_limit")
    for row, vector in zip(rows, clear, strict=True):
        inner = bytes.fromhex(vector["inner"])
        word = int.from_bytes(inner[:4], "big")
        assert [int(value, 0) for value in row.values()] == [
            word >> 20 & 0xFF, word & 0xFFFFF, int.from_bytes(inner[4:6], "big"), inner[6], inner[7]]


def test_wireshark_dissects_the_inner_packet(tshark):
    tshark.write_keys(key_file_of(PACKETS))
    rows = tshark.fields(at_their_time(PACKETS), "ipv6.src", "ipv6.nxt", "frame.protocols")
    for row, vector in zip(rows, PACKETS, strict=True):
        assert row["ipv6.src"].split(",")[1] == vector["sender"]["address"]
        assert row["ipv6.nxt"].split(",")[1] == str(bytes.fromhex(vector["inner"])[6])
        assert ":mt6d:ipv6" in row["frame.protocols"]


@pytest.mark.parametrize("offset, found", [(-2, False), (-1, True), (0, True), (1, True), (2, True), (3, False)])
def test_a_stream_is_found_at_the_salts_around_its_own(tshark, offset, found):
    """The clock of the capture may be off, and packets are on their way at a rotation."""
    tshark.write_keys(key_file_of(PACKETS[:1]))
    time, data = at_their_time(PACKETS)[0]
    row, = tshark.fields([(time + offset, data)], "mt6d.stream", "mt6d.salt")
    assert row == ({"mt6d.stream": "v0", "mt6d.salt": str(time)} if found
                   else {"mt6d.stream": "", "mt6d.salt": ""})


@pytest.mark.parametrize("lifetime", [2, 3, 10, 256])
def test_a_stream_is_found_at_every_salt_that_a_gateway_receives(tshark, lifetime):
    """docs/protocol.md, 3: from salt(t, 0) - (L/R - 1) to salt(t, 1), and no others."""
    tshark.write_keys([key_line(PACKETS[0], "v0", lifetime=f"{lifetime}s")])
    time, data = at_their_time(PACKETS)[0]
    offsets = (-2, -1, 0, lifetime - 1, lifetime)
    rows = tshark.fields([(time + offset, data) for offset in offsets], "mt6d.salt", "mt6d.malformed")
    live = {"mt6d.salt": str(time), "mt6d.malformed": ""}
    gone = {"mt6d.salt": "", "mt6d.malformed": ""}
    assert rows == [gone, live, live, live, gone]


def test_both_directions_are_named_after_one_line(tshark):
    """A line says which hosts; either may be the sender."""
    turned = [dict(vector, sender=vector["receiver"], receiver=vector["sender"]) for vector in PACKETS]
    tshark.write_keys(key_file_of(turned))
    rows = tshark.fields(at_their_time(PACKETS), "mt6d.stream", "mt6d.sender", "mt6d.inner.packet")
    for number, (row, vector) in enumerate(zip(rows, PACKETS, strict=True)):
        assert row == {"mt6d.stream": f"v{number}", "mt6d.sender": vector["sender"]["address"],
                       "mt6d.inner.packet": vector["inner"]}


# A capture's clock ends in 2106.
ADDRESSES_IN_TIME = [vector for vector in ADDRESSES if vector["salt"] < 1 << 32]


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
def test_hashed_addresses_are_those_of_the_vectors(tshark, hash_name):
    """Each vector's host sends to itself, so that one vector gives both addresses."""
    chosen = [vector for vector in ADDRESSES_IN_TIME if vector["hash"] == hash_name]
    lines, packets = [], []
    for number, vector in enumerate(chosen):
        prefixes = {side: vector["prefix"] for side in ("local_prefix", "remote_prefix") if vector["prefix"]}
        host = {"address": vector["true"], "mac": vector["mac"]}
        lines.append(key_line({"sender": host, "receiver": host, "session_key": vector["key"]}, f"v{number}",
                              hash=hash_name, **prefixes))
        packets.append((vector["salt"], tunnel(CONTROL, source=vector["hashed"], destination=vector["hashed"])))
    assert packets
    tshark.write_keys(lines)
    names = [row["mt6d.stream"] for row in tshark.fields(packets, "mt6d.stream")]
    assert names == [f"v{number}" for number in range(len(chosen))]


# --- key exchange ---------------------------------------------------------------------------------

KIND = {"wrap": "1", "x25519": "2"}
MESSAGES = {"offer": "1", "accept": "2", "confirm": "3"}


@pytest.mark.parametrize("message", MESSAGES)
def test_messages_of_key_exchange_field_by_field(tshark, message):
    rows = tshark.fields(
        [(1, tunnel(CONTROL, [(KEY_OPTION, bytes.fromhex(vector[message]))], key_state=int(MESSAGES[message])))
         for vector in EXCHANGES],
        "mt6d.control.type", "mt6d.control.kind", "mt6d.control.epoch", "mt6d.control.change_time",
        "mt6d.control.wrapped_key", "mt6d.control.public_key", "mt6d.control.mac", "mt6d.key_state",
        "mt6d.option.type", "mt6d.malformed")
    for row, vector in zip(rows, EXCHANGES, strict=True):
        data = bytes.fromhex(vector[message])
        body = data[10:-16].hex()
        assert row["mt6d.control.type"] == MESSAGES[message]
        assert row["mt6d.control.kind"] == KIND[vector["kind"]]
        assert row["mt6d.control.epoch"] == str(vector["epoch"])
        assert row["mt6d.control.wrapped_key"] == (body if vector["kind"] == "wrap" else "")
        assert row["mt6d.control.public_key"] == (body if vector["kind"] == "x25519" else "")
        assert row["mt6d.control.mac"] == data[-16:].hex()
        assert row["mt6d.key_state"] == MESSAGES[message]
        assert row["mt6d.option.type"].startswith("0xcc")
        assert row["mt6d.malformed"] == ""


def hashed(address, mac, key, salt):
    """docs/protocol.md, 4, for addresses that need none of its exceptions."""
    packed = ipaddress.IPv6Address(address).packed
    digest = hashlib.sha256(packed[8:] + bytes.fromhex(mac.replace(":", "")) + key + salt.to_bytes(8, "big"))
    return str(ipaddress.IPv6Address(packed[:8] + digest.digest()[:8]))


@pytest.mark.parametrize("right", [True, False])
def test_the_mac_of_an_offer_is_checked_with_the_key(tshark, right):
    macs, salt = ("02:00:00:00:00:0a", "02:00:00:00:00:0b"), 1234
    lines, packets = [], []
    for vector in EXCHANGES:
        key = bytes.fromhex(vector["old_session_key"])
        hosts = [{"address": vector[side], "mac": mac} for side, mac in zip(("initiator", "responder"), macs)]
        lines.append(key_line({"sender": hosts[0], "receiver": hosts[1], "session_key": key.hex()}, "v"))
        source, destination = (hashed(host["address"], host["mac"], key, salt) for host in hosts)
        offer = bytearray.fromhex(vector["offer"])
        offer[-1] ^= 0 if right else 1
        packets.append((salt, tunnel(CONTROL, [(KEY_OPTION, bytes(offer))], 1, source, destination)))
    tshark.write_keys(lines)
    rows = tshark.fields(packets, "mt6d.control.mac_right", "mt6d.malformed")
    assert {tuple(row.values()) for row in rows} == {("1", "") if right else ("0", "key_mac")}


def test_a_keep_alive_is_a_control_packet_without_a_key_option(tshark):
    row, = tshark.fields([(1, tunnel(CONTROL))], "mt6d.control.type", "mt6d.malformed")
    assert row == {"mt6d.control.type": "0", "mt6d.malformed": ""}


def test_a_message_under_encryption_is_shown_without_its_key(tshark):
    """The option is outside of what is encrypted."""
    number = (0x1122334455667788).to_bytes(8, "big")
    options = [(ENCRYPTION_OPTION, b"\x20" + number[5:]), (KEY_OPTION, bytes.fromhex(EXCHANGES[1]["offer"]))]
    row, = tshark.fields([(1, tunnel(number + bytes(8 + 16), options, 1))],
                         "mt6d.control.type", "mt6d.cipher", "mt6d.malformed")
    assert row == {"mt6d.control.type": "1", "mt6d.cipher": "2", "mt6d.malformed": ""}
