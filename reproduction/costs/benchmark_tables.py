"""The results of the benchmark (``make bench``) as Markdown tables, and as a page of the book."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from reproduction.common.markdown import table_lines

PAGE = "benchmarks.md"
FILE = "bench.json"  #: Among the records
HEAD = """\
# Benchmarks

This page compares the loops of the package with the alternatives, such as PyTorch and Keras. The
chapter [What it costs](what_it_costs.ipynb) explains what a training costs and why.

All contenders did the same work on one machine. The measurements were made in rounds, and each
round ran every contender once. The tables show medians over the rounds. The machine had other work
to do during the measurements, so trust a ratio more than a number of seconds. `make bench` repeats
all of it.

| in the tables | meaning |
| --- | --- |
| M, L, N | dimension of the embedding, number of units, number of labels |
| chains | trajectories that are generated at the same time |
| an ensemble of 20 | twenty trainings of the same network with different seeds |
| a step | one batch of training |
| least–most | the smallest and the largest number of all rounds |
| over ours | time of a contender divided by ours, within a round; above 1, ours is faster |
| first round | time of the first round of a contender |
| eager loop | TensorFlow executes each operation when Python calls it; nothing is compiled |
| × PyTorch | speed of our program divided by that of PyTorch |
| of sgemm peak | share of the speed of NumPy's product of two large matrices |

## Goals

A goal is a limit that a measurement should keep. Goals that were missed stay in the table.
"""
WITH_EXPONENT = re.compile(r"(?<![\w.])\d(?:\.\d+)?e\+\d+")
#: What each section measures, in words
TITLES = {
    "start-up": "Import",
    "simulation": "Simulation",
    "analysis": "Transition counts",
    "generation": "Generation",
    "training": "Training",
    "scaling": "How the time grows",
    "page": "The network in the page",
}


def page(results: dict[str, Any]) -> str:
    """Write the page: the goals, and a section for each section, whose tables unfold.

    Parameters
    ----------
    results : dict
        From :func:`load_benchmark`.
    """
    blocks = [HEAD.rstrip("\n"), goals_table(results)]
    for name, section in results.items():
        blocks += [f"## {TITLES.get(name, name.capitalize())}", _machine(section["about"])]
        for table in section["tables"]:
            note = [readable(table["note"])] if table.get("note") else []
            blocks += [f"<details>\n<summary>{readable(table['title'])}</summary>"]
            blocks += [_table(table["columns"], table["rows"]), *note, "</details>"]
    return "\n\n".join(blocks) + "\n"


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
    return _table(["goal", "wanted", "measured", "unit", "result"], rows)


def _machine(about: dict[str, Any]) -> str:
    """Say on which machine, when, and with which packages a section was measured."""
    packages = ", ".join(
        f"{name} {found}"
        for name, found in about.get("versions", {}).items()
        if name not in ("lstm-md", "absent")
    )
    machine = f"{about['cpu']}, {about.get('cores', '?')} cores; {about['date']}"
    return f"*{machine}; {packages}.*" if packages else f"*{machine}.*"


def _table(columns: list[str], rows: list[list[Any]]) -> str:
    return "\n".join(table_lines(columns, ([_cell(c) for c in row] for row in rows)))


def _cell(content: Any) -> str:
    """Write words as they are, and a number with three digits."""
    if not isinstance(content, float):
        return "" if content is None else readable(str(content))
    short = float(f"{content:.3g}")
    return f"{short:,.0f}" if abs(short) >= 100 else f"{short:g}"


def readable(words: str) -> str:
    """Write out the numbers that a program wrote with an exponent.

    Examples
    --------
    >>> readable("1.03e+03–1.23e+03 ms, 2e+06 labels, 1 chain(s)")
    '1,030–1,230 ms, 2,000,000 labels, 1 chain'
    """
    words = WITH_EXPONENT.sub(lambda number: f"{float(number[0]):,.0f}", words)
    return re.sub(r"(?<!\d)1 chain\(s\)", "1 chain", words).replace("chain(s)", "chains")
