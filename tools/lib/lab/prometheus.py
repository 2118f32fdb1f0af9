# SPDX-License-Identifier: BSD-3-Clause
"""Prometheus itself, beside a gateway: scrapes its metrics and answers queries about them."""

import json
import re
import urllib.parse

from .process import LabError, wait_for

PORT = 9090
CONFIGURATION = """\
global: {{ scrape_interval: 1s, evaluation_interval: 1s }}
rule_files: [{rules}]
scrape_configs:
  - job_name: mt6d
    static_configs: [{{ targets: ["{target}"] }}]
"""


class Prometheus:
    """In the namespace of what it scrapes; only that can reach it."""

    def __init__(self, namespace, target, rules):
        self.namespace = namespace
        directory = namespace.directory / "prometheus"
        directory.mkdir()
        file = directory / "prometheus.yml"
        file.write_text(CONFIGURATION.format(rules=rules, target=target))
        self.process = namespace.start(
            "prometheus", "prometheus", f"--config.file={file}",
            f"--storage.tsdb.path={directory}/data", f"--web.listen-address=127.0.0.1:{PORT}")
        wait_for("an answer from Prometheus", 30, self._is_ready)

    def _is_ready(self):
        self.process.check_alive()
        return self.get("/-/ready").returncode == 0

    def get(self, path):
        return self.namespace.run("curl", "-sSf", f"http://127.0.0.1:{PORT}{path}", check=False)

    def query(self, expression):
        """The series of its result."""
        done = self.get("/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        if done.returncode != 0:
            raise LabError(f"{expression}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)["data"]["result"]

    def rules(self):
        """What became of each rule, by name: health and lastError among it."""
        groups = json.loads(self.get("/api/v1/rules").stdout)["data"]["groups"]
        return {rule["name"]: rule for group in groups for rule in group["rules"]}

    def stop(self):
        self.process.end()


def scrape(namespace, address):
    """The exposition as Prometheus reads it."""
    return namespace.run("curl", "-sSf", f"http://{address}/metrics").stdout


def samples(exposition):
    """{(name, labels): value} of all series; labels as they stand in the text."""
    found = {}
    for line in exposition.splitlines():
        if line and not line.startswith("#"):
            name, labels, value = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line).groups()
            found[(name, labels or "")] = float(value)
    return found


def selectors(expression):
    """The metrics that an expression names, each with the alternatives of its matchers."""
    for name, matchers in re.findall(r"(mt6d_\w+)(?:\{([^}]*)\})?", expression):
        yield name, re.findall(r'(\w+)(=~|=)"([^"]*)"', matchers)
