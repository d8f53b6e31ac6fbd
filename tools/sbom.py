"""What is in the programs and in the dashboard, from what was really built: CycloneDX on stdout, or the table of licences.

  sbom.py           a software bill of materials (CycloneDX 1.5, JSON)
  sbom.py --page    docs/third-party.md
  sbom.py --check   is docs/third-party.md current, and is each licence known?

Linked libraries come from the loader, compiled-in headers from Ninja's record of the build, and both from dpkg; the pages' parts
come from npm's lock file."""

import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("WARDPULSE_BUILD", ROOT / "build"))
PROGRAMS = ("consumer", "producer", "replay", "web")

# By Debian package, without version and -dev. Read from each one's copyright file; one that is missing here stops the run.
LICENCES = {
    "libabsl": "Apache-2.0", "libboost": "BSL-1.0", "libc6": "LGPL-2.1-or-later", "libcivetweb": "MIT", "libcurl": "curl",
    "libexpected": "CC0-1.0", "libfmt": "MIT", "libgcc": "GPL-3.0-or-later WITH GCC-exception-3.1", "liblz4": "BSD-2-Clause", "libmimalloc": "MIT",
    "libprometheus-cpp": "MIT", "librdkafka": "BSD-2-Clause", "libsasl2": "BSD-4-Clause", "libsimdjson": "Apache-2.0",
    "libssl": "Apache-2.0", "libstdc++": "GPL-3.0-or-later WITH GCC-exception-3.1", "libtomlplusplus": "MIT",
    "libxxhash": "BSD-2-Clause", "libzstd": "BSD-3-Clause", "linux-libc": "GPL-2.0-only WITH Linux-syscall-note",
    "prometheus-cpp": "MIT", "zlib1g": "Zlib", "libdb5.3": "Sleepycat",
}


def run(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True, timeout=120).stdout


def licence_of(package):
    best = max((name for name in LICENCES if package.startswith(name)), key=len, default=None)
    if best is None:
        sys.exit(f"tools/sbom.py: the licence of {package} is not known: read its copyright file and add it to LICENCES")
    return LICENCES[best]


def owners(paths):
    """The packages that files belong to; a merged /usr is known to dpkg by either name."""
    names = sorted({str(path) for path in paths} | {str(path).removeprefix("/usr") for path in paths})
    done = subprocess.run(["dpkg", "-S", *names], capture_output=True, text=True, check=False, timeout=120)
    return {line.split(":")[0] for line in done.stdout.splitlines() if not line.startswith("diversion")}


def program_paths():
    return [path for name in PROGRAMS if (path := BUILD / f"bin/wardpulse-{name}").exists()]


def linked():
    found = {os.path.realpath(path) for program in program_paths() for path in re.findall(r"=> (/\S+)", run("ldd", program))}
    return owners(found)


def compiled_in():
    found, ours = set(), False
    for line in run("ninja", "-C", BUILD, "-t", "deps").splitlines():
        if not line.startswith(" "):
            ours = not line.startswith(("tests/", "ninja:"))
        elif ours and (path := line.strip()).startswith("/usr/"):
            found.add(path)
    return owners(found)


def pages():
    lock = json.loads((ROOT / "web/dashboard/package-lock.json").read_text(encoding="utf-8"))
    for path, package in lock["packages"].items():
        if path and not package.get("dev"):
            yield path.rpartition("node_modules/")[2], package["version"], package["license"]


def components():
    """(use, name, version, licence), sorted."""
    uses = {package: "linked" for package in linked()}
    for package in compiled_in():
        uses.setdefault(package, "compiled in")
    versions = dict(line.split("\t") for line in run("dpkg-query", "-W", "-f", "${Package}\t${Version}\n", *uses).splitlines())
    rows = [(use, name, versions[name], licence_of(name)) for name, use in uses.items()]
    return sorted(rows + [("in the pages", name, version, licence) for name, version, licence in pages()])


def bill():
    version = run(program_paths()[0], "--version").split()[1]
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "wardpulse", "name": "wardpulse", "version": version,
                                   "licenses": [{"license": {"id": "Apache-2.0"}}]}},
        "components": [
            {"type": "library", "bom-ref": f"{name}@{number}", "name": name, "version": number,
             "purl": f"pkg:npm/{name}@{number}" if use == "in the pages" else f"pkg:deb/debian/{name}@{number}",
             "licenses": [{"expression": licence}], "properties": [{"name": "wardpulse:use", "value": use}]}
            for use, name, number, licence in components()],
    }


HEAD = """# Licences of what is in the programs and the pages

Made by `tools/sbom.py --page` from what is really built on Debian 12; a test sees to it that it is current. Versions are in the bill of
materials, which `./wardpulse package` writes beside the package. Wardpulse itself is under Apache-2.0.

| what | how | licence |
|---|---|---|
"""


def page():
    # Without what only names a version: the page does not change with each point release.
    rows = {(re.sub(r"[-.\d]+$", "", name.removesuffix("-dev")), use, licence) for use, name, _, licence in components()}
    return HEAD + "".join(f"| {name} | {use} | {licence} |\n" for name, use, licence in sorted(rows))


def check():
    is_debian_12 = 'VERSION_ID="12"' in pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    if page() != (ROOT / "docs/third-party.md").read_text(encoding="utf-8") and is_debian_12:
        sys.exit("docs/third-party.md is not what is built: run tools/sbom.py --page >docs/third-party.md")
    return f"{len(components())} parts, each with a licence\n"


if __name__ == "__main__":
    MODES = {(): lambda: json.dumps(bill(), indent=1) + "\n", ("--page",): page, ("--check",): check}
    sys.stdout.write(MODES[tuple(sys.argv[1:])]())
