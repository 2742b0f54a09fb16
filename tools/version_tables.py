"""The results of :mod:`tools.versions`, as JSON for programs and as tables for readers."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from lstm_md._support.files import whole_or_nothing
from reproduction.common.markdown import table_lines
from tools.notebooks import ROOT, chapters

FOLDER = ROOT / "versions"
TITLES = {"lowest": "lowest", "newest": "newest", "colab": "Colab, August 2026", "pyemma": "PyEMMA"}
COLABS_PYTHON = "3.13.15"
SHOWN = (
    "tensorflow", "keras", "jax", "numpy", "scipy", "numba", "llvmlite", "matplotlib", "deeptime",
    "pyemma", "scikit-learn", "threadpoolctl", "tqdm", "protobuf", "pytest", "jupyter-book",
    "sphinx", "myst-nb", "nbclient", "openmm", "mdtraj",
)  # fmt: skip
RAN = "ran to its end"
INTRODUCTION = """Written by `make lowest`, `make newest`, `make colab-stack` and `make pyemma`;
do not edit. Each command installs its own versions of the libraries into an environment of its own.
The first two run the fast tests. The third executes every chapter to its end, as a reader on Colab
does. The last one builds PyEMMA and compares its Markov models, and those of deeptime, with stored
results of PyEMMA 2.5.6. `make test` uses the versions in `constraints.txt`."""


def record(name: str, found: dict[str, Any], folder: Path = FOLDER) -> str:
    """Add a result to ``results.json``, write the tables anew, and return the result in words.

    Chapters that were executed before with the same versions keep their results and their dates.

    Parameters
    ----------
    name : str
        A key of :data:`TITLES`.
    found : dict
        "passed", "python", "versions", and either "summary" and "failed" or "chapters". Maybe
        "differences", the largest ones that the tests found.
    folder : Path
    """
    path = folder / "results.json"
    results = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    versions = {one: found["versions"][one] for one in SHOWN if one in found["versions"]}
    day = datetime.now(timezone.utc).date().isoformat()
    new = {**found, "versions": versions, "date": day}
    before = results.get(name, {})
    if "chapters" in found:
        new["dates"] = dict.fromkeys(found["chapters"], day)
        if before.get("versions") == versions:
            earlier = {
                **dict.fromkeys(before["chapters"], before["date"]),
                **before.get("dates", {}),
            }
            new["chapters"] = {**before["chapters"], **found["chapters"]}
            new["dates"] = {**earlier, **new["dates"]}
    results[name] = new
    results = {one: results[one] for one in TITLES if one in results}
    for target, text in (
        (path, json.dumps(results, indent=1, ensure_ascii=False) + "\n"),
        (folder / "RESULTS.md", markdown(results)),
    ):
        with whole_or_nothing(target) as temporary:
            temporary.write_text(text, "utf-8")
    return in_words(new)


def in_words(found: dict[str, Any] | None) -> str:
    """Say how a run ended.

    >>> in_words({"passed": True, "summary": "812 passed"}), in_words(None)
    ('812 passed', 'never run')
    """
    if found is None:
        return "never run"
    if "chapters" not in found:
        return found["summary"]
    ends = list(found["chapters"].values())
    words = f"{ends.count(RAN)} of {len(chapters())} chapters ran to their end"
    failed, left = len(ends) - ends.count(RAN), len(chapters()) - len(ends)
    words += f", {failed} failed" if failed else ""
    return words + (f", {left} not tried" if left else "")


def markdown(results: dict[str, Any]) -> str:
    """Write the results as tables, with a column for each set of versions."""
    columns = [results.get(name) for name in TITLES]
    head = ["", *TITLES.values()]
    rows = [["result", *(in_words(found) for found in columns)]]
    rows += [["date", *(found["date"] if found else "" for found in columns)]]
    rows += [["Python", *(found["python"] if found else "" for found in columns)]]
    for package in SHOWN:
        cells = [found["versions"].get(package, "") if found else "" for found in columns]
        rows += [[package, *cells]] if any(cells) else []
    lines = ["# Other versions of the libraries", "", INTRODUCTION, "", *table_lines(head, rows)]
    colab = results.get("colab")
    if colab and colab["python"] != COLABS_PYTHON:
        lines += ["", f"Colab has Python {COLABS_PYTHON}. Where that Python is not installed and "]
        lines[-1] += f"cannot be downloaded, another 3.13 is used; here it was {colab['python']}."
    if colab:
        lines += ["", "## The chapters with Colab's versions", ""]
        ends = ((p.stem, colab["chapters"].get(p.stem, "not tried")) for p in chapters())
        rows = [[name, end.replace("|", "/")] for name, end in ends]
        lines += table_lines(["chapter", "result"], rows)
    for name, found in zip(TITLES, columns):
        if found and found.get("differences"):
            lines += ["", f"## Largest differences from PyEMMA 2.5.6: {name}", ""]
            rows = [[what, f"{size:.1e}"] for what, size in found["differences"].items()]
            lines += table_lines(["transition matrix", "largest difference"], rows)
        if found and found.get("failed"):
            lines += ["", f"## Tests that failed: {name}", ""]
            lines += [f"- `{test}`" for test in found["failed"]]
    return "\n".join(lines) + "\n"
