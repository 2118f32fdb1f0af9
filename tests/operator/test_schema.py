#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""conf/mt6d.schema.json tells in an editor what the loader would say, as far as a schema can."""
import json
import os
import pathlib
import subprocess

import jsonschema
import loader_inputs
import pytest
import yaml
import yaml_text
from documented import CHAPTERS, ROOT, keys

SCHEMA = json.loads((ROOT / "conf/mt6d.schema.json").read_text())
VALIDATOR = jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
EXAMPLES = sorted((ROOT / "conf").glob("*.yaml"))
SEEDS = sorted((ROOT / "tests/fuzz/corpus/config").glob("*.yaml"))

# What the loader refuses and no schema can: each is a matter of two places of the file, of the way
# a value is written, of arithmetic, or of other files.
ONLY_THE_LOADER = {
    "one key twice": ["RepeatedKey", "RepeatedSection"],
    "YAML that means the same": ["Anchor", "DefinedAlias", "Tag", "OctalCore"],
    "one thing twice in a list": ["WorkersTwice", "OnLinkTwice", "NeighborTwice", "SameName",
                                  "SameAddress", "SamePair", "MirroredPair"],
    "an argument twice in a device": ["DeviceArgumentTwice"],
    "two keys that do not go together": [
        "WorkersOnControlCore", "SameDevice", "SamePciDevice", "SameInterface",
        "HostModeWithoutTap", "MacOfAHost", "LifetimeNoMultiple", "LifetimeTooShort",
        "LifetimeTooLong", "LifetimeOfTheBuiltInRotation", "RotationUnderInheritedLifetime"],
    "which prefix an address is in": ["RouterOffLink", "Unreachable",
                                      "UnreachableThroughANarrowPrefix", "OnLinkWithHostBits"],
    "references from streams to hosts": ["UnknownHost", "HostWithItself", "LocalThatIsRemote"],
    "other files": ["NoKeyFile"],
}

# Lines before the good configuration, and whether both take them.
LINES = {
    "name: site-a": True,
    "name: 7": True,
    "name: ''": False,
    "mode: gateway": True,
    "idle: sleep": True,
    "idle: interrupt": True,
    "idle: [sleep]": False,
    "control_core: 0": True,
    "workers: ['1']": False,
    "control_core: '1'": False,
    "control_core: 1024": False,
    "workers: [1, any, 3]": True,
    "workers: [-1]": False,
    f"workers: [{', '.join(['any'] * 65)}]": False,
    "memory: '64M'": True,
    "memory: 63M": False,
    "memory: 1024G": True,
    "memory: 1025G": False,
    "memory: 512": False,
    "hugepages: off": True,
    "hugepages: false": False,
    "crypto: cryptodev": False,
    "crypto: cryptodev\ncrypto_device: 3D:00.0": True,
    "crypto_device: crypto_openssl": False,
    "streams_at_most: 1": True,
    "streams_at_most: 0": False,
    "streams_at_most: 4000001": False,
    "state_dir: state": False,
    "control: { socket: none, group: netops }": True,
    "control: { socket: run/x.sock }": False,
    f"control: {{ socket: /{'x' * 102} }}": False,
    "control: { group: net ops }": False,
    "control: { sokket: none }": False,
    "log: { format: json, level: debug }": True,
    "log: { level: loud }": False,
    "log:": False,
    'metrics: { prometheus: "[::1]:9766", streams: 10000 }': True,
    "metrics: { prometheus: none }": True,
    "metrics: { prometheus: localhost:9766 }": False,
    'metrics: { prometheus: "[::1]:0" }': False,
    "metrics: { streams: 10001 }": False,
    "events: /var/log/mt6d/a.events": True,
    "events: /var/log/": False,
    "unprotected: pass": False,
    "other_frames: forward": True,
    "defaults: { rotation: 9s, lifetime: 27s, hash: sha512, cipher: none }": True,
    "defaults: { rotation: 11s }": False,
    "defaults: { rotation: 10 }": False,
    "defaults: { lifetime: 0s }": False,
    "defaults: { flow_labels: yes }": False,
    "defaults: { flow_labels: 'true' }": False,
    "defaults: { lower_mss: false, copy_dscp: true, accept_zero_checksum: true }": True,
    "defaults: { base_port: 65533 }": False,
    "defaults: { rekey: { method: wrap, interval: 1h, window: 5m } }": True,
    "defaults: { rekey: { method: rsa } }": False,
    "defaults: { rekey: off }": False,
    "defaults: {}": True,
}

# Lines whose meaning is in how they are written, or in arithmetic: (schema, loader).
ONLY_ONE_TAKES = {
    # YAML's own readings of what the loader wants in one way
    "defaults: { flow_labels: True }": (True, False),
    "defaults: { flow_labels: TRUE }": (True, False),
    "streams_at_most: 5.0": (True, False),
    "streams_at_most: +5": (True, False),
    "streams_at_most: 1e3": (True, False),
    "control_core: 'any'": (True, False),
    "workers: ['any']": (True, False),
    # three rotations of the default
    "defaults: { rekey: { interval: 10s } }": (True, False),
    # a number or truth to YAML, a name to the loader: an editor asks for quotes
    "name: true": (False, True),
}


def refusals(text):
    try:
        document = yaml_text.parse(text)
    except yaml.YAMLError as error:
        return [str(error)]
    return [f"{list(error.path)}: {error.message}" for error in VALIDATOR.iter_errors(document)]


def loader_takes(directory, text):
    """The verdict of mt6dctl check."""
    (directory / "c.yaml").write_text(text)
    key = directory / "ab.key"
    key.write_text("00" * 32)
    key.chmod(0o600)
    result = subprocess.run([os.environ["MT6DCTL"], "check", directory / "c.yaml"], timeout=60,
                            capture_output=True, text=True, check=False)
    assert result.returncode in (0, 1), result.stderr
    return result.returncode == 0


def test_the_schema_is_one():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", EXAMPLES + SEEDS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_takes_every_example_and_every_seed_of_the_fuzzer(path):
    # A seed may have its streams file below such a line.
    assert not refusals(path.read_text().split("\n====\n")[0])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_tells_editors_where_the_schema_is(path):
    [line] = [line for line in path.read_text().splitlines() if "yaml-language-server" in line]
    assert line == "# yaml-language-server: $schema=mt6d.schema.json"
    assert (path.parent / line.split("=")[1]).exists()


def test_refuses_each_mistake_of_the_loaders_tests_but_those_named_here():
    mistakes = loader_inputs.mistakes()
    assert len(mistakes) > 100
    taken = {name for name, text in mistakes.items() if not refusals(text)}
    assert taken == {name for names in ONLY_THE_LOADER.values() for name in names}


@pytest.mark.parametrize(("lines", "good"), LINES.items(), ids=[line[:60] for line in LINES])
def test_agrees_with_the_loader(tmp_path, lines, good):
    text = f"{lines}\n{loader_inputs.good_text()}"
    assert loader_takes(tmp_path, text) == good
    assert (not refusals(text)) == good


@pytest.mark.parametrize(("lines", "verdicts"), ONLY_ONE_TAKES.items(), ids=list(ONLY_ONE_TAKES))
def test_differs_from_the_loader_where_it_is_said(tmp_path, lines, verdicts):
    text = f"{lines}\n{loader_inputs.good_text()}"
    assert (not refusals(text), loader_takes(tmp_path, text)) == verdicts


def described(schema, path=""):
    """{path: schema} of all properties below one."""
    found = {}
    for name, inner in schema.get("properties", {}).items():
        reference = inner.get("$ref")
        inner = SCHEMA["definitions"][pathlib.PurePath(reference).name] if reference else inner
        found[path + name] = inner
        found |= described(inner, f"{path}{name}.") | described(inner.get("items", {}),
                                                                f"{path}{name}.")
    return found


# The one list of which the page names no keys in a table.
NEIGHBOR = {"external.neighbors.address", "external.neighbors.mac"}


def test_has_the_keys_of_the_documentation_in_its_words():
    schema = described(SCHEMA)
    documented = keys()
    assert schema.keys() - NEIGHBOR == documented.keys()
    for path, key in documented.items():
        # The ports' and the streams' keys are told once.
        if not path.startswith(("defaults.", "external.")) or path in CHAPTERS:
            assert schema[path]["description"] == key.meaning, path


def test_has_the_defaults_of_the_documentation():
    documented = keys()
    for path, schema in described(SCHEMA).items():
        if "default" in schema:
            default = schema["default"]
            text = f"[{', '.join(default)}]" if isinstance(default, list) else default
            text = str(text).lower() if isinstance(text, bool) else text
            assert documented[path].default == f"`{text}`", path
