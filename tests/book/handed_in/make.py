"""Submissions for the tests of grading, made from the masters' solutions and the files beside."""

from __future__ import annotations

import ast
import csv
import json
import re
from pathlib import Path

from tools.assignments import MASTERS, STUDENT
from tools.notebooks import code_cells, read, write

HANDED_IN = Path(__file__).parent
HERE = "labels_and_kinetics"  # it trains nothing, so most tests grade this one


def marks(cell):
    return cell["metadata"].get("nbgrader", {})


def master(name):
    return read(MASTERS / f"{name}.ipynb")


def student(name=HERE):
    return read(STUDENT / f"{name}.ipynb")


def solution(cell):
    return "\n".join(line for line in cell["source"].splitlines() if "### " not in line)


def handed_in(name=HERE, **changed):
    """Make a submission: the master's solutions, except for the cells that are given."""
    notebook = student(name)
    solved = {marks(c)["grade_id"]: solution(c) for c in master(name)["cells"] if marks(c)}
    for cell in notebook["cells"]:
        if marks(cell).get("solution"):
            which = marks(cell)["grade_id"]
            cell["source"] = changed.get(which.replace("-", "_"), solved[which])
    return notebook


def variant(name, kind, **replaced):
    """Make a submission of a kind: the solutions, with the cells of tests/book/handed_in."""
    text = (HANDED_IN / f"{name}-{kind}.txt").read_text(encoding="utf-8")
    for old, new in replaced.items():
        text = text.replace(old, new)
    parts = re.split(r"^# cell: (\S+)\n", text, flags=re.MULTILINE)[1:]
    cells = dict(zip((part.replace("-", "_") for part in parts[::2]), parts[1::2]))
    return handed_in(name, **cells)


def without_own_runs(notebook):
    """Drop the cells that simulate and print: the tests have their own data."""
    imports = next(c for c in code_cells(notebook) if c["source"].startswith(("import", "from")))
    tree = ast.parse(imports["source"])
    kinds = ast.Import | ast.ImportFrom | ast.FunctionDef
    tree.body = [node for node in tree.body if isinstance(node, kinds)]
    first = dict(imports, source=ast.unparse(tree))
    return dict(notebook, cells=[first, *(c for c in notebook["cells"] if marks(c))])


def graded_by(folder, submissions, *options, name=HERE):
    """Grade submissions with the command; return the rows of the table by student."""
    from tools import grade

    given = folder / "submissions"
    for who, notebook in submissions.items():
        (given / who).mkdir(parents=True)
        write(notebook, given / who / f"{name}.ipynb")
    out = folder / "grades.csv"
    command = [str(given), "--assignment", name, "--out", str(out), "--seed", "7", *options]
    assert grade.main(command) == 0
    return rows_of(out)


def rows_of(out):
    with open(out, newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def lost(row):
    """Find the tests without a point."""
    return {key.split(" (")[0] for key, value in row.items() if " (" in key and value == "0"}


class Here:
    """Stands for a session: its submission runs in this process, and can be played again."""

    def __init__(self, notebook=None, played=None, change=None):
        from tools.grading.sandbox import Limits

        self.limits, self.names, self.process = Limits(), {}, True
        self.played, self.change = played or {}, change
        for cell in code_cells(notebook) if notebook else ():
            if not marks(cell).get("grade"):
                exec(cell["source"], self.names)

    def exchange(self, request, seconds):
        from tools.grading.worker import answer, decode, encode

        key = json.dumps(request | {"seconds": 0})
        if self.change is None:
            self.played[key] = json.loads(json.dumps(answer(self.names, request)))
        reply = self.played[key]
        if self.change is None or "value" not in reply:
            return reply
        return {"value": encode(self.change(decode(reply["value"])))}

    def stopped(self, why):
        return RuntimeError(why)


def failures(name, session):
    """Run all tests of an assignment; return why each failed, by the name of the test."""
    from nbformat import from_dict

    from tools.grading.execute import Names

    cells = [cell for cell in code_cells(master(name)) if marks(cell).get("grade")]
    names = Names(session, [from_dict(cell) for cell in cells])
    return {marks(cell)["grade_id"]: names.test(cell["source"]) for cell in cells}
