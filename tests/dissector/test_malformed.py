#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What is not well formed is called so, by the gateway's own names, and never ends in a Lua error
(which Tshark.fields() and text() look for)."""

import random
import struct

import pytest
from dissect import ALICE, BOB, CONTROL, ENCRYPTION_OPTION, KEY_OPTION, key_line, tunnel, vectors
from scapy.layers.inet6 import IPv6, IPv6ExtHdrHopByHop
from scapy.packet import Raw

PACKETS = vectors("packets")
EXCHANGES = vectors("key_exchange")
GCM = (ENCRYPTION_OPTION, b"\x20\x00\x00\x07")
GCM_PAYLOAD = (7).to_bytes(8, "big") + bytes(8 + 16)
CBC = (ENCRYPTION_OPTION, b"\x10\x00\x00\x07")
OFFER = (KEY_OPTION, bytes.fromhex(EXCHANGES[1]["offer"]))
HOST_HEADER = bytes.fromhex("6000000000041140")
# Pad1 and PadN cannot be asked of scapy by hand without its own padding.
HEADER = bytes(tunnel(CONTROL, [GCM]))[:40]


def with_options_area(area):
    """A tunnel packet whose destination options header holds just these bytes."""
    options = b"\x11" + bytes([(len(area) + 2) // 8 - 1]) + area
    assert len(options) % 8 == 0
    udp = struct.pack("!HHHH", 0xC123, 19766, 8 + len(GCM_PAYLOAD), 1)
    rest = options + udp + GCM_PAYLOAD
    return HEADER[:4] + struct.pack("!H", len(rest)) + HEADER[6:] + rest


def behind_another_header(packet):
    """The packet with hop-by-hop options before all else."""
    return bytes(IPv6(src=ALICE, dst=BOB) / IPv6ExtHdrHopByHop(nh=packet[6]) / Raw(packet[40:]))


CASES = {
    "inner_truncated: seven bytes": tunnel(CONTROL[:7]),
    "inner_version: four": tunnel(b"\x45" + bytes(7)),
    "inner_length: more than there is": tunnel(HOST_HEADER + bytes(3)),
    "inner_length: less than there is": tunnel(HOST_HEADER + bytes(5)),
    "key_option_misplaced: on a host's packet": tunnel(HOST_HEADER + bytes(4), [OFFER]),
    "cipher_malformed: too short for a tag": tunnel(GCM_PAYLOAD[:-1], [GCM]),
    "cipher_malformed: two numbers": tunnel(GCM_PAYLOAD, [(ENCRYPTION_OPTION, b"\x20\x00\x00\x08")]),
    "cipher_malformed: gcm with a pad": tunnel(GCM_PAYLOAD, [(ENCRYPTION_OPTION, b"\x21\x00\x00\x07")]),
    "cipher_malformed: cbc of no whole blocks": tunnel(bytes(17), [CBC]),
    "cipher_mismatch: algorithm 3": tunnel(GCM_PAYLOAD, [(ENCRYPTION_OPTION, b"\x30\x00\x00\x07")]),
    "option_repeated: encryption": tunnel(GCM_PAYLOAD, [GCM, GCM]),
    "option_repeated: key exchange": tunnel(CONTROL, [OFFER, OFFER]),
    "option_unknown: 0x1e": tunnel(GCM_PAYLOAD, [GCM, (0x1E, b"1")]),
    "option_unknown: without data": with_options_area(b"\xdb\x04\x20\0\0\x07" + b"\x1e\0" + bytes(6)),
    "options_malformed: an encryption option of five": tunnel(GCM_PAYLOAD, [(ENCRYPTION_OPTION, bytes(5))]),
    "options_malformed: an encryption option of none": with_options_area(b"\xdb\0" + bytes(4)),
    "options_malformed: longer than the header": with_options_area(b"\xdb\x05\x20\0\0\x07"),
    "key_malformed: too short": tunnel(CONTROL, [(KEY_OPTION, OFFER[1][:25])]),
    "key_malformed: kind 3": tunnel(CONTROL, [(KEY_OPTION, b"\3" + OFFER[1][1:])]),
    "key_malformed: message 4": tunnel(CONTROL, [(KEY_OPTION, b"\2\4" + OFFER[1][2:])]),
    "key_malformed: an offer without its body": tunnel(CONTROL, [(KEY_OPTION, OFFER[1][:26])]),
    "extension_header: hop-by-hop options": behind_another_header(tunnel(CONTROL)),
    "extension_header: before the destination options": behind_another_header(tunnel(GCM_PAYLOAD, [GCM])),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_has_the_gateways_name_for_it(tshark, case):
    reason = case.partition(":")[0]
    row, = tshark.fields([(1, CASES[case])], "mt6d.malformed")
    assert set(row["mt6d.malformed"].split(",")) == {reason}
    text = tshark.text([(1, CASES[case])])
    assert "Severity level: Error" in text and "Group: Malformed" in text


def test_each_reason_can_be_filtered_for(tshark):
    """tshark refuses a field that it does not know."""
    reasons = sorted({case.partition(":")[0] for case in CASES})
    row, = tshark.fields([(1, tunnel(CONTROL[:7]))], *[f"mt6d.malformed.{reason}" for reason in reasons])
    assert [name for name, value in row.items() if value] == ["mt6d.malformed.inner_truncated"]


def test_padding_is_no_fault(tshark):
    for area in (b"\xdb\x04\x20\0\0\x07" + b"\1\6" + bytes(6), b"\xdb\x04\x20\0\0\x07" + bytes(8),
                 b"\xdb\x04\x20\0\0\x07" + b"\1\0" + bytes(6)):
        row, = tshark.fields([(1, with_options_area(area))], "mt6d.malformed", "mt6d.option.type")
        assert row["mt6d.malformed"] == ""
        assert row["mt6d.option.type"].startswith("0xdb,0x0")


def test_a_changed_packet_and_a_wrong_key_show_a_wrong_tag(tshark):
    vector = next(one for one in PACKETS if one["cipher"] == "aes-256-gcm")
    outer = bytearray.fromhex(vector["outer"])
    outer[-20] ^= 1
    tshark.write_keys([key_line(vector, "v")])
    row, = tshark.fields([(vector["salt"], bytes(outer))], "mt6d.stream", "mt6d.opened", "mt6d.malformed")
    assert row == {"mt6d.stream": "v", "mt6d.opened": "0", "mt6d.malformed": "cipher_tag"}


def test_what_a_wrong_key_makes_of_aes_256_cbc_is_not_called_opened(tshark):
    """No tag tells, but what comes out fits no inner packet."""
    vector = next(one for one in PACKETS if one["cipher"] == "aes-256-cbc")
    outer = bytes.fromhex(vector["outer"])
    first = bytearray(outer)
    first[40 + 8 + 8] ^= 0x80  # of the ciphertext's first block, which holds version and length
    tshark.write_keys([key_line(vector, "v")])
    rows = tshark.fields([(vector["salt"], bytes(first)), (vector["salt"], outer)], "mt6d.opened", "mt6d.malformed")
    assert rows[0]["mt6d.opened"] == "0"
    assert rows[0]["mt6d.malformed"] in ("inner_version", "inner_length")
    assert rows[1] == {"mt6d.opened": "1", "mt6d.malformed": ""}


def test_a_port_of_another_stream_is_told(tshark):
    vector = PACKETS[0]
    tshark.write_keys([key_line(vector, "v", base_port=30000)])
    row, = tshark.fields([(vector["salt"], bytes.fromhex(vector["outer"]))], "mt6d.stream", "mt6d.malformed")
    assert row == {"mt6d.stream": "v", "mt6d.malformed": "udp_port"}


# --- whatever comes -------------------------------------------------------------------------------

def samples():
    """(time, bytes): each cipher, with and without key exchange."""
    chosen = {vector["cipher"]: vector for vector in PACKETS if len(vector["outer"]) < 400}
    packets = [(vector["salt"], bytes.fromhex(vector["outer"])) for vector in chosen.values()]
    packets += [(1, tunnel(CONTROL, [(KEY_OPTION, bytes.fromhex(vector["offer"]))], 1))
                for vector in EXCHANGES[:2]]
    packets.append((1, tunnel(GCM_PAYLOAD, [GCM, OFFER], 1)))
    return packets, [key_line(vector, name) for name, vector in chosen.items()]


def shorter(packet, length):
    """Its first bytes, as if there never had been more."""
    return packet[:4] + struct.pack("!H", max(length - 40, 0)) + packet[6:length]


@pytest.mark.parametrize("with_keys", [True, False])
def test_packets_cut_at_every_byte(tshark, with_keys):
    packets, keys = samples()
    if with_keys:
        tshark.write_keys(keys)
    cut = [(time, data[:length], len(data)) for time, data in packets for length in range(1, len(data))]
    cut += [(time, shorter(data, length)) for time, data in packets for length in range(40, len(data))]
    text = tshark.text(cut)
    assert text.count("\nMoving Target IPv6 Defense") > len(packets)


@pytest.mark.parametrize("with_keys", [True, False])
def test_packets_with_changed_bytes(tshark, with_keys):
    packets, keys = samples()
    if with_keys:
        tshark.write_keys(keys)
    choose = random.Random(7)
    changed = []
    for time, data in packets:
        for at in range(40, len(data)):
            for value in {0, 1, 255, choose.randrange(256)}:
                changed.append((time, data[:at] + bytes([value]) + data[at + 1:]))
    text = tshark.text(changed)
    assert text.count("\nMoving Target IPv6 Defense") > len(changed) / 2
