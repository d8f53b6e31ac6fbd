#!/bin/bash
# Builds the targets of tests/fuzz with the compiler, flags and engine that ClusterFuzzLite gives, and packs their corpora:
# those that need neither Kafka's client nor the web server's libraries, which its image does not have.
set -eu
sources=()
for source in base/*.cc proto/*.cc aggregator/*.cc producer/mapping*.cc producer/field_value.cc; do
  [[ $source == *main* ]] || sources+=("$source")
done
read -r -a libraries <<<"-lsimdjson -lfmt -lxxhash $(pkg-config --libs absl_time absl_flat_hash_map absl_btree absl_inlined_vector)"
# Debian's libraries are built with GNU's standard library.
read -r -a flags <<<"${CXXFLAGS//-stdlib=libc++/}"
for target in tests/fuzz/*_fuzz.cc; do
  if grep -q '#include "web/' "$target"; then continue; fi
  name=$(basename "$target" _fuzz.cc)
  "$CXX" "${flags[@]}" -std=c++20 -I. -DWARDPULSE_VERSION='"fuzz"' "$target" "${sources[@]}" \
    "$LIB_FUZZING_ENGINE" "${libraries[@]}" -o "$OUT/fuzz_$name"
  (cd "tests/fuzz/corpus/$name" && python3 -m zipfile -c "$OUT/fuzz_${name}_seed_corpus.zip" .)
done
