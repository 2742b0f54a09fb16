"""What was measured, as JSON to go on from and as a table to read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lstm_md._support.files import whole_or_nothing

Cell = str | float | int | None

INTRODUCTION = """Written by `make bench`; do not edit. A ratio is the time of a contender over
ours: above 1, ours is faster. It is the median over rounds in which all took their turns, with
the least and the most. A goal is judged by the median."""


@dataclass
class Table:
    """Rows under a heading; a number keeps three digits when it is printed."""

    title: str
    columns: list[str]
    rows: list[list[Cell]]
    note: str = ""


@dataclass
class Goal:
    """A number to reach, and what was measured.

    Parameters
    ----------
    what : str
    sense : {"<=", ">="}
    bound, measured : float
    unit : str
    """

    what: str
    sense: str
    bound: float
    measured: float
    unit: str = ""

    @property
    def met(self) -> bool:
        return self.measured <= self.bound if self.sense == "<=" else self.measured >= self.bound


@dataclass
class Part:
    """One benchmark."""

    name: str
    tables: list[Table]
    goals: list[Goal] = field(default_factory=list)


def merge(path: Path, parts: Iterable[Part], about: dict[str, Any]) -> dict[str, Any]:
    """Put parts, each with the machine and the time it was measured on, into a results file.

    Parts that the file has and that were not measured now are kept.

    Parameters
    ----------
    path : Path
        ``results.json``; made if there is none.
    parts : iterable of Part
    about : dict
        Machine, versions and date.

    Returns
    -------
    dict
        All that the file now holds, by the name of the part.
    """
    results = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    for part in parts:
        entry = asdict(part)
        for goal, of_part in zip(entry["goals"], part.goals):
            goal["met"] = of_part.met
        results[part.name] = {**entry, "about": about}
    _write(path, json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    _write(path.with_name("RESULTS.md"), markdown(results))
    return results


def _write(path: Path, text: str) -> None:
    with whole_or_nothing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def markdown(results: dict[str, Any]) -> str:
    """The table for a person: goals first, then each part with the machine it was measured on."""
    lines = ["# Speed, side by side", "", INTRODUCTION, ""]
    goals = [goal for part in results.values() for goal in part["goals"]]
    if goals:
        lines += ["## Goals", "", *table_lines(["goal", "wanted", "measured", "met"], [
            [g["what"], f"{g['sense']} {number(g['bound'])} {g['unit']}".strip(),
             f"{number(g['measured'])} {g['unit']}".strip(), "yes" if g["met"] else "**no**"]
            for g in goals
        ]), ""]  # fmt: skip
    for part in results.values():
        lines += [f"## {part['name'].capitalize()}", "", _about(part["about"]), ""]
        for table in part["tables"]:
            lines += [
                f"### {table['title']}",
                "",
                *table_lines(table["columns"], table["rows"]),
                "",
            ]
            lines += [table["note"], ""] if table["note"] else []
    return "\n".join(lines).rstrip() + "\n"


def table_lines(columns: list[str], rows: list[list[Cell]]) -> list[str]:
    """A Markdown table."""
    cells = [columns, ["---"] * len(columns)] + [[number(cell) for cell in row] for row in rows]
    return ["| " + " | ".join(row) + " |" for row in cells]


def number(cell: Cell) -> str:
    """Text as it is; a number with three digits, in plain notation while that is short.

    >>> number(0.012345), number(1234.5), number(2e9), number(20), number(None)
    ('0.0123', '1230', '2e+09', '20', '')
    """
    if cell is None or isinstance(cell, str):
        return cell or ""
    if isinstance(cell, int):
        return f"{cell}" if abs(cell) < 1e7 else f"{cell:g}"
    short = float(f"{cell:.3g}")
    return f"{short:.0f}" if 100 <= abs(short) < 1e7 else f"{short:g}"


def _about(about: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    quick = " Quick run: sizes and rounds too small to quote." if about["quick"] else ""
    return (
        f"{about['date']}; {about['cpu']}, {about['cores']} cores, {about['memory_gb']} GB, "
        f"load {about['load']} before the start"
        f"{', ' + about['gpu'] if about['gpu'] else ''}; {about['system']}; {versions}.{quick}"
    )
