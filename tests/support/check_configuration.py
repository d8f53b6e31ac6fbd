"""docs/configuration.md is what the programs themselves say; packaging/wardpulse.example.toml is taken by each of them.

  check_configuration.py --write    writes the page anew"""

import os
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(os.environ.get("WARDPULSE_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ.get("WARDPULSE_BIN", SOURCE / "build/bin"))
PAGE = SOURCE / "docs/configuration.md"
EXAMPLE = SOURCE / "packaging/wardpulse.example.toml"
PROGRAMS = ["wardpulse-producer", "wardpulse-consumer", "wardpulse-web", "wardpulse-replay", "wardpulse-broker"]

HEAD = """# Settings

Made from the programs by `tests/support/check_configuration.py --write`; a test sees to it that it is current.

Each key can be given as a flag (`--checkpoint-interval 5s`), in the environment (`WARDPULSE_CHECKPOINT_INTERVAL=5s`) or in the TOML
file that `--config` names (`checkpoint-interval = "5s"`), in this order of strength; an empty variable counts as not given.
Durations are whole numbers with a unit: `250ms`, `5s`, `10m`, `48h`, `31d`. `-X KEY=VALUE`, or the file's table `[librdkafka]`,
passes a setting to librdkafka. `--print-config` shows each value and where it came from.

A sub-command's own keys say so at the beginning of their meaning.
"""


def page():
    parts = [HEAD]
    for name in PROGRAMS:
        done = subprocess.run([BIN / name, "--print-reference"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=True)
        parts.append(done.stdout)
    return "\n".join(parts)


def refused_examples():
    """The example file with every line taken in, one program after another: a program takes the keys that it knows."""
    text = re.sub(r"^#= ", "", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for name, part in re.findall(r"^## (\S+)$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL):
        path = pathlib.Path(os.environ.get("TMPDIR", "/tmp"), f"wardpulse-example-{os.getpid()}.toml")
        path.write_text(part, encoding="utf-8")
        words = ["simulate"] if name == "wardpulse-producer" else []
        done = subprocess.run([BIN / name, *words, "--config", path, "--print-config"], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=20, check=False)
        path.unlink()
        if done.returncode != 0:
            yield f"{EXAMPLE.name}: {name}: {done.stderr.strip()}"


def main():
    if missing := [name for name in PROGRAMS if not (BIN / name).exists()]:
        return f"not in {BIN}: {', '.join(missing)}; build all programs first"
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    problems = list(refused_examples())
    if PAGE.read_text(encoding="utf-8") != page():
        problems.append("docs/configuration.md is not what the programs say: run tests/support/check_configuration.py --write")
    print("\n".join(problems) or f"{len(PROGRAMS)} programs are as documented")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
