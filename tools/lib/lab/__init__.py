# SPDX-License-Identifier: BSD-3-Clause
"""The lab: two gateways and two kernel hosts in network namespaces of their own.

tests/lab asserts with it, tools/demo shows it. Start at topology.py.
"""
