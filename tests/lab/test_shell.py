#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The shell of a real gateway: every command, in text and JSON, over its socket, and all that
clients may do to it."""

import concurrent.futures
import grp
import json
import pathlib
import re
import stat
import subprocess
import time

import pytest
from lab.gateway import program
from lab.process import wait_for
from lab.shell import answer, ask, connect, facts, mt6dctl, text
from shell_support import LonelyGateway

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "operating.md"

READING = ["help", "show forwarding", "show port info", "show port stats", "show port xstats",
           "show port all", "show port info internal", "show workers", "show streams",
           "show streams alice-bob", "show routes", "show routes carol-bob", "show neighbors",
           "show routers", "show drops", "show drops stream alice-bob", "show drops external", "show version", "show config",
           "show memory"]
CHANGING = ["clear port stats", "clear workers", "clear streams", "clear drops", "clear all",
            "stop", "start", "disable stream alice-bob", "enable stream alice-bob",
            "rotate alice-bob", "rekey alice-bob", "set log debug shell", "set log info",
            "reopen events", "set stats-period 30", "set stats-period 0", "reload --dry-run",
            "reload"]


@pytest.fixture(scope="module", name="gateway")
def lonely_gateway(tmp_path_factory):
    made = LonelyGateway(tmp_path_factory.mktemp("shell")).start()
    yield made
    assert made.process.end() == 0, made.process.tail()


@pytest.fixture(autouse=True)
def still_well(request):
    """Whatever a test did to the shell, the gateway goes on and answers the next one."""
    yield
    if "gateway" in request.fixturenames:
        gateway = request.getfixturevalue("gateway")
        assert gateway.answers()


# -- every command -----------------------------------------------------------------------------

@pytest.mark.parametrize("command", READING + CHANGING)
def test_a_command_answers_in_text_and_in_one_json_document(gateway, command):
    assert mt6dctl(gateway.socket, *command.split()).returncode == 0
    assert isinstance(facts(gateway.socket, command), dict)


def test_help_has_a_sentence_for_each_command_and_the_tests_run_them_all(gateway):
    commands = facts(gateway.socket, "help")["commands"]
    assert all(one["help"].endswith(".") for one in commands)
    tried = READING + CHANGING + ["quit", "watch show version"]
    tried += ["add stream", "remove stream"]  # tests/lab/test_reload.py
    tried += ["trace add", "show trace", "clear trace", "capture start", "capture stop",
              "show capture", "simulate packet"]  # tests/lab/test_inspect.py
    for one in commands:
        keywords = re.match(r"[a-z -]*", one["grammar"])[0].strip()
        assert any(command.startswith(keywords) for command in tried), one["grammar"]


def test_the_operating_page_has_what_help_says(gateway):
    page = PAGE.read_text()
    for line in text(gateway.socket, "help").splitlines():
        assert line in page, f"docs/operating.md lacks: {line}"


def test_nothing_that_can_be_shown_holds_a_key(gateway):
    key = (gateway.directory / "ab.key").read_text().strip()
    for command in READING:
        shown = text(gateway.socket, command) + json.dumps(facts(gateway.socket, command))
        assert key not in shown and key[:16] not in shown
    assert "key: set" in text(gateway.socket, "show config")


def test_a_disabled_stream_says_so_until_it_is_enabled(gateway):
    text(gateway.socket, "disable stream alice-bob")
    stream = facts(gateway.socket, "show streams alice-bob")["streams"][0]
    assert stream["state"] == "disabled" and "enable stream" in stream["likely_cause"]
    text(gateway.socket, "enable stream alice-bob")
    assert facts(gateway.socket, "show streams alice-bob")["streams"][0]["state"] != "disabled"


def test_routes_are_one_active_and_others_before_and_after_it(gateway):
    routes = facts(gateway.socket, "show routes alice-bob")["streams"][0]["routes"]
    assert [route["state"] for route in routes] == [
        "expiring", "expiring", "active", "next", "prepared"]
    assert all(0 <= route["remaining_seconds"] <= 60 for route in routes)


def test_a_route_that_has_ended_has_no_life_left(gateway):
    deadline = time.monotonic() + 12  # a rotation, in which each stream has its turn
    while time.monotonic() < deadline:
        for stream in facts(gateway.socket, "show routes")["streams"]:
            for route in stream["routes"]:
                assert 0 <= route["remaining_seconds"] <= 60
                assert (route["remaining_seconds"] == 0) == (route["state"] == "ended")


def test_rekey_of_a_stream_that_exchanges_no_keys_says_why_not(gateway):
    done = mt6dctl(gateway.socket, "rekey", "carol-bob")
    assert done.returncode == 1 and "rekey.method: off" in done.stderr


def test_set_log_makes_an_area_speak(gateway):
    text(gateway.socket, "set log debug shell")
    text(gateway.socket, "show version")
    wait_for("a line about the client", 5, lambda: "debug   shell: client:" in gateway.log())
    text(gateway.socket, "set log info")


def test_what_an_operator_changed_is_in_the_log(gateway):
    text(gateway.socket, "disable stream carol-bob")
    text(gateway.socket, "enable stream carol-bob")
    text(gateway.socket, "show streams carol-bob")
    for done in ("disable", "enable"):
        wait_for("the line", 5, lambda: f"shell: done: {done} stream carol-bob\n" in gateway.log())
    assert "done: show" not in gateway.log()


def test_set_stats_period_begins_and_ends_statistics(gateway):
    before = gateway.process.out.stat().st_size
    text(gateway.socket, "set stats-period 1")
    wait_for("statistics", 10, lambda: gateway.process.out.stat().st_size > before)
    text(gateway.socket, "set stats-period 0")


def test_the_operating_page_shows_the_configuration_as_it_is_shown(gateway):
    page = (pathlib.Path(__file__).resolve().parents[2] / "docs/operating.md").read_text("utf-8")
    shown = page.partition("$ mt6dctl show config\n")[2].partition("```")[0]

    def keys(text):
        return [line.partition(":")[0] for line in text.splitlines() if ":" in line]

    without_streams = text(gateway.socket, "show config").partition("streams:\n")[0]
    assert keys(shown.partition("streams:\n")[0]) == keys(without_streams)


# -- bad input ---------------------------------------------------------------------------------

@pytest.mark.parametrize("command, words", [
    ("shwo streams", ["'shwo'", "did you mean 'show'?"]),
    ("show stream", ["show:", "'stream'", "did you mean 'streams'?"]),
    ("show", ["more is expected", "streams"]),
    ("show version now", ["'now'", "the command ends before it"]),
    ("show streams alice-bub", ["no stream 'alice-bub'", "did you mean 'alice-bob'?"]),
    ("show port info sideways", ["'sideways'", "internal or external"]),
    ("set stats-period 86401", ["'86401'", "0 to 86400"]),
    ("set stats-period -1", ["'-1'", "0 to 86400"]),
    ("set log loud", ["'loud'", "debug, info, warning or error"]),
    ("x" * 3500, ["too long: 3400 characters are the most"]),
    *((f"{command} " + "y" * 600, [f"{command}: '{'y' * 40}…' is not understood: expected STREAM"])
      for command in ("rotate", "disable stream", "show streams")),
])
def test_what_is_wrong_is_named_with_what_was_expected(gateway, command, words):
    client = connect(gateway.socket)
    kind, said = ask(client, "text " + command)
    assert kind == "error"
    for word in words:
        assert word in said


def test_a_failure_in_json_is_a_document_too(gateway):
    done = mt6dctl(gateway.socket, "shwo", options=["--json"])
    assert done.returncode == 1 and "shwo" in json.loads(done.stdout)["error"]


def test_binary_input_is_refused_and_shown_harmlessly(gateway):
    client = connect(gateway.socket)
    client.sendall(b"text \x00\x1b[2J\xff\n")
    assert answer(client)[0] == "error"
    client.sendall(b"text \x1b[2J\xff\n")
    kind, said = answer(client)
    assert kind == "error" and "\x1b" not in said and "\\x1b" in said


def test_a_request_of_no_known_kind_is_refused(gateway):
    assert ask(connect(gateway.socket), "GET / HTTP/1.1")[0] == "error"


def test_a_line_of_a_megabyte_is_refused_and_the_next_one_answered(gateway):
    client = connect(gateway.socket)
    client.sendall(b"text " + b"z" * (1 << 20) + b"\n")
    assert answer(client) == ("error", "the line is too long: 3400 characters are the most\n")
    assert ask(client, "text show version")[0] == "ok"


# -- clients -----------------------------------------------------------------------------------

def test_fifty_clients_at_once_are_all_answered(gateway):
    clients = [connect(gateway.socket) for _ in range(50)]
    for client in clients:
        assert ask(client, "text show version")[0] == "ok"  # all are served from here on
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda client: ask(client, "json show streams"), clients))
    assert all(kind == "ok" and len(json.loads(said)["streams"]) == 2 for kind, said in answers)


def test_the_65th_client_is_sent_away_with_the_reason(gateway):
    clients = []

    def refused():
        clients.append(connect(gateway.socket))
        try:
            clients[-1].sendall(b"text show version\n")
            kind, said = answer(clients[-1])
        except OSError:  # it was closed before it asked
            return False
        return kind == "error" and "64 clients" in said

    wait_for("a refusal", 10, lambda: any(refused() for _ in range(70)))
    for client in clients:
        client.close()
    wait_for("room again", 10, gateway.answers)


def test_mt6dctl_tells_why_it_was_sent_away(gateway):
    clients = []

    def sent_away():
        clients.append(connect(gateway.socket))
        done = mt6dctl(gateway.socket, "show", "version", options=["--json"])
        if done.returncode == 0:
            return False
        return "64 clients are connected" in json.loads(done.stdout)["error"]

    wait_for("a refusal", 30, sent_away)
    for client in clients:
        client.close()
    wait_for("room again", 10, gateway.answers)


def test_a_client_that_hangs_disturbs_nobody(gateway):
    silent = connect(gateway.socket)
    half = connect(gateway.socket)
    half.sendall(b"text show str")
    assert gateway.answers()
    half.sendall(b"eams\n")
    assert answer(half)[0] == "ok"
    assert ask(silent, "text show version")[0] == "ok"  # idle ones are kept


def test_a_client_that_floods_and_never_reads_is_closed_and_disturbs_nobody(gateway):
    client = connect(gateway.socket)
    client.setblocking(False)
    begin = time.monotonic()

    def closed():
        try:
            client.sendall(b"text show config\n" * 1000)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return False

    while time.monotonic() - begin < 1:
        assert gateway.answers()
        closed()
    wait_for("its end", 30, closed)


def test_a_client_that_is_killed_in_the_middle_of_an_answer_disturbs_nobody(gateway):
    for _ in range(20):
        client = connect(gateway.socket)
        client.sendall(b"json show config\n" * 100)
        client.recv(10)
        client.close()
    assert gateway.answers()


def test_several_requests_in_one_piece_are_answered_in_order(gateway):
    client = connect(gateway.socket)
    client.sendall(b"text show forwarding\ntext shwo\n")
    data = b""
    while data.count(b"\n") < 4:
        data += client.recv(4096)
    assert data.startswith(b"ok ") and b"error " in data


# -- mt6dctl -----------------------------------------------------------------------------------

def test_a_script_runs_to_its_end_or_to_the_first_failure_which_is_located(gateway, tmp_path):
    script = tmp_path / "script"
    script.write_text("# a comment\n\nshow forwarding\nshow forwarding\n")
    done = mt6dctl(gateway.socket, options=["-f", script])
    assert (done.returncode, done.stdout, done.stderr) == (0, "forwarding\n" * 2, "")
    script.write_text("show forwarding\nshow forwardin\nshow forwarding\n")
    done = mt6dctl(gateway.socket, options=["-f", script])
    assert (done.returncode, done.stdout) == (1, "forwarding\n")
    assert f"{script}:2: show: 'forwardin'" in done.stderr


def test_commands_come_from_standard_input(gateway):
    for options in (["-f", "-"], []):
        done = mt6dctl(gateway.socket, options=options, stdin="show forwarding\n")
        assert (done.returncode, done.stdout) == (0, "forwarding\n")


def test_no_escape_sequence_leaves_for_what_is_no_terminal(gateway):
    done = mt6dctl(gateway.socket, stdin="help\nshow streams\n")
    assert done.returncode == 0 and "\x1b" not in done.stdout


def test_watch_repeats_until_it_is_ended(gateway):
    watching = subprocess.Popen([program("mt6dctl"), "--socket", gateway.socket, "watch", "show",
                                 "forwarding"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert [watching.stdout.readline() for _ in range(3)] == [b"forwarding\n"] * 3
    watching.terminate()
    watching.wait(10)


def test_a_script_ends_where_it_quits(gateway):
    done = mt6dctl(gateway.socket, stdin="show forwarding\nquit\nshow forwarding\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "forwarding\n", "")


def test_a_last_line_without_its_newline_is_run(gateway):
    done = mt6dctl(gateway.socket, stdin="show forwarding")
    assert (done.returncode, done.stdout) == (0, "forwarding\n")


def test_a_directory_is_no_script(gateway, tmp_path):
    done = mt6dctl(gateway.socket, options=["-f", tmp_path])
    assert done.returncode == 1 and f"{tmp_path}: is a directory" in done.stderr


def test_a_newline_in_an_argument_begins_no_second_command(gateway):
    done = mt6dctl(gateway.socket, "show version\ntext stop")
    assert done.returncode == 1 and "control character" in done.stderr
    assert text(gateway.socket, "show forwarding") == "forwarding\n"


def test_a_command_and_a_script_exclude_each_other(gateway, tmp_path):
    done = mt6dctl(gateway.socket, "show", "version", options=["-f", tmp_path / "missing"])
    assert done.returncode == 2 and "excludes" in done.stderr


def test_output_that_cannot_be_written_is_a_failure(gateway):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([program("mt6dctl"), "--socket", gateway.socket, "show", "version"],
                              stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE,
                              text=True, timeout=20, check=False)
    assert done.returncode == 1 and "No space left on device" in done.stderr


@pytest.mark.parametrize("socket, options, stdin, status, word", [
    ("none.sock", [], "show version", 3, "does the gateway run"),
    (None, ["-f", "missing"], None, 1, "missing: cannot be read"),
    (None, [], "show version\nshwo\n", 1, "standard input:2: 'shwo'"),
])
def test_for_programs_every_failure_is_a_document(gateway, socket, options, stdin, status, word):
    done = mt6dctl(socket or gateway.socket, options=["--json", *options], stdin=stdin)
    last = done.stdout[done.stdout.rfind('{\n  "error"'):]
    assert done.returncode == status and word in json.loads(last)["error"]


def test_for_programs_an_empty_answer_is_a_document_too(gateway):
    done = mt6dctl(gateway.socket, options=["--json"], stdin="# nothing\n")
    assert (done.returncode, json.loads(done.stdout)) == (0, {})


def test_without_a_gateway_the_exit_code_is_3(tmp_path):
    done = mt6dctl(tmp_path / "none.sock", "show", "version")
    assert done.returncode == 3 and "does the gateway run" in done.stderr


def test_wrong_usage_of_mt6dctl_is_2(gateway):
    assert mt6dctl(gateway.socket, options=["--nonsense"]).returncode == 2


# -- the socket's file -------------------------------------------------------------------------

def test_the_socket_is_for_its_user_and_group(gateway):
    status = gateway.socket.stat()
    assert stat.S_ISSOCK(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o660


def test_the_socket_belongs_to_the_group_that_is_named(tmp_path):
    path = tmp_path / "control.sock"
    made = LonelyGateway(tmp_path, "group", f"control: {{ socket: {path}, group: daemon }}\n")
    made.start()
    assert path.stat().st_gid == grp.getgrnam("daemon").gr_gid
    assert made.process.end() == 0
    assert not path.exists()


def test_a_group_that_is_not_there_is_refused(tmp_path):
    bad = LonelyGateway(tmp_path, "group", "control: { group: nobodys }\n")
    bad.start(wait=False)
    wait_for("its end", 20, lambda: bad.process.exit_code() is not None)
    assert bad.process.exit_code() == 1 and "no group 'nobodys'" in bad.log()


def test_a_stale_socket_is_replaced_and_a_living_one_refused(tmp_path):
    first = LonelyGateway(tmp_path, "first").start()
    (tmp_path / "other").mkdir()
    second = LonelyGateway(tmp_path / "other", "second",
                           f"control: {{ socket: {first.socket} }}\n")
    second.start(wait=False)
    wait_for("its end", 20, lambda: second.process.exit_code() is not None)
    assert second.process.exit_code() == 1
    assert "another gateway that runs has it" in second.log()
    assert first.answers()
    first.process.kill()
    assert first.socket.exists()
    first.start()
    assert first.process.end() == 0
    assert not first.socket.exists()


def test_socket_none_opens_none(tmp_path):
    made = LonelyGateway(tmp_path, "none", "control: { socket: none }\n").start(wait=False)
    wait_for("forwarding", 20, lambda: "forwarding 2 streams" in made.log())
    assert "control socket" not in made.log()
    assert not pathlib.Path("/run/mt6d", made.name + ".sock").exists()
    assert made.process.end() == 0


def test_by_default_the_socket_has_the_gateways_name(tmp_path):
    made = LonelyGateway(tmp_path, "default", "")
    made.socket = pathlib.Path("/run/mt6d", made.name + ".sock")
    made.start()
    done = subprocess.run([program("mt6dctl"), "show", "version"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=20, check=False)
    if done.returncode == 0:
        assert made.name in done.stdout
    else:  # other gateways run on this machine: each is named
        assert done.returncode == 3 and str(made.socket) in done.stderr
    assert made.process.end() == 0
