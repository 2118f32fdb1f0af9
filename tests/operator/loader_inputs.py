# SPDX-License-Identifier: BSD-3-Clause
"""What tests/unit/config_messages_test.cpp gives to the loader, all of which it refuses."""
import ast
import re

from documented import ROOT

UNIT = ROOT / "tests/unit"
STRING = r'((?:"(?:[^"\\]|\\.)*"\s*)+)'
MISTAKE = re.compile(r'\{"(\w+)",\s*' + STRING + r",\s*" + STRING + r",\s*\{")


def string(literals):
    return ast.literal_eval(f"({literals})")


def good_text():
    return re.search(r'good_yaml = R"\((.*?)\)"', (UNIT / "config_support.hpp").read_text(),
                     re.DOTALL)[1]


def mistakes():
    """{name: the file's text}."""
    found = {}
    for name, old, new in MISTAKE.findall((UNIT / "config_messages_test.cpp").read_text()):
        assert good_text().count(string(old)) == 1, name
        found[name] = good_text().replace(string(old), string(new))
    return found
