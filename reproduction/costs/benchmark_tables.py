"""The benchmark's results (``make bench``) as tables for a page."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def load_benchmark(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read results.json as the benchmark writes it: an entry a part.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it holds something else.
    """
    try:
        results = json.loads(Path(path).read_text(encoding="utf-8"))
        for part in results.values():
            _ = (part["about"]["cpu"], part["about"]["date"], part["goals"], part["tables"])
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise ValueError(
            f"path: {path} holds no benchmark ({type(error).__name__}: {error}); copy the "
            f"results.json of `make bench` there"
        ) from error
    return results


def goals(results: dict[str, Any]) -> str:
    """What was wanted and what was measured, a row a goal, as Markdown."""
    rows = [
        [
            goal["what"],
            f"{'at most' if goal['sense'] == '<=' else 'at least'} {_number(goal['bound'])}",
            _number(goal["measured"]),
            goal["unit"],
            "met" if goal["met"] else "**missed**",
        ]
        for part in results.values()
        for goal in part["goals"]
    ]
    return _table(["goal", "wanted", "measured", "unit", ""], rows)


def tables(results: dict[str, Any], part: str) -> str:
    """All tables of one part, with the machine it was measured on, as Markdown."""
    about = results[part]["about"]
    packages = ", ".join(
        f"{name} {found}"
        for name, found in about.get("versions", {}).items()
        if name not in ("lstm-md", "absent")
    )
    where = f"{about['cpu']}, {about.get('cores', '?')} cores; {about['date']}"
    lines = [f"*{where}; {packages}.*" if packages else f"*{where}.*"]
    for table in results[part]["tables"]:
        lines += [f"**{table['title']}**", _table(table["columns"], table["rows"])]
        lines += [table["note"]] if table.get("note") else []
    return "\n\n".join(lines)


def _table(columns: list[str], rows: list[list[Any]]) -> str:
    cells = [columns, ["---"] * len(columns), *([_number(c) for c in row] for row in rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)


def _number(cell: Any) -> str:
    """Text as it is, a number with three digits."""
    if not isinstance(cell, float):
        return "" if cell is None else str(cell)
    short = float(f"{cell:.3g}")
    return f"{short:.0f}" if 100 <= abs(short) < 1e7 else f"{short:g}"
