"""Checks that what the documents name exists: files and folders, tests, and the targets of their links."""

import re
import sys

from source_files import ROOT, source_files

PATH = re.compile(r"`((?:base|proto|aggregator|kafka|producer|consumer|web|compose|tests|tools|docs)/[\w./-]*)`")
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
TEST = re.compile(r"`([A-Z]\w+)\.([A-Z]\w+)`")
DEFINED_TEST = re.compile(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", re.MULTILINE)


def main():
    files = list(source_files())
    tests = {match.groups() for path in files if path.suffix == ".cc" for match in DEFINED_TEST.finditer(path.read_text(encoding="utf-8"))}
    problems = []
    documents = [path for path in files if path.suffix == ".md"]
    for path in documents:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            where = f"{path.relative_to(ROOT)}:{number}"
            problems += [f"{where}: there is no {name}" for name in PATH.findall(line) if not (ROOT / name).exists()]
            problems += [f"{where}: the link leads nowhere: {name}" for name in LINK.findall(line)
                         if not (path.parent / name).exists()]
            problems += [f"{where}: there is no test {suite}.{test}" for suite, test in TEST.findall(line)
                         if (suite, test) not in tests]
    print("\n".join(problems) or f"{len(documents)} documents name only what exists")
    return 1 if problems or not documents else 0


if __name__ == "__main__":
    sys.exit(main())
