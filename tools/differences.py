"""The tables of the page "What we changed": which difference changes a verdict, as Markdown.

:mod:`reproduction.methods.differences` says which records are compared, and judges them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reproduction import paper
from reproduction.methods import differences
from reproduction.methods.differences import FROM_AUTHORS, FROM_ZERO, TOGETHER, Difference
from tools.paper_view import worded

PAGE = "what_we_changed.md"
TABLES = {"from-zero": FROM_ZERO, "from-authors": FROM_AUTHORS, "together": TOGETHER}
HEAD = (
    "| what is different | system | before | after | does the verdict change? |",
    "| --- | --- | --- | --- | --- |",
)
NO_RECORD = "not recorded yet"
NO_TEST = "recorded; the test has no null sample for labels that are prepared in this way"
SMALLEST_P = 0.001

Verdicts = Mapping[str, Mapping[str, Any]]


def parts(book: Path) -> dict[str, str]:
    """Write what stands between the marks of the page, by the names of the marks."""
    found = differences.load(book / "recorded")
    return {name: table(rows, found) for name, rows in TABLES.items()}


def table(rows: Sequence[Difference], found: Verdicts) -> str:
    """Write a row for each difference."""
    return "\n".join(_table(rows, found)) + "\n"


def _table(rows: Sequence[Difference], found: Verdicts) -> Iterator[str]:
    yield from HEAD
    for one in rows:
        before, after = found.get(one.before), found.get(one.after)
        setting = f"{one.setting}; also, {one.also}" if one.also else one.setting
        cells = (setting, one.system, cell(before), cell(after), change(before, after))
        yield f"| {' | '.join(cells)} |"


def cell(verdict: Mapping[str, Any] | None) -> str:
    """Write a verdict with the number that decides it."""
    if verdict is None:
        return NO_RECORD
    if not verdict["outcome"]:
        return NO_TEST
    p = verdict["p_value"]
    level = f"p\u00a0=\u00a0{p:.2g}" if p >= SMALLEST_P else f"p\u00a0<\u00a0{SMALLEST_P}"
    number = paper.measured(verdict).replace(" times the data", "")
    return f"{worded(verdict['outcome'])}; {number}; {level}"


def change(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """Say whether a verdict changes."""
    answer = differences.changed(before, after)
    return {None: "not known yet", True: "**yes**", False: "no"}[answer]
