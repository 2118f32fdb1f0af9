#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What an operator sees of traffic, and can do to it: two real gateways, pings between two kernels,
commands by mt6dctl."""

import pytest
from lab.process import wait_for
from lab.shell import facts, text
from lab.topology import BOB, Lab
from lab.traffic import ping, wait_until_both_reachable

STREAM = "alice-bob"


@pytest.fixture(scope="module", name="lab")
def exchanging_lab(request):
    with Lab(rotation=2, rekey="method: x25519", driver="net_af_packet") as made:
        request.node.labs = [made]
        made.start()
        wait_until_both_reachable(made)
        yield made


@pytest.fixture(name="shell")
def socket_of_a(lab):
    yield lab.a.socket
    text(lab.a.socket, "start")
    text(lab.a.socket, f"enable stream {STREAM}")
    wait_until_both_reachable(lab)


def stream_of(shell):
    return facts(shell, f"show streams {STREAM}")["streams"][0]


def carries(lab, count=50):
    return ping(lab.host_a, BOB.address, count=count, interval=0.02) == (count, count)


def drops(shell, reason):
    return sum(one["packets"] for one in facts(shell, "show drops")["drops"]
               if one["reason"] == reason)


def test_a_stream_that_carries_is_up_and_counts_both_ways(lab, shell):
    text(shell, "clear streams")
    assert carries(lab)
    stream = wait_for("state up", 5, lambda: (lambda one: one["state"] == "up" and one)(
        stream_of(shell)))
    assert stream["encapsulated_packets"] == stream["decapsulated_packets"] >= 50
    assert stream["last_heard_seconds_ago"] <= 2 and stream["likely_cause"] is None
    assert stream["path_mtu_bytes"] == 1500 and stream["inner_mtu_bytes"] == 1452


def test_clearing_lets_the_shell_begin_at_0_and_the_statistics_count_on(lab, shell):
    assert carries(lab)
    counted = lab.a.counters()["ports"]["internal"]["rx_packets"]
    text(shell, "clear all")
    ports = facts(shell, "show port stats internal")["ports"]
    assert ports["internal"]["stats"]["rx_packets"] < 50 < counted
    assert stream_of(shell)["encapsulated_packets"] < 50
    assert facts(shell, "show workers")["workers"][0]["rx_packets"] < 100
    assert lab.a.counters()["ports"]["internal"]["rx_packets"] >= counted


def test_bursts_are_counted_by_their_size(lab, shell):
    text(shell, "clear workers")
    assert carries(lab)
    bursts = facts(shell, "show workers")["workers"][0]["bursts_by_size"]
    assert list(bursts) == ["1", "2-3", "4-7", "8-15", "16-31", "32-63", "64"]
    assert bursts["1"] > 0


def test_drops_are_told_by_stream_too(lab, shell):
    def of_stream():
        return {(one["port"], one["reason"]): one["packets"]
                for one in facts(shell, f"show drops stream {STREAM}")["drops"]}

    text(shell, "clear drops")
    text(shell, f"disable stream {STREAM}")
    assert ping(lab.host_a, BOB.address, count=5, wait=0.2)[1] == 0
    assert of_stream() == {("internal", "stream_disabled"): 5}
    assert "The operator has disabled" in text(shell, f"show drops stream {STREAM}")
    text(shell, "clear drops")
    assert of_stream() == {}


def test_stopped_nothing_passes_and_is_counted_and_started_all_passes_again(lab, shell):
    text(shell, "clear drops")
    text(shell, "stop")
    assert ping(lab.host_a, BOB.address, count=5, wait=0.2)[1] == 0
    assert drops(shell, "forwarding_stopped") >= 5
    text(shell, "start")
    wait_until_both_reachable(lab)
    assert carries(lab)


def test_rotation_goes_on_while_forwarding_is_stopped(lab, shell):
    text(shell, "stop")
    before = stream_of(shell)["salt"]
    wait_for("two rotations", 10, lambda: stream_of(shell)["salt"] >= before + 2)
    routes = facts(shell, f"show routes {STREAM}")["streams"][0]["routes"]
    assert {"active", "next"} <= {route["state"] for route in routes}


def test_a_disabled_stream_passes_nothing_either_way_until_it_is_enabled(lab, shell):
    text(shell, "clear drops")
    text(shell, f"disable stream {STREAM}")
    assert ping(lab.host_a, BOB.address, count=3, wait=0.2)[1] == 0
    assert ping(lab.host_b, lab.alice.address, count=3, wait=0.2)[1] == 0
    by_port = {one["port"]: one["packets"] for one in facts(shell, "show drops")["drops"]
               if one["reason"] == "stream_disabled"}
    assert by_port["internal"] >= 3 and by_port["external"] >= 3
    stream = stream_of(shell)
    assert stream["last_drop_from_host"] == stream["last_drop_from_peer"] == "stream_disabled"
    text(shell, f"enable stream {STREAM}")
    assert carries(lab)


def test_rekey_replaces_the_key_and_loses_no_packet(lab, shell):
    wait_for("the first exchange", 60, lambda: stream_of(shell)["key"]["epoch"] >= 1)
    epoch = stream_of(shell)["key"]["epoch"]
    text(shell, f"rekey {STREAM}")

    def replaced():
        assert carries(lab)
        return stream_of(shell)["key"]["epoch"] > epoch

    # An offer is made once the previous key has ended, and changes 30 s later.
    wait_for("another epoch", 90, replaced)
    assert stream_of(shell)["key"]["age_seconds"] < 30


def test_rotate_prepares_again_and_loses_no_packet(lab, shell):
    for _ in range(5):
        assert facts(shell, f"rotate {STREAM}")["routes"] >= 4
        assert carries(lab)


def test_the_peer_is_a_neighbor_that_answers(lab, shell):
    assert carries(lab)
    neighbors = facts(shell, "show neighbors")["neighbors"]
    active = [route["remote"] for route in
              facts(shell, f"show routes {STREAM}")["streams"][0]["routes"]]
    known = [one for one in neighbors if one["address"] in active and one["mac"]]
    assert known and all(one["wanted_by"] == "routes" for one in known)
