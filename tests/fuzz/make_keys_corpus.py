#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes seeds for keys_fuzz, from the protocol's vectors: make_keys_corpus.py FOLDER

A seed begins with two bytes: where the target begins, and what a stream's name on the disk is made
of (keys_fuzz.cpp).
"""
import hashlib
import json
import pathlib
import sys

MESSAGE, SAVED, FILE, STATE = range(4)
INITIATOR, RESPONDER = 1, 2
STREAM = 0x5A


def be32(number):
    return number.to_bytes(4, "big")


def counted(data):
    return bytes([len(data)]) + data


def epoch_key(epoch, change_time, key):
    return be32(epoch) + change_time.to_bytes(8, "big") + counted(key if epoch else b"")


def saved_keys(vector):
    """Before the change, of both sides, and after it: control/exchange/saved_keys.cpp."""
    old, new = (bytes.fromhex(vector[name]) for name in ("old_session_key", "new_session_key"))
    messages = [bytes.fromhex(vector[name]) for name in ("offer", "accept", "confirm")]
    epoch, change_time = vector["epoch"], vector["change_time"]
    current = epoch_key(epoch - 1, change_time - 86400 if epoch > 1 else 0, old)
    following = be32(epoch - 1) + epoch_key(epoch, change_time, new)
    head = bytes(32)
    yield b"\x01\x00" + head + current
    yield b"\x01\x01" + head + epoch_key(epoch, change_time, new) + current
    yield b"\x01\x02" + head + current + bytes([INITIATOR, 1]) + following + counted(messages[2])
    yield (b"\x01\x02" + head + current + bytes([RESPONDER, 0]) + following
           + counted(messages[0]) + counted(messages[1]))


def file_of(state):
    data = b"mt6d-key" + be32(1) + be32(len(state)) + 16 * bytes([STREAM]) + state
    return data + hashlib.sha256(data).digest()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    source = pathlib.Path(__file__).parent.parent / "vectors" / "key_exchange.json"
    vectors = json.loads(source.read_text())["vectors"]
    seeds = set()
    for kind in ("wrap", "x25519"):
        for vector in [one for one in vectors if one["kind"] == kind][:2]:
            seeds |= {(MESSAGE, bytes.fromhex(vector[name]))
                      for name in ("offer", "accept", "confirm")}
            for state in saved_keys(vector):
                seeds |= {(SAVED, state), (FILE, file_of(state)), (STATE, state)}
    for start, data in sorted(seeds):
        seed = bytes([start, STREAM]) + data
        (folder / hashlib.sha1(seed).hexdigest()[:16]).write_bytes(seed)


if __name__ == "__main__":
    main()
