#!/usr/bin/env bash
# The Debian package installs on a minimal Debian 12, its programs and settings work there, and a purge leaves nothing.
# Needs root and debootstrap; takes the variables of empty_machine.sh.
set -euo pipefail

cannot() { echo "SKIPPED: package ($1)"; exit 77; }
fail() { echo "FAILED: $1"; exit 1; }

source_root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
if [[ -z ${PACKAGE_TEST_INSIDE:-} ]]; then
  ((EUID == 0)) || cannot "needs root"
  command -v debootstrap >/dev/null || cannot "needs the package debootstrap"
  [[ -n ${PACKAGE_TEST_FILE:=$("$source_root/wardpulse" package | tail -n 1)} ]] || fail "there is no package"
  machine=$(mktemp -d "${TMPDIR:-/var/tmp}/wardpulse-package.XXXXXX")
  trap 'rm -rf --one-file-system "$machine"' EXIT
  chmod 755 "$machine" # the root of a system, which its other users go through
  PACKAGE_TEST_INSIDE=$machine PACKAGE_TEST_FILE=$PACKAGE_TEST_FILE \
    unshare --mount --propagation private --pid --fork --kill-child bash "${BASH_SOURCE[0]}"
  exit
fi

machine=$PACKAGE_TEST_INSIDE
if [[ -n ${EMPTY_MACHINE_DIR:-} ]]; then
  cp -a "$EMPTY_MACHINE_DIR/." "$machine/"
else
  debootstrap --variant=minbase bookworm "$machine" ${EMPTY_MACHINE_MIRROR:+"$EMPTY_MACHINE_MIRROR"} >"$machine.log" 2>&1 ||
    { tail -n 3 "$machine.log"; cannot "debootstrap failed: is there a network?"; }
  rm -f "$machine.log"
fi
cp /etc/resolv.conf "$machine/etc/resolv.conf"
if [[ -n ${EMPTY_MACHINE_OVERLAY:-} ]]; then cp -a "$EMPTY_MACHINE_OVERLAY/." "$machine/"; fi
mount -t proc proc "$machine/proc"
inside() { chroot "$machine" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@" </dev/null; }

inside apt-get -q update >/dev/null
cp "$PACKAGE_TEST_FILE" "$machine/tmp/wardpulse.deb"
inside apt-get install -y -q --no-install-recommends /tmp/wardpulse.deb >"$machine/tmp/install.log" 2>&1 ||
  { tail -n 5 "$machine/tmp/install.log"; fail "it does not install"; }

for program in consumer producer web; do
  inside "wardpulse-$program" --version || fail "wardpulse-$program does not start"
done
for program in consumer web; do
  inside "wardpulse-$program" --config "/etc/wardpulse/$program.toml" --print-config >/dev/null || fail "$program.toml is refused"
  [[ $(inside stat -c '%a %G' "/etc/wardpulse/$program.toml") == "640 wardpulse" ]] || fail "$program.toml can be read by others"
done
inside setpriv --reuid=wardpulse --regid=wardpulse --clear-groups wardpulse-web keys create --keys /var/lib/wardpulse/keys \
  --scope read | grep -q '^wp_read_' || fail "the service's user cannot make a key"
[[ -s $machine/usr/share/wardpulse/dashboard/index.html ]] || fail "there is no dashboard"
[[ -s $machine/usr/share/doc/wardpulse/copyright ]] || fail "there is no licence"
inside dpkg --verify wardpulse

inside apt-get purge -y -q wardpulse >"$machine/tmp/purge.log" 2>&1 || { tail -n 5 "$machine/tmp/purge.log"; fail "it does not go"; }
if inside getent passwd wardpulse; then fail "its user stayed"; fi
left=$(inside find / -xdev -path /proc -prune -o -path /tmp -prune -o -name '*wardpulse*' -print)
[[ -z $left ]] || fail "a purge leaves: $left"
echo "installed, used, purged"
