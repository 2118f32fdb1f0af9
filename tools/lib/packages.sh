# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# The Debian 12 packages each use needs, and how to find those that are missing.

# What building and running takes. libdpdk-dev brings every poll mode driver (librte-meta-all);
# dpdk has dpdk-devbind.py and dpdk-hugepages.py, with which an operator prepares a machine.
# shellcheck disable=SC2034  # read by name, through packages_for
packages_build=(
    meson ninja-build pkg-config g++
    libdpdk-dev dpdk
    libssl-dev libipsec-mb-dev
    libyaml-cpp-dev libfmt-dev libspdlog-dev libcli11-dev nlohmann-json3-dev libboost-dev
    libgtest-dev libgmock-dev
    procps
)

# What tools/demo adds: namespaces, traffic, a look at the wire.
# shellcheck disable=SC2034
packages_demo=(
    python3
    iproute2 ethtool nftables util-linux
    iputils-ping iperf3 nginx curl tcpdump
)

# What tools/test adds to both: routers for the lab, checkers, fuzzers, the reference packet library,
# testpmd for the benches (dpdk-dev).
# shellcheck disable=SC2034
packages_test=(
    python3-pytest python3-scapy
    radvd traceroute
    faketime tshark libpcap-dev dpdk-dev
    clang clang-format clang-tidy libclang-rt-14-dev llvm
    shellcheck
)

# packages_for build|demo|test: prints the names, one a line.
packages_for() {
    printf '%s\n' "${packages_build[@]}"
    [ "$1" = build ] && return
    printf '%s\n' "${packages_demo[@]}"
    [ "$1" = demo ] && return
    printf '%s\n' "${packages_test[@]}"
}

# missing_packages NAME...: prints those that are not installed.
missing_packages() {
    local name status
    for name in "$@"; do
        status=$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null) || status=absent
        [ "$status" = installed ] || printf '%s\n' "$name"
    done
}
