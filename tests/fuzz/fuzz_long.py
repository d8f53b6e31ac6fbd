"""Builds the fuzz targets with clang, ASan and UBSan in build-fuzz and runs each for a minute from its corpus.

fuzz_long.py [--seconds 60] [target ...]; what breaks one is written to build-fuzz/found.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(os.environ.get("WARDPULSE_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BUILD = ROOT / "build-fuzz"
CORPUS = ROOT / "tests/fuzz/corpus"
SANITIZE = ("-O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all -fno-omit-frame-pointer "
            f"-fsanitize-ignorelist={ROOT}/tests/fuzz/ignore.txt")


def build(clang, targets):
    subprocess.run(["cmake", "-S", ROOT, "-B", BUILD, "-G", "Ninja", f"-DCMAKE_CXX_COMPILER={clang}", "-DWARDPULSE_FUZZ=ON",
                    "-DCMAKE_BUILD_TYPE=Debug", f"-DCMAKE_CXX_FLAGS={SANITIZE}"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", BUILD, *(f"fuzz_{target}" for target in targets)], check=True)


def fuzz(target, seconds):
    """Whether nothing was found."""
    found = BUILD / "found"
    grown = BUILD / "corpus" / target
    for folder in (found, grown):
        folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([BUILD / "bin" / f"fuzz_{target}", f"-max_total_time={seconds}", "-timeout=100", "-rss_limit_mb=2048",
                           f"-artifact_prefix={found}/{target}-", grown, CORPUS / target], capture_output=True, text=True, errors="replace", check=False)
    told = done.stderr.splitlines()
    print(f"{target}: {told[-1] if told else ''}" if done.returncode == 0 else "\n".join([f"{target}: FAILED", *told[-60:]]), flush=True)
    return done.returncode == 0


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("targets", nargs="*", default=sorted(folder.name for folder in CORPUS.iterdir()))
    given = options.parse_args()
    clang = next(filter(None, map(shutil.which, ("clang++", "clang++-19", "clang++-16", "clang++-14"))), None)
    if clang is None:
        print("SKIPPED: no clang; apt-get install clang-16 libclang-rt-16-dev")
        sys.exit(77)
    build(clang, given.targets)
    sys.exit(0 if all([fuzz(target, given.seconds) for target in given.targets]) else 1)


if __name__ == "__main__":
    main()
