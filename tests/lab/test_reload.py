#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Configurations that change under running gateways: what did not change loses nothing, and what is
wrong changes nothing."""

import concurrent.futures
import json
import os
import re
import signal

import pytest
from checks import Lossless
from lab.gateway import make_key
from lab.process import wait_for
from lab.shell import facts, mt6dctl, text
from lab.topology import BOB, Lab
from lab.traffic import echo_replies, ping, wait_until_both_reachable

STREAM = "alice-bob"
MANY = 1000
ROOM = "streams_at_most: 2400\n"


@pytest.fixture(scope="module", name="lab")
def lab_with_room(request):
    # Reports of a thousand groups fill frames of 1500 bytes: a host that takes less drops them, and
    # an AF_PACKET ring does not get past a frame that nobody takes.
    with Lab(rotation=2, driver="net_af_packet", policy=ROOM, host_mtu=1500) as made:
        request.node.labs = [made]
        made.start()
        wait_until_both_reachable(made)
        yield made


@pytest.fixture(name="site")
def restored(lab):
    """Gateway a, whose file is put back and read again afterwards."""
    before = lab.a.file.read_text()
    yield lab.a
    lab.a.file.write_text(before)
    text(lab.a.socket, "reload")
    assert count(lab.a) == 1


def count(site):
    return facts(site.socket, "show streams")["stream_count"]


def lines(lab, first, number):
    """Streams of alice with hosts that nobody is, each with a key of its own."""
    for i in range(first, first + number):
        yield (f"{lab.alice.address} {lab.alice.mac} {BOB.address.rsplit('::', 1)[0]}::f:{i:x} "
               f"02:00:00:f0:{i >> 8:02x}:{i & 255:02x} {i + 1:0128x} name=more-{i}\n")


def write_more(lab, site, first, number):
    """The file with so many streams more."""
    path = lab.directory / "more.streams"
    path.touch(mode=0o600)
    path.write_text("".join(lines(lab, first, number)))
    content = site.file.read_text()
    if "streams_file" not in content:
        site.file.write_text(f"streams_file: {path}\n{content}")


def refused(site, command="reload"):
    done = mt6dctl(site.socket, *command.split())
    assert done.returncode == 1, done.stdout
    return done.stderr


def hang_up(site):
    os.kill(site.process.pid, signal.SIGHUP)


def test_under_load_what_did_not_change_loses_no_packet(lab, site):
    pings = 800
    with Lossless(lab, rotations=4, at_least=pings):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            both = [pool.submit(ping, host, to.address, pings, 0.01)
                    for host, to in ((lab.host_a, lab.bob), (lab.host_b, lab.alice))]
            for first in (0, 100, 200):
                write_more(lab, site, first, 200)  # half of them were there before
                answer = facts(site.socket, "reload")
                assert answer["applied"] and answer["unchanged"] == (1 if first == 0 else 101)
                assert answer["added"]["count"] == (200 if first == 0 else 100)
        assert [one.result() for one in both] == [(pings, pings)] * 2
        write_more(lab, site, 0, 0)  # nobody looks for their hosts any more: the link falls silent
        assert facts(site.socket, "reload")["removed"]["count"] == 200


def test_under_load_an_altered_stream_loses_none_either_beside_others_that_begin_anew(lab, site):
    pings = 800
    first = site.file.read_text()
    with Lossless(lab, rotations=4, at_least=pings):
        write_more(lab, site, 0, 100)
        text(site.socket, "reload")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            both = [pool.submit(ping, host, to.address, pings, 0.01)
                    for host, to in ((lab.host_a, lab.bob), (lab.host_b, lab.alice))]
            path = lab.directory / "more.streams"
            for round_, options in enumerate(("copy_dscp: true, ", "lower_mss: false, ", "")):
                lifetime = 8 + 2 * round_
                site.file.write_text(f"streams_file: {path}\n"
                                     + first.replace("key_file: ", f"{options}key_file: "))
                path.write_text("".join(line.replace(" name=", f" lifetime={lifetime}s name=")
                                        for line in lines(lab, 0, 100)))
                wanted = echo_replies(lab.host_a) + 50
                wait_for("load", 10, lambda wanted=wanted: echo_replies(lab.host_a) >= wanted)
                answer = facts(site.socket, "reload")
                assert [one["stream"] for one in answer["altered"]["streams"]] == [STREAM]
                assert answer["begun_anew"]["count"] == 100
        assert [one.result() for one in both] == [(pings, pings)] * 2
        write_more(lab, site, 0, 0)  # nobody looks for their hosts any more: the link falls silent
        assert facts(site.socket, "reload")["removed"]["count"] == 100


def test_an_invalid_file_is_said_and_changes_nothing(lab, site):
    before = text(site.socket, "show config")
    site.file.write_text(site.file.read_text() + "rotaton: 5s\n")
    message = refused(site)
    assert "nothing has changed" in message
    assert re.search(r"a\.yaml:\d+:1: unknown key 'rotaton'", message), message
    assert text(site.socket, "show config") == before
    assert ping(lab.host_a, BOB.address, count=20, interval=0.01) == (20, 20)


def test_what_needs_a_restart_is_named_and_nothing_else_is_applied(lab, site):
    write_more(lab, site, 0, 3)
    site.file.write_text(site.file.read_text().replace("memory: 256M", "memory: 300M"))
    message = refused(site)
    assert "needs a restart" in message and "memory: 256M to 300M" in message
    assert count(site) == 1
    would = facts(site.socket, "reload --dry-run")
    assert [one["key"] for one in would["needs_restart"]] == ["memory"]


def test_a_dry_run_says_what_a_reload_would_do_and_does_nothing(lab, site):
    write_more(lab, site, 0, 2)
    site.file.write_text(site.file.read_text().replace("key_file: ", "copy_dscp: true, key_file: "))
    said = text(site.socket, "reload --dry-run")
    assert "2 streams to add: more-0, more-1\n" in said
    assert f"1 stream to alter, and go on: {STREAM} (copy_dscp)\n" in said
    would = facts(site.socket, "reload --dry-run")
    assert not would["applied"] and would["refused"] is None
    assert would["added"] == {"count": 2, "streams": ["more-0", "more-1"]}
    assert would["altered"]["streams"] == [{"stream": STREAM, "options": ["copy_dscp"]}]
    assert count(site) == 1


def test_more_than_there_is_room_for_is_refused_as_a_whole(lab, site):
    write_more(lab, site, 0, 1300)
    text(site.socket, "reload")
    path = lab.directory / "more.streams"
    path.write_text(path.read_text().replace(" name=", " base_port=4000 name="))
    assert "raise `streams_at_most` (now 2400)" in refused(site)  # all of them twice, meanwhile
    assert "raise `streams_at_most`" in text(site.socket, "reload --dry-run")
    assert facts(site.socket, "show streams more-7")["streams"][0]["state"] == "unheard"
    assert count(site) == 1301


def test_sighup_reads_the_file_again_and_the_log_says_what_changed(lab, site):
    write_more(lab, site, 0, 5)
    hang_up(site)
    wait_for("the new streams", 10, lambda: count(site) == 6)
    wait_for("the log", 5, lambda: "5 streams added: more-0" in site.process.log.read_text())
    site.file.write_text("nonsense\n")
    hang_up(site)
    wait_for("the log", 5, lambda: "the configuration is not valid" in site.process.log.read_text())
    assert count(site) == 6
    assert ping(lab.host_a, BOB.address, count=20, interval=0.01) == (20, 20)


def test_counters_and_the_state_of_unchanged_streams_stay(lab, site):
    before = facts(site.socket, f"show streams {STREAM}")["streams"][0]
    write_more(lab, site, 0, 5)
    text(site.socket, "reload")
    after = facts(site.socket, f"show streams {STREAM}")["streams"][0]
    assert after["encapsulated_packets"] >= before["encapsulated_packets"] > 0
    assert after["state"] == "up"


def test_a_new_key_at_both_ends_begins_the_stream_anew(lab, site):
    key = lab.key_file
    kept = key.read_bytes()
    try:
        key.unlink()
        make_key(key)
        for gateway in (lab.a, lab.b):
            answer = facts(gateway.socket, "reload")
            assert [one["options"] for one in answer["begun_anew"]["streams"]] == [["key"]]
        wait_until_both_reachable(lab)
        sent = facts(site.socket, f"show streams {STREAM}")["streams"][0]["encapsulated_packets"]
        assert 0 < sent < 200, "its counters began anew"
    finally:
        key.write_bytes(kept)
        for gateway in (lab.a, lab.b):
            text(gateway.socket, "reload")
        wait_until_both_reachable(lab)


def test_a_stream_can_be_added_and_removed_until_the_next_reload(lab, site):
    key = lab.directory / "extra.key"
    make_key(key)
    remote = BOB.address.rsplit("::", 1)[0] + "::e"
    definition = (f"{lab.alice.address} {lab.alice.mac} {remote} 02:00:00:f0:00:ee "
                  f"key-file {key} name=extra rotation=3s")
    assert "stream extra: added, until the next reload" in text(site.socket,
                                                                f"add stream {definition}")
    assert facts(site.socket, "show streams extra")["streams"][0]["rotation_seconds"] == 3
    assert "is taken in the running gateway" in refused(
        site, f"add stream {definition.replace(remote, remote + 'e')}")
    key_itself = "00" * 32
    message = refused(site, f"add stream {definition.replace(f'key-file {key}', key_itself)}")
    assert "key-file" in message and key_itself not in message
    assert "stream extra: removed" in text(site.socket, "remove stream extra")
    assert "there is no stream 'extra'" in refused(site, "show streams extra")
    text(site.socket, f"add stream {definition}")
    text(site.socket, f"remove stream {STREAM}")
    answer = facts(site.socket, "reload")
    assert answer["added"]["streams"] == [STREAM] and answer["removed"]["streams"] == ["extra"]
    wait_until_both_reachable(lab)


def test_a_thousand_streams_come_and_go_and_the_memory_is_back_where_it_was(lab, site):
    def round_trip():
        write_more(lab, site, 0, MANY)
        assert facts(site.socket, "reload")["added"]["count"] == MANY
        assert count(site) == MANY + 1
        write_more(lab, site, 0, 0)
        assert facts(site.socket, "reload")["removed"]["count"] == MANY
        return facts(site.socket, "show memory")

    round_trip()
    first = round_trip()
    for _ in range(3):
        last = round_trip()
    grown = last["process"]["resident_bytes"] - first["process"]["resident_bytes"]
    assert grown < 8 << 20, json.dumps([first["process"], last["process"]])
    assert last["dpdk_heap"]["used_bytes"] == first["dpdk_heap"]["used_bytes"]
    tables = {one["table"]: one["entries"] for one in last["tables"]}
    assert tables["true pairs"] == 1
    assert ping(lab.host_a, BOB.address, count=20, interval=0.01) == (20, 20)


def true_pairs(site):
    return {one["table"]: one["entries"]
            for one in facts(site.socket, "show memory")["tables"]}["true pairs"]


def test_a_gateway_that_is_told_to_end_in_the_middle_of_a_reload_ends_in_order(lab, site):
    write_more(lab, site, 0, 2000)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        reload = pool.submit(mt6dctl, site.socket, "reload", timeout=60)
        wait_for("streams that come", 20, lambda: true_pairs(site) > 1, interval=0.001)
        site.stop(signal.SIGTERM)
        reload.result()
    write_more(lab, site, 0, 0)
    site.start()
    wait_until_both_reachable(lab)
