#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Prints "PASSED FAILED" of a JUnit result file (gtest's, through meson, or pytest's).

A skipped test counts as failed: what was not shown is not shown.
"""

import sys
import xml.etree.ElementTree

passed = failed = 0
for case in xml.etree.ElementTree.parse(sys.argv[1]).iter("testcase"):
    verdicts = {child.tag for child in case}
    if verdicts & {"failure", "error", "skipped"}:
        failed += 1
        print(f"failed: {case.get('classname')} {case.get('name')}", file=sys.stderr)
    else:
        passed += 1
print(passed, failed)
