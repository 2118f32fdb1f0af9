# SPDX-License-Identifier: BSD-3-Clause
"""YAML 1.2 as editors read it: PyYAML's own rules are those of 1.1, where `off` is false and
00:10:20 a number.
"""
import re

import yaml


class Yaml12(yaml.SafeLoader):
    """The core schema of YAML 1.2 (10.3.2)."""


Yaml12.yaml_implicit_resolvers = {}
for tag, pattern, first in [
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
]:
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)
Yaml12.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))


def parse(text):
    return yaml.load(text, Yaml12)
