#!/usr/bin/env bash
# Runs a command where a user's systemd answers: with-systemd.sh COMMAND...
# It is a manager of its own, whose home is $HOME, in a private mount and cgroup namespace; both end with the command. Needs root, systemd
# and script; 77 = it cannot be had here.
set -u
[ "$(id -u)" = 0 ] && [ -x /lib/systemd/systemd ] && command -v unshare >/dev/null && command -v script >/dev/null || exit 77
group=$(mktemp -d)
trap 'rmdir "$group"' EXIT
unshare -m bash -s -- "$group" "$@" <<'OUTER' || exit $?
set -e
group=$1; shift
mount --make-rprivate / && mount -t cgroup2 none "$group" 2>/dev/null || exit 77
own="$group/syncmodule-$$"
mkdir "$own" && echo $$ >"$own/cgroup.procs"
umount "$group"
exec unshare -C bash -c '
    mount -t tmpfs none /run && mkdir -p -m 700 /run/systemd/system "/run/user/0" || exit 77
    umount -R /sys/fs/cgroup 2>/dev/null; mount -t cgroup2 none /sys/fs/cgroup || exit 77
    export XDG_RUNTIME_DIR=/run/user/0
    # It writes to a terminal alone, so it is given one.
    script -qec "/lib/systemd/systemd --user" /dev/null </dev/null >/dev/null 2>&1 &
    manager=$!
    for _ in $(seq 50); do systemctl --user show --property=Version >/dev/null 2>&1 && break; sleep 0.1; done
    systemctl --user show --property=Version >/dev/null 2>&1 || exit 77
    "$@" </dev/null
    code=$?
    systemctl --user exit 2>/dev/null
    wait "$manager"
    exit "$code"' bash "$@"
OUTER
