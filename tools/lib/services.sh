# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Installing packages without gaining a running or enabled service. Two things are needed:
# policy-rc.d keeps maintainer scripts from *starting* services, but they still *enable* units and
# runlevel links for the next boot, so what became enabled is noticed and disabled again.
# Works with systemd running, installed but not running (containers, chroots), and absent.

policy=/usr/sbin/policy-rc.d
policy_saved=$policy.before-mt6d-setup
policy_mark='# temporary, from the tools/setup of mt6d'

forbid_service_starts() {
    # A run that was killed left its own policy here: that one is not worth restoring.
    if [ -e "$policy" ] && ! grep -qsF "$policy_mark" "$policy"; then
        mv -f "$policy" "$policy_saved"
    fi
    printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" >"$policy"
    chmod 755 "$policy"
}

allow_service_starts() {
    if [ -e "$policy_saved" ]; then
        mv -f "$policy_saved" "$policy"
    elif grep -qsF "$policy_mark" "$policy"; then
        rm -f "$policy"
    fi
}

# Prints all that is enabled, one a line: "link PATH" for a systemd symlink, "script NAME" for a
# System V script with a start link.
enabled_services() {
    {
        find /etc/systemd/system /etc/systemd/user -type l -printf 'link %p\n'
        find /etc/rc[2-5S].d -name 'S[0-9][0-9]*' -printf 'script %f\n' | sed 's/ S[0-9]*/ /'
    } 2>/dev/null || : # not every machine has these directories
}

# disable_new_services BEFORE: BEFORE is the file with an earlier, sorted answer of
# enabled_services. Prints what it disables.
disable_new_services() {
    local kind what
    while read -r kind what; do
        case $kind in
        # Removing the link is what `systemctl disable` does; package upgrades respect it.
        link) rm -f "$what" ;;
        script) update-rc.d "$what" disable >/dev/null ;;
        esac
        printf 'disabled: %s %s\n' "$kind" "$what"
    done < <(enabled_services | sort -u | comm -13 "$1" -)
    if [ -d /run/systemd/system ]; then
        systemctl daemon-reload
    fi
}
