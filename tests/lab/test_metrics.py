#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Metrics of a gateway that forwards: read by promtool, by Prometheus itself with the rules and the
dashboard of conf/, and through DPDK's telemetry."""

import json
import pathlib
import socket
import subprocess

import pytest
from lab.namespace import run
from lab.process import wait_for
from lab.prometheus import Prometheus, samples, scrape, selectors
from lab.topology import BOB, Lab
from lab.traffic import ping, wait_until_both_reachable
from shell_support import LonelyGateway

CONF = pathlib.Path(__file__).resolve().parents[2] / "conf"
RULES = CONF / "prometheus" / "mt6d.rules.yml"
DASHBOARD = CONF / "grafana" / "mt6d.json"
ADDRESS = "127.0.0.1:9766"
POLICY = f"metrics: {{ prometheus: \"{ADDRESS}\" }}\n"
# What Grafana puts in for its variables.
VARIABLES = {"$instance": ".*", "$stream": ".*", "$__rate_interval": "30s"}


@pytest.fixture(scope="module")
def lab(request):
    with Lab(policy=POLICY, rekey="method: x25519, interval: 10s, window: 1s") as made:
        request.module.labs = [made]
        made.start()
        wait_until_both_reachable(made)
        yield made


@pytest.fixture(scope="module")
def prometheus(lab):
    server = Prometheus(lab.a.namespace, ADDRESS, RULES)
    yield server
    server.stop()


def metrics(lab):
    return samples(scrape(lab.a.namespace, ADDRESS))


def dashboard_queries():
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel["targets"]:
            query = target["expr"]
            for variable, value in VARIABLES.items():
                query = query.replace(variable, value)
            yield pytest.param(query, id=panel["title"])


def test_promtool_has_nothing_to_say_about_the_exposition(lab):
    done = subprocess.run(["promtool", "check", "metrics"], input=scrape(lab.a.namespace, ADDRESS), text=True,
                          capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_counters_are_those_of_the_packets(lab):
    before = metrics(lab)
    assert ping(lab.host_a, BOB.address, count=50, interval=0.01) == (50, 50)
    after = metrics(lab)
    for name in ("mt6d_stream_encapsulated_packets_total", "mt6d_stream_decapsulated_packets_total"):
        assert after[(name, 'stream="alice-bob"')] - before[(name, 'stream="alice-bob"')] >= 50


def test_each_query_of_the_dashboard_is_answered(lab, prometheus):
    queries = [query.values[0] for query in dashboard_queries()]
    assert ping(lab.host_a, BOB.address, count=50, interval=0.01) == (50, 50)
    wait_for("two scrapes", 20, lambda: prometheus.query("count_over_time(mt6d_streams[30s]) > 1"))
    for query in queries:
        # What shows only what is not zero may be empty, if its inside is not.
        inside = query.replace(") > 0", ")")
        assert wait_for(f"a result of {query}", 20, lambda: prometheus.query(inside)), query
        prometheus.query(query)


def test_each_rule_can_be_evaluated_and_none_fires(prometheus):
    rules = wait_for("an evaluation", 30, lambda: all(
        rule["health"] == "ok" for rule in prometheus.rules().values()) and prometheus.rules())
    # One may be pending: of a few seconds a rate says little.
    assert not [name for name, rule in rules.items() if rule["state"] == "firing"]


def test_rules_and_dashboard_name_what_there_is(lab):
    there = metrics(lab)
    names = {name for name, _ in there}
    labels = {label for _, label in there}
    texts = [RULES.read_text(), *(query.values[0] for query in dashboard_queries())]
    for name, matchers in (pair for text in texts for pair in selectors(text)):
        assert name in names, name
        for label, _, alternatives in matchers:
            for value in alternatives.split("|"):
                known = value == ".*" or any(f'{label}="{value}"' in one for one in labels)
                assert known or label == "instance", f"{name}: {label}={value}"


@pytest.mark.parametrize("arguments", [
    ("check", "rules", RULES),
    ("test", "rules", CONF.parent / "tests" / "prometheus" / "mt6d.rules.test.yml")], ids=["form", "alerts"])
def test_promtool_accepts_the_rules(arguments):
    run("promtool", *arguments)


# --- DPDK's telemetry -----------------------------------------------------------------------------

def telemetry_socket(name):
    return pathlib.Path("/var/run/dpdk", f"mt6d-{name}", "dpdk_telemetry.v2")


def telemetry(lab, *commands):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
        client.settimeout(10)
        client.connect(str(telemetry_socket(lab.a.socket.stem)))
        greeting = json.loads(client.recv(65536))
        answers = []
        for command in commands:
            client.send(command.encode())
            reply = client.recv(greeting["max_output_len"])
            answers.append(next(iter(json.loads(reply).values())))
        return answers


def test_telemetry_lists_its_commands_and_answers_each(lab):
    known, = telemetry(lab, "/")
    ours = {command for command in known if command.startswith("/mt6d/")}
    assert ours == {"/mt6d/info", "/mt6d/ports", "/mt6d/worker", "/mt6d/drops", "/mt6d/streams",
                    "/mt6d/stream"}
    info, ports, worker, drops, streams, stream = telemetry(
        lab, "/mt6d/info", "/mt6d/ports", "/mt6d/worker,0", "/mt6d/drops", "/mt6d/streams",
        "/mt6d/stream,0")
    assert info["streams"] == 1 and info["workers"] == 1
    assert ports["external_received_packets"] > 0
    assert worker["received_packets"] > 0
    assert isinstance(drops, dict)
    assert streams == [0]
    assert stream["name"] == "alice-bob" and stream["encapsulated_packets"] > 0


@pytest.mark.parametrize("command", ["/mt6d/worker", "/mt6d/worker,1", "/mt6d/worker,x",
                                     "/mt6d/stream,-1", "/mt6d/stream,99999999999999999999"])
def test_telemetry_answers_a_wrong_number_with_nothing(lab, command):
    assert telemetry(lab, command) == [None]


# --- at its ends ----------------------------------------------------------------------------------

@pytest.mark.parametrize("address, why", [
    ("127.0.0.1:9", "Address already in use: another process listens there"),
    ("192.0.2.1:9766", "Cannot assign requested address: choose an address of this machine")],
    ids=["taken", "foreign"])
def test_a_gateway_that_cannot_listen_says_where_and_why(tmp_path, address, why):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = address.replace(":9", f":{taken.getsockname()[1]}") if "127" in address else address
        gateway = LonelyGateway(tmp_path, more=f'metrics: {{ prometheus: "{address}" }}\n')
        gateway.start(wait=False)
        wait_for("its end", 20, lambda: gateway.process.exit_code() is not None)
    assert gateway.process.exit_code() == 1
    assert f"metrics.prometheus: cannot listen at {address}: {why}" in gateway.log()


@pytest.fixture(name="lonely")
def lonely_gateway(tmp_path):
    """And where its metrics are."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    gateway = LonelyGateway(tmp_path, more=(
        f"control: {{ socket: {tmp_path}/control.sock }}\n"
        f'metrics: {{ prometheus: "{address}", streams: 1 }}\n')).start()
    yield gateway, address
    gateway.process.kill()


def test_streams_without_a_series_of_their_own_are_added_up_in_one(lonely):
    _, address = lonely
    there = samples(run("curl", "-sSf", f"http://{address}/metrics").stdout)
    name = "mt6d_stream_encapsulated_packets_total"
    assert {labels for one, labels in there if one == name} == {
        'stream="alice-bob"', 'stream="(others)"'}


def connect(address):
    host, port = address.split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def test_clients_that_say_nothing_hold_up_neither_scrapes_nor_the_end(lonely):
    gateway, address = lonely
    silent = [connect(address) for _ in range(40)]
    scraped = run("curl", "-sSf", "--max-time", "10", f"http://{address}/metrics").stdout
    assert "mt6d_build_info" in scraped
    silent += [connect(address) for _ in range(10)]
    assert gateway.process.end(seconds=10) == 0
    for one in silent:
        one.close()


def test_a_flood_of_connections_takes_no_more_than_a_few_descriptors(lonely):
    gateway, address = lonely
    descriptors = pathlib.Path(f"/proc/{gateway.process.pid}/fd")
    before = len(list(descriptors.iterdir()))
    flood = []
    for _ in range(200):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(tuple([address.split(":")[0], int(address.split(":")[1])]))
        flood.append(one)
        assert len(list(descriptors.iterdir())) < before + 40
    for one in flood:
        one.close()


def test_nobody_can_send_it_anything(lonely):
    _, address = lonely
    with connect(address) as client:
        client.sendall(b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 300000000\r\n\r\n")
        assert b" 413 " in client.recv(4096)


def test_the_endpoint_and_the_telemetry_socket_end_with_the_gateway(lonely):
    gateway, address = lonely
    assert telemetry_socket(gateway.name).exists()
    assert gateway.process.end() == 0
    refused = 7
    assert run("curl", "-sS", f"http://{address}/metrics", check=False).returncode == refused
    assert not telemetry_socket(gateway.name).exists()
