"""Chapters as files: listing, reading, writing, and a normal form that keeps diffs small."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lstm_md._support.files import whole_or_nothing

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"

Notebook = dict[str, Any]
Cell = dict[str, Any]

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
# Progress bars, and messages of TensorFlow about the machine.
CHATTER = re.compile(
    r"\d+%\||\bit/s\b|s/it\b|TqdmWarning|autonotebook import tqdm"
    r"|^I\d{4} \d\d:\d\d:|^WARNING: All log messages before absl"
)


def toc(book: Path = BOOK) -> list[str]:
    """List the pages in the table of contents, the root first, without suffixes."""
    text = (book / "_toc.yml").read_text(encoding="utf-8")
    return re.findall(r"^\s*(?:-\s+)?(?:root|file):\s*(\S+)\s*$", text, re.MULTILINE)


def chapters(book: Path = BOOK) -> list[Path]:
    """List the notebooks in the table of contents, in its order."""
    paths = [book / f"{name}.ipynb" for name in toc(book)]
    return [path for path in paths if path.exists()]


def read(path: Path) -> Notebook:
    """Read a notebook as plain JSON, with each source as one string.

    Raises
    ------
    ValueError
        If the file is not a notebook of format 4.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: expected a notebook, found no valid JSON ({error})") from None
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4:
        raise ValueError(f"{path}: expected a notebook of format 4; save it again with Jupyter")
    for cell in notebook["cells"]:
        cell["source"] = joined(cell["source"])
    return notebook


def dumps(notebook: Notebook) -> str:
    """Write a notebook as Jupyter does: sources as lists of lines, sorted keys."""
    lines = dict(notebook, cells=[_lines_of_cell(cell) for cell in notebook["cells"]])
    return json.dumps(lines, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write(notebook: Notebook, path: Path) -> None:
    """Write a notebook to a file, in one step."""
    with whole_or_nothing(path) as temporary:
        temporary.write_text(dumps(notebook), encoding="utf-8")


def normalise(notebook: Notebook) -> Notebook:
    """Remove what changes from run to run without a meaning from an executed notebook.

    Timestamps, metadata of the kernel and the editor, and progress bars are removed. Sources,
    tags, outputs and the numbers of the cells are kept. Cells without an id get one.
    """
    cells = []
    for number, cell in enumerate(notebook["cells"]):
        cell = dict(cell)
        dropped = (
            "execution",
            "ExecuteTime",
            "collapsed",
            "scrolled",
            "jp-MarkdownHeadingCollapsed",
        )
        cell["metadata"] = {k: v for k, v in cell["metadata"].items() if k not in dropped}
        cell.setdefault("id", f"cell-{number:02d}")
        if cell["cell_type"] == "code":
            cell["outputs"] = [o for o in map(_without_chatter, cell["outputs"]) if o is not None]
        cells.append(cell)
    return {
        "cells": cells,
        "metadata": {"kernelspec": KERNEL, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def code_cells(notebook: Notebook) -> Iterator[Cell]:
    """Yield the code cells in order."""
    return (cell for cell in notebook["cells"] if cell["cell_type"] == "code")


def text(notebook: Notebook) -> str:
    """Return the prose of a notebook."""
    return "\n\n".join(c["source"] for c in notebook["cells"] if c["cell_type"] == "markdown")


def title(notebook: Notebook) -> str:
    """Return the heading of a chapter."""
    found = re.search(r"^# (.+)$", text(notebook), re.MULTILINE)
    return found[1].strip() if found else ""


def tags(cell: Cell) -> list[str]:
    """Return the tags of a cell."""
    return cell["metadata"].get("tags", [])


def joined(source: str | list[str]) -> str:
    """Join a text, which the format stores as one string or as a list of lines."""
    return source if isinstance(source, str) else "".join(source)


def _lines_of_cell(cell: Cell) -> Cell:
    cell = dict(cell, source=joined(cell["source"]).splitlines(keepends=True))
    if cell["cell_type"] == "code":
        cell["outputs"] = [_lines_of_output(output) for output in cell["outputs"]]
    return cell


def _lines_of_output(output: dict[str, Any]) -> dict[str, Any]:
    output = dict(output)
    if "text" in output:
        output["text"] = joined(output["text"]).splitlines(keepends=True)
    if "data" in output:
        # An image stays one string, and JSON is not changed.
        output["data"] = {
            mime: joined(value).splitlines(keepends=True)
            if mime.startswith("text/") or mime == "image/svg+xml"
            else value
            for mime, value in output["data"].items()
        }
    return output


def _without_chatter(output: dict[str, Any]) -> dict[str, Any] | None:
    if output["output_type"] != "stream" or output["name"] != "stderr":
        return output
    lines = joined(output["text"]).splitlines(keepends=True)
    kept = "".join(line for line in lines if not CHATTER.search(line))
    return dict(output, text=kept) if kept.strip() else None
