"""Checks what each folder may include. The table is the architecture: docs/architecture.md explains it."""

import re
import sys

from source_files import ROOT, source_files

MAY_USE = {
    "base": set(),
    "proto": {"base"},
    "aggregator": {"proto", "base"},
    "kafka": {"base"},
    "producer": {"proto", "kafka", "base"},
    "consumer": {"aggregator", "proto", "kafka", "base"},
    "web": {"proto", "kafka", "base"},
}
# Headers that only one folder and its tests may see, and tests/bench, which measures the library by itself.
ONLY_IN = {
    re.compile(r"(librdkafka/)?rdkafka\w*\.h"): "kafka",
}
# The aggregator is a pure library: none of these can come in by its own includes.
IMPURE = re.compile(
    r"thread|mutex|shared_mutex|condition_variable|future|atomic|ctime|random|iostream|fstream|cstdio|filesystem|"
    r"time\.h|stdio\.h|sys/.*|unistd\.h|pthread\.h|spdlog/.*|base/(log|stop_signal|config)\.h")
CLOCK = re.compile(r"_clock::now|\bstd::time\(|\bgettimeofday\(|\bclock_gettime\(")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def problems_of(path):
    room, *rest = path.relative_to(ROOT).parts
    mirrored = rest[0] if room == "tests" else room
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{path.relative_to(ROOT)}:{number}"
        if room == "aggregator" and CLOCK.search(line):
            yield f"{where}: aggregator/ is pure: it reads no clock"
        found = INCLUDE.match(line)
        if not found:
            continue
        quoted, header = found.group(1) == '"', found.group(2)
        used = header.split("/")[0]
        if quoted and not (ROOT / header).is_file():
            yield f'{where}: "{header}": an include in quotes starts at the root of the checkout'
        if not quoted and (ROOT / header).is_file():
            yield f'{where}: <{header}>: our own headers are included in quotes'
        if room in MAY_USE and used in MAY_USE and used != room and used not in MAY_USE[room]:
            yield f"{where}: {room}/ must not use {used}/"
        if room in MAY_USE and used == "tests":
            yield f"{where}: {room}/ must not use tests/"
        for pattern, owner in ONLY_IN.items():
            if mirrored not in (owner, "bench") and pattern.fullmatch(header):
                yield f"{where}: only {owner}/ may include {header}"
        if room == "aggregator" and IMPURE.fullmatch(header):
            yield f"{where}: aggregator/ is pure: no clock, thread, random, log or I/O, so no <{header}>"


def main():
    sources = [path for path in source_files() if path.suffix in {".h", ".cc"}]
    problems = [problem for path in sources for problem in problems_of(path)]
    print("\n".join(problems) or f"{len(sources)} files include only what they may")
    return 1 if problems or not sources else 0


if __name__ == "__main__":
    sys.exit(main())
