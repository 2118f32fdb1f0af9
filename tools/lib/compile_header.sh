#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# compile_header.sh HEADER: compiles one header alone. Those in include/ get nothing but the
# standard library.
set -euo pipefail

flags=(-std=c++20 -Wall -Wextra -Werror -fsyntax-only -I. -Iinclude)
if [[ $1 != include/* ]]; then
    # As system headers, as the build has them.
    read -ra packages < <(pkg-config --cflags libdpdk yaml-cpp fmt spdlog openssl | sed 's/-I */-isystem/g')
    flags+=("${packages[@]}")
fi
# The build says where the test vectors are.
[[ $1 != tests/* ]] || flags+=(-Itests -DMT6D_VECTORS='""')
exec "${CXX:-c++}" "${flags[@]}" -x c++ - <<<"#include \"$1\""
