"""The results of the benchmark (``make bench``) as Markdown tables."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def load_benchmark(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the ``results.json`` of the benchmark, with one entry per section.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file holds something else.
    """
    try:
        results = json.loads(Path(path).read_text(encoding="utf-8"))
        for section in results.values():
            _ = (section["about"]["cpu"], section["about"]["date"])
            _ = (section["goals"], section["tables"])
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise ValueError(
            f"path: {path} holds no benchmark ({type(error).__name__}: {error}); copy the "
            f"results.json of `make bench` there"
        ) from error
    return results


def goals_table(results: dict[str, Any]) -> str:
    """Make a Markdown table of the goals and of what was measured, one row per goal."""
    rows = [
        [
            goal["what"],
            f"{'at most' if goal['sense'] == '<=' else 'at least'} {_cell(goal['bound'])}",
            _cell(goal["measured"]),
            goal["unit"],
            "met" if goal["met"] else "**missed**",
        ]
        for section in results.values()
        for goal in section["goals"]
    ]
    return _table(["goal", "wanted", "measured", "unit", ""], rows)


def section_tables(results: dict[str, Any], section: str) -> str:
    """Make the Markdown tables of one section, below a line on its machine."""
    about = results[section]["about"]
    packages = ", ".join(
        f"{name} {found}"
        for name, found in about.get("versions", {}).items()
        if name not in ("lstm-md", "absent")
    )
    machine = f"{about['cpu']}, {about.get('cores', '?')} cores; {about['date']}"
    blocks = [f"*{machine}; {packages}.*" if packages else f"*{machine}.*"]
    for table in results[section]["tables"]:
        blocks += [f"**{table['title']}**", _table(table["columns"], table["rows"])]
        blocks += [table["note"]] if table.get("note") else []
    return "\n\n".join(blocks)


def _table(columns: list[str], rows: list[list[Any]]) -> str:
    cells = [columns, ["---"] * len(columns), *([_cell(c) for c in row] for row in rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)


def _cell(content: Any) -> str:
    """Write words as they are, and a number with three digits."""
    if not isinstance(content, float):
        return "" if content is None else str(content)
    short = float(f"{content:.3g}")
    return f"{short:.0f}" if 100 <= abs(short) < 1e7 else f"{short:g}"
