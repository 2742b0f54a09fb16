"""Chapters as files: which there are, reading, and one normal form that keeps diffs small."""

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
# Progress bars, and what TensorFlow says of the machine when it is loaded.
CHATTER = re.compile(
    r"\d+%\||\bit/s\b|s/it\b|TqdmWarning|autonotebook import tqdm"
    r"|^I\d{4} \d\d:\d\d:|^WARNING: All log messages before absl"
)


def toc(book: Path = BOOK) -> list[str]:
    """The names in the table of contents, the root first, without their suffixes."""
    text = (book / "_toc.yml").read_text(encoding="utf-8")
    return re.findall(r"^\s*(?:-\s+)?(?:root|file):\s*(\S+)\s*$", text, re.MULTILINE)


def chapters(book: Path = BOOK) -> list[Path]:
    """The notebooks of the table of contents, in its order."""
    paths = [book / f"{name}.ipynb" for name in toc(book)]
    return [path for path in paths if path.exists()]


def read(path: Path) -> Notebook:
    """A notebook as plain JSON, every source and text as one string.

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
    """The text of a notebook as Jupyter writes it: sources as lists of lines, sorted keys."""
    lines = dict(notebook, cells=[_lines_of_cell(cell) for cell in notebook["cells"]])
    return json.dumps(lines, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write(notebook: Notebook, path: Path) -> None:
    """Write a notebook whole or not at all."""
    with whole_or_nothing(path) as temporary:
        temporary.write_text(dumps(notebook), encoding="utf-8")


def normalise(notebook: Notebook) -> Notebook:
    """Leave out of an executed notebook what changes from run to run and means nothing.

    Timestamps, the kernel's and the editor's own metadata, and progress bars go; sources,
    tags, outputs and the numbers of the cells stay. Cells without an identity get one.
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
    """The code cells in their order."""
    return (cell for cell in notebook["cells"] if cell["cell_type"] == "code")


def text(notebook: Notebook) -> str:
    """All of a notebook's prose."""
    return "\n\n".join(c["source"] for c in notebook["cells"] if c["cell_type"] == "markdown")


def tags(cell: Cell) -> list[str]:
    """A cell's tags."""
    return cell["metadata"].get("tags", [])


def joined(source: str | list[str]) -> str:
    """A text that the format allows as one string or as a list of lines."""
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
        # An image stays one string, JSON stays what it is.
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
