"""The results of the benchmarks, as JSON for programs and as tables for readers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lstm_md._support.files import whole_or_nothing

Cell = str | float | int | None

INTRODUCTION = """Written by `make bench`; do not edit. A ratio is a contender's time divided by our
time: above 1, our code is faster. It is the median over rounds in which the contenders take turns,
with the smallest and the largest value. A goal is judged by the median."""


@dataclass
class Table:
    """A table with a title; numbers are printed with three digits."""

    title: str
    columns: list[str]
    rows: list[list[Cell]]
    note: str = ""


@dataclass
class Goal:
    """A goal and the number that was measured.

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
        """Whether the measured number reaches the bound."""
        return self.measured <= self.bound if self.sense == "<=" else self.measured >= self.bound


@dataclass
class Benchmark:
    """The tables and goals of one benchmark."""

    name: str
    tables: list[Table]
    goals: list[Goal] = field(default_factory=list)


def merge(path: Path, benchmarks: Iterable[Benchmark], about: dict[str, Any]) -> dict[str, Any]:
    """Add benchmarks, each with its machine and date, to a results file.

    Other benchmarks in the file are kept.

    Parameters
    ----------
    path : Path
        ``results.json``; it is made if it does not exist.
    benchmarks : iterable of Benchmark
    about : dict
        Machine, versions and date.

    Returns
    -------
    dict
        The content of the file, by the name of the benchmark.
    """
    results = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    for benchmark in benchmarks:
        entry = asdict(benchmark)
        for goal, original in zip(entry["goals"], benchmark.goals):
            goal["met"] = original.met
        results[benchmark.name] = {**entry, "about": about}
    _write(path, json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    _write(path.with_name("RESULTS.md"), markdown(results))
    return results


def _write(path: Path, text: str) -> None:
    with whole_or_nothing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def markdown(results: dict[str, Any]) -> str:
    """Write the results for a reader: the goals first, then each benchmark with its machine."""
    lines = ["# Speed, side by side", "", INTRODUCTION, ""]
    goals = [goal for benchmark in results.values() for goal in benchmark["goals"]]
    if goals:
        lines += ["## Goals", "", *table_lines(["goal", "wanted", "measured", "met"], [
            [g["what"], f"{g['sense']} {number(g['bound'])} {g['unit']}".strip(),
             f"{number(g['measured'])} {g['unit']}".strip(), "yes" if g["met"] else "**no**"]
            for g in goals
        ]), ""]  # fmt: skip
    for benchmark in results.values():
        lines += [f"## {benchmark['name'].capitalize()}", "", _about(benchmark["about"]), ""]
        for table in benchmark["tables"]:
            lines += [
                f"### {table['title']}",
                "",
                *table_lines(table["columns"], table["rows"]),
                "",
            ]
            lines += [table["note"], ""] if table["note"] else []
    return "\n".join(lines).rstrip() + "\n"


def table_lines(columns: list[str], rows: list[list[Cell]]) -> list[str]:
    """Write a Markdown table."""
    cells = [columns, ["---"] * len(columns)] + [[number(cell) for cell in row] for row in rows]
    return ["| " + " | ".join(row) + " |" for row in cells]


def number(cell: Cell) -> str:
    """Write text as it is, and a number with three digits, in plain notation if that is short.

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
    quick = " Quick run: too small to quote." if about["quick"] else ""
    return (
        f"{about['date']}; {about['cpu']}, {about['cores']} cores, {about['memory_gb']} GB, "
        f"load {about['load']} before the start"
        f"{', ' + about['gpu'] if about['gpu'] else ''}; {about['system']}; {versions}.{quick}"
    )
