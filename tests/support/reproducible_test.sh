#!/usr/bin/env bash
# Two builds of the same sources, in folders of different names and without a cache, give the same bytes.
set -euo pipefail
source_root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
[[ -d $source_root/web/dashboard/node_modules ]] || { echo "SKIPPED: reproducible (needs the dashboard's npm packages: ./wardpulse build)"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/var/tmp}/wardpulse-twice.XXXXXX")
trap 'rm -rf "$work"' EXIT

# build_in FOLDER JOBS: prints the digest of each program and page.
build_in() {
  local folder=$1 jobs=$2
  mkdir -p "$folder"
  tar -C "$source_root" --exclude='./build*' --exclude=./.cache --exclude=./.git --exclude=./artifacts --exclude=./tests/browser/node_modules \
    -cf - . | tar -C "$folder" -xf -
  cmake -S "$folder" -B "$folder/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O2 -g1" \
    -DCCACHE=CCACHE-NOTFOUND -DCMAKE_CXX_FLAGS="-ffile-prefix-map=$folder=." >/dev/null
  cmake --build "$folder/build" --target programs --parallel "$jobs" >/dev/null 2>&1
  strip "$folder"/build/bin/wardpulse-*
  node "$folder/web/dashboard/build.mjs" "$folder/build/share" >/dev/null
  (cd "$folder/build" && find bin share -type f -print0 | sort -z | xargs -0 sha256sum)
}

build_in "$work/one" "$(nproc)" >"$work/first"
build_in "$work/another-place" 1 >"$work/second"
diff "$work/first" "$work/second" || { echo "FAILED: two builds differ"; exit 1; }
[[ $(wc -l <"$work/first") -gt 10 ]] || { echo "FAILED: too little was built"; exit 1; }
echo "$(wc -l <"$work/first") files, the same bytes twice"
