"""Take in what students handed in: regular files, and a notebook with nothing but sources."""

from __future__ import annotations

import ast
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.utils import is_grade, is_solution

from tools.grading.execute import clean

MOST_FILES = 1000  # with folders, and with what is left out
MOST_BYTES = 200 << 20  # as the files say: a sparse file would be written out in full
LARGEST_NOTEBOOK = 20 << 20
MOST_CELLS = 2000


def copy_files(entry: Path, assignment: str, target: Path) -> Path:
    """Copy a submission's files, and return its notebook in the copy.

    Links, pipes, devices and hidden files are left out. So are hard links: the other name of
    the file could be someone else's solution.

    Parameters
    ----------
    entry : Path
        A notebook, or a folder with one notebook of this name or just one notebook.
    assignment : str
    target : Path
        A folder that does not exist yet.

    Raises
    ------
    ValueError
        If there is no such notebook, or there is too much.
    """
    found, left_out, count, size = [], 0, 0, 0
    if entry.is_dir() and not entry.is_symlink():
        walk = os.walk(entry)
    else:
        walk = iter([(str(entry.parent), [], [entry.name])])
    for folder, folders, names in walk:
        count += len(folders) + len(names)
        if count > MOST_FILES:
            raise ValueError(f"expected at most {MOST_FILES} files, found more")
        folders[:] = sorted(name for name in folders if usable(name))
        for path in (Path(folder, name) for name in sorted(names) if usable(name)):
            state = path.lstat()
            if stat.S_ISREG(state.st_mode) and state.st_nlink == 1:
                found.append(path)
                size += state.st_size
            else:
                left_out += 1
    if size > MOST_BYTES:
        raise ValueError(f"expected at most {MOST_BYTES >> 20} MiB of files, found {size >> 20}")
    notebooks = [path for path in found if path.suffix == ".ipynb"]
    named = [path for path in notebooks if path.stem == assignment]
    chosen = named if len(named) == 1 else notebooks
    if len(chosen) != 1:
        links = f"; {left_out} links or special files are left out" if left_out else ""
        raise ValueError(f"expected one notebook {assignment}.ipynb, found {len(chosen)}{links}")
    home = chosen[0].parent
    for path in found:
        if path.is_relative_to(home):
            place = target / path.relative_to(home)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place, follow_symlinks=False)
    return target / chosen[0].name


def usable(name: str) -> bool:
    """Decide whether a file is copied: not if it is hidden, or its name cannot be decoded."""
    return name.isprintable() and not name.startswith(".")


def notebook(path: Path, release: NotebookNode) -> NotebookNode:
    """Make a notebook that has a student's sources, and everything else from the release.

    A cell is known by its ``grade_id``, the first time it occurs. The cells that are missing are
    added at the end. Outputs, attachments and all other metadata are dropped.

    Raises
    ------
    ValueError
        If the file is no notebook, or too large.
    """
    if path.stat().st_size > LARGEST_NOTEBOOK:
        raise ValueError(f"expected a notebook of at most {LARGEST_NOTEBOOK >> 20} MiB")
    try:
        given = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        cells = [(str(c.cell_type), mark(c), "".join(c.source)) for c in given.cells]
    except Exception as error:  # the format has many ways to be wrong
        raise ValueError(f"no notebook that can be read: {clean(repr(error), 200)}") from None
    if len(cells) > MOST_CELLS:
        raise ValueError(f"expected at most {MOST_CELLS} cells, found {len(cells)}")
    left = {mark(cell): cell for cell in release.cells if mark(cell)}
    made = []
    for kind, grade_id, source in cells:
        source = clean(source, LARGEST_NOTEBOOK)
        if grade_id in left and left[grade_id].cell_type == kind:
            made.append(left.pop(grade_id))
            if is_solution(made[-1]):
                made[-1].source = source
        elif kind in ("code", "markdown"):
            made.append((new_code_cell if kind == "code" else new_markdown_cell)(source))
    cells_ = [*made, *left.values()]
    return nbformat.v4.new_notebook(cells=cells_, metadata=release.metadata)


def mark(cell: Any) -> str:
    """Return the ``grade_id`` of a cell, or an empty text."""
    marks = cell["metadata"].get("nbgrader")
    grade_id = marks.get("grade_id") if isinstance(marks, dict) else None
    return grade_id if isinstance(grade_id, str) else ""


def borrowed(given: NotebookNode, forbidden: set[str]) -> str:
    """Name the package's functions that a student calls where the task is to write them."""
    used = set()
    for cell in given.cells:
        if cell.cell_type == "code" and is_solution(cell) and not is_grade(cell):
            try:
                nodes = list(ast.walk(ast.parse(cell.source)))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
            used |= {getattr(node, "id", getattr(node, "attr", "")) for node in nodes} & forbidden
    return f"calls {', '.join(sorted(used))}" if used else ""
