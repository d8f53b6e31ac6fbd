#!/bin/bash
# Builds each target of tests/fuzz with the compiler, flags and engine that ClusterFuzzLite gives, and packs its corpus.
# Only base/ and proto/ are fuzzed, so that Kafka's client and the web server's libraries are not needed.
set -eu
sources=()
for source in base/*.cc proto/*.cc; do
  [[ $source == *main* ]] || sources+=("$source")
done
libraries=(-lsimdjson -lfmt -lxxhash -labsl_time -labsl_time_zone)
# Debian's libraries are built with GNU's standard library.
read -r -a flags <<<"${CXXFLAGS//-stdlib=libc++/}"
for target in tests/fuzz/*_fuzz.cc; do
  name=$(basename "$target" _fuzz.cc)
  "$CXX" "${flags[@]}" -std=c++20 -I. -DWARDPULSE_VERSION='"fuzz"' "$target" "${sources[@]}" \
    "$LIB_FUZZING_ENGINE" "${libraries[@]}" -o "$OUT/fuzz_$name"
  (cd "tests/fuzz/corpus/$name" && python3 -m zipfile -c "$OUT/fuzz_${name}_seed_corpus.zip" .)
done
