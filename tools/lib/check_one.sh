#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# check_one.sh COMMAND... FILE: silent if COMMAND likes FILE; else its output on stderr in one
# piece, and FILE's name on stdout.
set -euo pipefail

file=${!#}
if ! output=$("$@" 2>&1); then
    printf '%s\n' "$output" >&2
    printf '%s\n' "$file"
fi
