"""A cache of executed chapters, which are used again only if all that they depend on is the same.

A chapter depends on its cells, the packages, all data and records of the book, the tools that
execute it, the kind of machine, Python, and every installed package. If one byte of these differs,
the chapter is executed again. ``python -m tools.execute TARGET --cache FOLDER`` uses the cache.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

from lstm_md._support.files import whole_or_nothing
from tools.notebooks import ROOT, Notebook, dumps, read, write

# Files that a kernel could read, and tools that turn its messages into outputs.
READ = (
    "lstm_md",
    "reproduction",
    "book/data",
    "book/recorded",
    "constraints.txt",
    "pyproject.toml",
)
EXECUTING = ("tools/execute.py", "tools/execution_cache.py", "tools/notebooks.py")
VARIABLES = ("KERAS_BACKEND", "CUDA_VISIBLE_DEVICES", "PYTHONHASHSEED")
IGNORED = {"__pycache__", ".working", ".ipynb_checkpoints"}  # folders that no result depends on


class ExecutionCache:
    """A folder with executed chapters.

    Parameters
    ----------
    folder : Path
        It is made if it does not exist.
    root : Path
        The checkout.
    """

    def __init__(self, folder: Path, root: Path = ROOT) -> None:
        self.folder = folder
        self._surroundings = surroundings(root)
        folder.mkdir(parents=True, exist_ok=True)

    def key(self, notebook: Notebook) -> str:
        """Return a hash of all that a chapter depends on; its outputs do not count."""
        cells = [
            {name: cell[name] for name in ("cell_type", "metadata", "source")}
            for cell in notebook["cells"]
        ]
        text = json.dumps([self._surroundings, cells], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def get(self, name: str, notebook: Notebook) -> Notebook | None:
        """Return the executed chapter, or None if it is not there or the file is damaged."""
        try:
            kept = json.loads((self.folder / f"{name}.json").read_text("utf-8"))
            path = self.folder / f"{name}.ipynb"
            whole = hashlib.sha256(path.read_bytes()).hexdigest() == kept["sha256"]
            return read(path) if whole and kept["key"] == self.key(notebook) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, name: str, notebook: Notebook, executed: Notebook) -> None:
        """Store an executed chapter in place of the previous one."""
        write(executed, self.folder / f"{name}.ipynb")
        digest = hashlib.sha256(dumps(executed).encode()).hexdigest()
        with whole_or_nothing(self.folder / f"{name}.json") as temporary:
            temporary.write_text(json.dumps({"key": self.key(notebook), "sha256": digest}), "utf-8")


def surroundings(root: Path = ROOT) -> str:
    """Return a hash of all that every chapter depends on."""
    digest = hashlib.sha256()
    for line in _lines(root):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def _lines(root: Path) -> Iterator[str]:
    yield f"{platform.system()} {platform.machine()} {platform.python_version()}"
    yield from (f"{name}={os.environ.get(name, '')}" for name in VARIABLES)
    installed = {f"{each.metadata['Name']} {each.version}" for each in distributions()}
    yield from sorted(installed)
    for place in (*READ, *EXECUTING):
        for path in sorted(_files(root / place)):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            yield f"{path.relative_to(root).as_posix()} {content}"


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    return [
        path
        for path in place.rglob("*")
        if path.is_file() and IGNORED.isdisjoint(path.relative_to(place).parts)
    ]
