#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Session keys that replace themselves under load, and what becomes of them when messages, gateways
or their state are lost (docs/protocol.md, 9). Times are printed: run with -s to read them."""

import concurrent.futures
import os
import re
import shutil
import time

import pytest
from checks import Lossless
from lab.gateway import stream
from lab.process import wait_for
from lab.topology import ALICE, BOB, CIPHERS
from lab.traffic import ping, wait_until_both_reachable

ROTATION = 2
INTERVAL = 10
REKEY = "method: {}, interval: " + f"{INTERVAL}s, window: 1s"
LONG = bool(os.environ.get("MT6D_LONG"))
SECONDS = 120 if LONG else 20  # of load, for each combination
COMBINATIONS = [(cipher, kind) for cipher in CIPHERS for kind in ("x25519", "wrap")]
SILENCE = 30  # seconds: max(3 R, 30 s) of rule 6
# A silence is noticed within four thirds of it; then come offer, accept and the change time, which
# is half the interval ahead, and what an offer's retries and both sides' pace add.
RECOVERS_WITHIN = SILENCE * 4 / 3 + INTERVAL / 2 + 25
PINGS_A_SECOND = 100


def keys(gateway):
    return stream(gateway.counters())["keys"]


def epochs(lab):
    return [keys(gateway)["epoch"] for gateway in (lab.a, lab.b)]


def wait_for_epoch(lab, least, seconds):
    wait_for(f"epoch {least} at both", seconds, lambda: min(epochs(lab)) >= least, interval=0.2)


def each(**cases):
    """Parametrizes `case` and `combination`: each case with a combination of its own, or with all of
    them in a long run."""
    rows = [pytest.param(name, other, id=f"{name}-{'-'.join(other)}")
            for name, one in cases.items() for other in (COMBINATIONS if LONG else [one])]
    return pytest.mark.parametrize("case, combination", rows)


def start(make_lab, cipher, kind):
    lab = make_lab(rotation=ROTATION, cipher=cipher, rekey=REKEY.format(kind))
    lab.start()
    wait_until_both_reachable(lab)
    return lab


def ping_for(lab, seconds):
    """Pings both ways; how many were answered of how many."""
    count = int(seconds * PINGS_A_SECOND)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        jobs = [pool.submit(ping, lab.host_a, BOB.address, count, 1 / PINGS_A_SECOND),
                pool.submit(ping, lab.host_b, ALICE.address, count, 1 / PINGS_A_SECOND)]
    return [job.result() for job in jobs]


@pytest.mark.parametrize("cipher, kind", COMBINATIONS)
def test_keys_are_replaced_under_load_and_nothing_is_lost(make_lab, cipher, kind):
    lab = start(make_lab, cipher, kind)
    before = epochs(lab)
    with Lossless(lab, rotations=SECONDS // ROTATION - 1, at_least=SECONDS * PINGS_A_SECOND):
        for sent, received in ping_for(lab, SECONDS):
            assert received == sent
    after = epochs(lab)
    assert min(after) >= max(before) + SECONDS // (2 * INTERVAL)
    for gateway in (lab.a, lab.b):
        assert keys(gateway)["recoveries"] == 0
        # Both may offer at once: one of the two stands.
        assert set(keys(gateway)["refused"]) <= {"own_stands", "older"}


# --- messages that are lost -----------------------------------------------------------------------

DROP = """\
table netdev loss { }
delete table netdev loss
table netdev loss {
    chain pass {
        type filter hook ingress device "DEVICE" priority 0;
        meta protocol ip6 RULE counter drop
    }
}
"""


def drop(lab, rule, devices=("to-a", "to-b")):
    """On the wire, of what comes from either gateway."""
    for device in devices:
        path = lab.directory / f"loss-{device}.nft"
        path.write_text(DROP.replace("netdev loss", f"netdev loss_{device[-1]}")
                        .replace("DEVICE", device).replace("RULE", rule))
        lab.wire.run("nft", "-f", path)


def pass_again(lab, devices=("to-a", "to-b")):
    """How many packets were dropped."""
    dropped = 0
    for device in devices:
        table = f"loss_{device[-1]}"
        rules = lab.wire.run("nft", "list", "table", "netdev", table).stdout
        dropped += int(re.search(r"counter packets (\d+)", rules)[1])
        lab.wire.run("nft", "delete", "table", "netdev", table)
    return dropped


MESSAGES = {"offers": 1, "accepts": 2, "confirms": 3}


def only(messages, cipher):
    """A key option makes the destination options header, which follows the IPv6 header's 40 bytes,
    longer than one unit. Behind the header's first 2 bytes, an encryption option of 6 if there is
    one, and 2 of the option's own head, its data begin with kind and message."""
    at = 40 + 2 + (0 if cipher == "none" else 6) + 2 + 1
    return f"ip6 nexthdr 60 @nh,{41 * 8},8 gt 0 @nh,{at * 8},8 {MESSAGES[messages]}"


@each(offers=("aes-256-gcm", "x25519"), accepts=("aes-256-cbc", "wrap"), confirms=("none", "x25519"))
def test_messages_of_each_kind_may_be_lost(make_lab, case, combination):
    lab = start(make_lab, *combination)
    wait_for_epoch(lab, 1, 3 * INTERVAL)
    drop(lab, only(case, lab.cipher))
    before = epochs(lab)
    for sent, received in ping_for(lab, 2 * INTERVAL):
        assert received == sent
    held = epochs(lab)
    assert pass_again(lab) > 0
    if case != "confirms":
        # A change that was agreed on before may have come.
        assert max(held) <= max(before) + 1, "keys changed without their messages"
    begin = time.monotonic()
    wait_for_epoch(lab, max(held) + 1, RECOVERS_WITHIN + 2 * INTERVAL)
    print(f"{case}: the next epoch {time.monotonic() - begin:.1f} s after they passed again")
    for sent, received in ping_for(lab, 3):
        assert received == sent


@each(blocked=("aes-256-cbc", "x25519"))
def test_one_direction_is_blocked_and_opens_again(make_lab, case, combination):
    lab = start(make_lab, *combination)
    wait_for_epoch(lab, 1, 3 * INTERVAL)
    drop(lab, "ip6 nexthdr { 17, 60 }", devices=["to-a"])
    end = time.monotonic() + 2 * INTERVAL
    while time.monotonic() < end:
        assert ping(lab.host_a, BOB.address, count=20, interval=0.05, wait=0.1)[1] == 0
    assert pass_again(lab, devices=["to-a"]) > 0
    expect_to_recover(lab, f"one direction {case}")


# --- gateways and state that are lost -------------------------------------------------------------

def expect_to_recover(lab, what):
    begin = time.monotonic()
    wait_until_both_reachable(lab, RECOVERS_WITHIN)
    print(f"{what}: traffic after {time.monotonic() - begin:.1f} s")
    wait_for("one epoch at both", RECOVERS_WITHIN, lambda: len(set(epochs(lab))) == 1, interval=0.2)
    for sent, received in ping_for(lab, 3):
        assert received == sent


@each(killed=("aes-256-gcm", "wrap"))
def test_both_are_killed_in_the_middle_of_a_change(make_lab, case, combination):
    lab = start(make_lab, *combination)
    wait_for_epoch(lab, 1, 3 * INTERVAL)
    for _ in range(3):
        wait_for("a change under way", 3 * INTERVAL,
                 lambda: "idle" not in [keys(one)["state"] for one in (lab.a, lab.b)])
        lab.a.kill()
        lab.b.kill()
        lab.start()
        expect_to_recover(lab, f"both {case} in a change")


@each(a=("none", "wrap"), ab=("aes-256-gcm", "x25519"))
def test_state_directories_are_deleted(make_lab, case, combination):
    lab = start(make_lab, *combination)
    wait_for_epoch(lab, 2, 6 * INTERVAL)
    gateways = [{"a": lab.a, "b": lab.b}[letter] for letter in case]
    for gateway in gateways:
        gateway.kill()
    for letter in case:
        shutil.rmtree(lab.directory / f"state-{letter}")
    for gateway in gateways:
        gateway.start()
    expect_to_recover(lab, f"state lost at {case}")
