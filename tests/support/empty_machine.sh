#!/usr/bin/env bash
# Proves the README on an empty machine: a minimal Debian 12 made with debootstrap, in which nothing is installed, gets a
# copy of this checkout and runs the commands there; then again, to see that a second run is quick. Prints each one's time.
#
#   tests/support/empty_machine.sh [--as-user] [COMMAND...]
#
#   COMMAND      default: "./wardpulse test --quick" and "./wardpulse demo --for 30s", each twice
#   --as-user    run as an ordinary user with sudo (which is then the one thing installed beforehand)
#
# Needs root, debootstrap, about 5 GB and a network that reaches the package mirrors. From the environment:
#   EMPTY_MACHINE_DIR      the folder to make it in; kept when given, else a temporary one that is removed
#   EMPTY_MACHINE_MIRROR   the Debian mirror, default debootstrap's
#   EMPTY_MACHINE_OVERLAY  a folder whose files are copied over the new system: what this network needs (proxies, certificates)
#   EMPTY_MACHINE_ENV      names of variables to hand in, separated by blanks; all others stay outside
set -euo pipefail

cannot() { echo "SKIPPED: empty machine ($1)"; exit 77; }

as_user=no
if [[ ${1:-} == --as-user ]]; then as_user=yes; shift; fi
commands=("$@")
if ((${#commands[@]} == 0)); then
  commands=("./wardpulse test --quick" "./wardpulse demo --for 30s" "./wardpulse test --quick" "./wardpulse demo --for 30s")
fi
source_root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)

# In namespaces of their own the mounts and every process in there end with this script, however it ends.
if [[ -z ${EMPTY_MACHINE_INSIDE:-} ]]; then
  ((EUID == 0)) || cannot "needs root"
  command -v debootstrap >/dev/null || cannot "needs the package debootstrap"
  export EMPTY_MACHINE_INSIDE=yes
  if [[ -z ${EMPTY_MACHINE_DIR:-} ]]; then
    EMPTY_MACHINE_DIR=$(mktemp -d "${TMPDIR:-/var/tmp}/wardpulse-empty.XXXXXX")
    chmod 755 "$EMPTY_MACHINE_DIR" # the root of a system, which its other users go through
    export EMPTY_MACHINE_DIR
    trap 'rm -rf --one-file-system "$EMPTY_MACHINE_DIR"' EXIT
  fi
  options=()
  if [[ $as_user == yes ]]; then options=(--as-user); fi
  unshare --mount --propagation private --pid --fork --kill-child bash "${BASH_SOURCE[0]}" "${options[@]}" "${commands[@]}"
  exit
fi

machine=$EMPTY_MACHINE_DIR
home=/root
passed=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb)
for name in ${EMPTY_MACHINE_ENV:-}; do
  passed+=("$name=${!name:-}")
done
inside() { chroot "$machine" env -i "HOME=$home" "${passed[@]}" "$@" </dev/null; }

timed() {
  local what=$1 started=$SECONDS status=0
  shift
  "$@" || status=$?
  printf -- '---- %s: %d s, exit code %d\n' "$what" $((SECONDS - started)) "$status"
  return "$status"
}

if [[ ! -e $machine/etc/debian_version ]]; then
  timed debootstrap debootstrap --variant=minbase bookworm "$machine" ${EMPTY_MACHINE_MIRROR:+"$EMPTY_MACHINE_MIRROR"} \
    >"$machine.log" 2>&1 || { tail -n 3 "$machine.log"; cannot "debootstrap failed: is there a network?"; }
  rm -f "$machine.log"
fi
cp /etc/resolv.conf "$machine/etc/resolv.conf"
if [[ -n ${EMPTY_MACHINE_OVERLAY:-} ]]; then cp -a "$EMPTY_MACHINE_OVERLAY/." "$machine/"; fi
mount -t proc proc "$machine/proc"
mount --rbind /dev "$machine/dev"
mount --rbind /sys "$machine/sys"

checkout=/srv/wardpulse
mkdir -p "$machine$checkout"
tar -C "$source_root" --exclude='./build*' --exclude=./.cache --exclude=./.git --exclude=./artifacts \
  --exclude=node_modules --exclude=__pycache__ -cf - . | tar -C "$machine$checkout" -xf -

as=()
if [[ $as_user == yes ]]; then
  inside sh -c 'apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -y -q install --no-install-recommends sudo &&
    useradd -m -s /bin/bash visitor && echo "visitor ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/visitor' >/dev/null
  inside chown -R visitor: "$checkout"
  home=/home/visitor
  as=(setpriv --reuid=visitor --regid=visitor --init-groups)
fi

failures=0
for command in "${commands[@]}"; do
  timed "$command" inside "${as[@]}" bash -c "cd $checkout && $command" || failures=$((failures + 1))
done
# Nothing may be left running, and nothing written beside the checkout except packages (systemd's makes .ssh).
left=$(inside find "$home" /tmp -mindepth 1 -not -name '.bash*' -not -name .profile -not -name .ssh -not -name 'hsperfdata_*' 2>/dev/null) || true
if [[ -n $left ]]; then printf 'left outside the checkout:\n%s\n' "$left"; failures=$((failures + 1)); fi
echo "$((${#commands[@]})) commands, $failures failures"
exit $((failures > 0))
