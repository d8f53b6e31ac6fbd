"""The files that belong to the project, found without git: an unpacked archive is tested as well as a clone."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
_NOT_OURS = {".git", ".cache", "node_modules", "__pycache__", "artifacts"}


def source_files():
    """Yields the path of every file, in a fixed order, without what builds and caches leave behind."""
    for folder, subfolders, names in os.walk(ROOT):
        subfolders[:] = sorted(
            name for name in subfolders
            if name not in _NOT_OURS and not (folder == str(ROOT) and name.startswith("build")))
        for name in sorted(names):
            if not name.endswith(".pyc"):
                yield pathlib.Path(folder, name)
