# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# The Debian 12 packages each use needs, and how to find those that are missing.

# What building and running takes. libdpdk-dev brings every poll mode driver (librte-meta-all);
# dpdk has dpdk-devbind.py and dpdk-hugepages.py, with which an operator prepares a machine.
# shellcheck disable=SC2034  # read by name, through packages_for
packages_build=(
    meson ninja-build pkg-config g++
    libdpdk-dev dpdk
    libssl-dev libipsec-mb-dev libpcap-dev
    libyaml-cpp-dev libfmt-dev libspdlog-dev libcli11-dev nlohmann-json3-dev libboost-dev
    prometheus-cpp-dev libcpp-httplib-dev libsystemd-dev
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

# What tools/test adds to both: routers for the lab, checkers (systemd has one for units), fuzzers,
# the reference packet library, testpmd for the benches (dpdk-dev) and what they draw plots with,
# what manual pages and the Debian package are made and checked with, virtual machines, a time
# server for them, libvirt's schema, and containers.
# shellcheck disable=SC2034
packages_test=(
    python3-pytest python3-scapy python3-matplotlib
    radvd traceroute
    faketime strace tshark dpdk-dev valgrind linux-perf
    prometheus systemd
    clang clang-format clang-tidy libclang-rt-14-dev llvm
    shellcheck
    scdoc man-db python3-yaml python3-jsonschema
    build-essential debhelper lintian debootstrap libcap2-bin
    qemu-system-x86 e2fsprogs chrony libvirt-clients libxml2-utils
    podman
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
