#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The prompt in a real terminal (a pty): of mt6dctl, and of the gateway itself; command files."""

import os
import signal
import subprocess
import time

import pytest
from lab.gateway import program
from lab.process import wait_for
from lab.shell import Prompt, facts
from shell_support import LonelyGateway

PROMPT = "mt6d> "
CTRL_C, CTRL_D, TAB, UP = "\x03", "\x04", "\t", "\x1b[A"


@pytest.fixture(scope="module", name="gateway")
def lonely_gateway(tmp_path_factory):
    made = LonelyGateway(tmp_path_factory.mktemp("shell"), "terminal").start()
    yield made
    assert made.process.end() == 0, made.process.tail()


@pytest.fixture(name="prompt")
def remote_prompt(gateway):
    made = Prompt(program("mt6dctl"), "--socket", gateway.socket)
    made.wait_for(PROMPT)
    yield made
    made.type(CTRL_C + "\rquit\r")
    assert made.end() == 0


def test_a_command_is_answered_and_the_prompt_comes_again(prompt):
    prompt.type("show forwarding\r")
    assert "\nforwarding\n" in prompt.wait_for("forwarding\n" + PROMPT)


@pytest.mark.parametrize("typed, completed", [
    ("sh", "show "),
    ("show str", "show streams "),
    ("show streams ca", "show streams carol-bob "),
    ("show port info ext", "show port info external "),
    ("disable stream al", "disable stream alice-bob "),
    ("set log war", "set log warning "),
    ("set log info sta", "set log info state "),
])
def test_tab_completes_every_kind_of_word(prompt, typed, completed):
    prompt.type(typed + TAB)
    prompt.wait_for(completed)


def test_tab_on_several_choices_and_the_question_mark_list_them_with_help(prompt):
    for key in (TAB, "?"):
        prompt.type("show streams " + key)
        screen = prompt.wait_for(PROMPT + "show streams ")
        assert "alice-bob" in screen and "carol-bob" in screen and "likely wrong" in screen
        prompt.type(CTRL_C)
        prompt.wait_for(PROMPT)


def test_what_fails_is_said_and_the_prompt_comes_again(prompt):
    prompt.type("shwo\r")
    assert "did you mean 'show'?" in prompt.wait_for("'?\n" + PROMPT)


def test_the_arrow_brings_the_last_line_back(prompt):
    prompt.type("show forwarding\r")
    prompt.wait_for("forwarding\n" + PROMPT)
    prompt.type(UP + "\r")
    prompt.wait_for("forwarding\n" + PROMPT)


def test_watch_ends_with_a_key(prompt):
    prompt.type("watch show forwarding\r")
    prompt.wait_for("every 1 s")
    prompt.wait_for("every 1 s")
    prompt.type("q")
    prompt.wait_for(PROMPT)


def in_a_shell(gateway):
    """mt6dctl between two looks at the terminal's settings; then its exit code."""
    return Prompt("/bin/sh", "-c", "trap : INT; stty -g; "
                                   f"{program('mt6dctl')} --socket {gateway.socket}; "
                                   "echo exit $?; stty -g; echo over")


@pytest.mark.parametrize("farewell", ["quit\r", CTRL_D])
def test_the_terminal_is_given_back_as_it_was(gateway, farewell):
    shell = in_a_shell(gateway)
    before = shell.wait_for(PROMPT).split()[0]
    shell.type(farewell)
    screen = shell.wait_for("over")
    assert before in screen and "exit 0" in screen
    assert shell.end() == 0


def test_a_gateway_that_ends_is_told_and_the_terminal_given_back(tmp_path):
    made = LonelyGateway(tmp_path, "ending").start()
    shell = in_a_shell(made)
    before = shell.wait_for(PROMPT).split()[0]
    assert made.process.end() == 0
    screen = shell.wait_for("over")
    assert "the gateway closed the connection" in screen
    assert before in screen and "exit 1" in screen
    assert shell.end() == 0


def test_the_prompt_of_a_gateway_that_hangs_can_be_left(tmp_path):
    made = LonelyGateway(tmp_path, "hanging").start()
    shell = in_a_shell(made)
    before = shell.wait_for(PROMPT).split()[0]
    os.kill(made.process.pid, signal.SIGSTOP)
    deadline = time.monotonic() + 20
    while "does not answer" not in shell.shown() and time.monotonic() < deadline:
        shell.type(CTRL_C)
        shell.read(0.2)
    screen = shell.wait_for("over")
    assert before in screen and "exit 1" in screen
    assert shell.end() == 0
    os.kill(made.process.pid, signal.SIGCONT)
    assert made.process.end() == 0


# -- the gateway's own terminal ----------------------------------------------------------------

@pytest.mark.parametrize("farewell", ["quit\r", CTRL_D])
def test_interactive_gives_a_prompt_and_quitting_ends_the_gateway(tmp_path, farewell):
    made = LonelyGateway(tmp_path, "interactive")
    terminal = Prompt(*made.arguments("--interactive"))
    terminal.wait_for(PROMPT, seconds=20)
    terminal.type("show version\r")
    assert made.name in terminal.wait_for("DPDK: ")
    assert facts(made.socket, "show version")["name"] == made.name  # the socket is served too
    terminal.type(farewell)
    terminal.wait_for("summary")
    assert terminal.end() == 0


def test_a_gateway_with_a_prompt_ends_with_its_terminal(tmp_path):
    made = LonelyGateway(tmp_path, "hangup")
    terminal = Prompt(*made.arguments("--interactive"))
    terminal.wait_for(PROMPT, seconds=20)
    assert terminal.hang_up() == 0


def test_a_command_file_runs_once_packets_flow(tmp_path):
    made = LonelyGateway(tmp_path, "file")
    commands = tmp_path / "commands"
    commands.write_text("disable stream alice-bob\nshow forwarding\n")
    made.start("--command-file", commands)
    wait_for("the commands", 10, lambda: "forwarding\n" in made.process.out.read_text())
    assert facts(made.socket, "show streams alice-bob")["streams"][0]["state"] == "disabled"
    assert made.process.end() == 0


@pytest.mark.parametrize("content, problem", [
    ("show forwarding\nshwo\nstop\n", "commands:2: 'shwo' is not understood"),
    ("watch show version\n", "commands:1: watch and quit are for sessions"),
    (None, "commands: cannot be read"),
])
def test_a_command_of_the_file_that_fails_is_located_and_ends_the_gateway(tmp_path, content,
                                                                          problem):
    made = LonelyGateway(tmp_path, "badfile")
    if content:
        (tmp_path / "commands").write_text(content)
    made.start("--command-file", tmp_path / "commands", wait=False)
    wait_for("its end", 20, lambda: made.process.exit_code() is not None)
    assert made.process.exit_code() == 1 and problem in made.log()


def test_a_command_file_that_never_ends_holds_up_no_end(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    made = LonelyGateway(tmp_path, "fifo").start("--command-file", tmp_path / "pipe")
    assert made.process.end(seconds=10) == 0


def test_lines_of_a_pipe_are_run_and_one_that_failed_is_told_by_the_exit_code(tmp_path):
    made = LonelyGateway(tmp_path, "piped")
    done = subprocess.run(made.arguments("-i"), input="shwo\nwatch show version\nshow forwarding",
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "'shwo' is not understood" in done.stdout and "watch: is for a terminal" in done.stdout
    assert "\nforwarding\n" in done.stdout  # though no newline ends that line
