"""Checks that no file names a package registry's host, holds a path of somebody's machine, or was left unfinished."""

import re
import sys

from source_files import ROOT, source_files

# Written in pieces, so that this file passes its own check.
FORBIDDEN = {
    r"regis" r"try\.(npmjs|yarnpkg|hub\.docker)\.\w+": "a registry's host: the clients' own configuration names it",
    r"repo1?\.maven\.(apache\.)?org|maven\.org/maven2": "a registry's host: Maven's own configuration names it",
    r"(deb|security|ftp|snapshot)\.debian" r"\.org|archive\.ubuntu" r"\.com": "a package mirror's host",
    r"(files\.)?pythonhosted\.org|\bpypi\.org": "a registry's host",
    r"(?<![\w.])/work/(main|shared)\b|(?<![\w.$}=])/home/\w+|/ro" r"ot/": "a path of somebody's machine",
    r"\bTO" r"DO\b|\bFIX" r"ME\b|\bXX" r"X\b": "unfinished work",
    r"\bDISAB" r"LED_": "a disabled test",
}
# Files whose text is not ours or is made by a tool.
NOT_CHECKED = {"LICENSE"}


def main():
    patterns = [(re.compile(pattern), reason) for pattern, reason in FORBIDDEN.items()]
    problems, count = [], 0
    for path in source_files():
        if path.name in NOT_CHECKED:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        count += 1
        for number, line in enumerate(text.splitlines(), 1):
            for pattern, reason in patterns:
                if found := pattern.search(line):
                    problems.append(f"{path.relative_to(ROOT)}:{number}: '{found.group()}': {reason}")
    print("\n".join(problems) or f"{count} files checked")
    return 1 if problems or not count else 0


if __name__ == "__main__":
    sys.exit(main())
