"""Grade a folder of submissions: run the hidden tests on each, and write a table of the points.

``python -m tools.grade SUBMISSIONS --assignment NAME --out grades.csv`` takes notebooks
(``STUDENT.ipynb``) or folders (``STUDENT/…/NAME.ipynb``, with data beside them). Each submission
runs in a copy and in a sandbox (:mod:`tools.grading.sandbox`). The tests come from the master
notebook and run in another process.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import csv
import hashlib
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from tools.grading.judge import Grade, graded_cells, judge, marks, own_cells
from tools.grading.sandbox import landlock_version
from tools.grading.session import Limits
from tools.notebooks import ROOT, Notebook, code_cells, read

MASTERS = ROOT / "assignments"
SEED = "GRADING_SEED"
OPEN_DOOR = (
    "Landlock is missing here: code of a submission can read and write whatever you can. "
    "Grade in a container or as a separate user (the teacher's guide says how)."
)


@dataclass(frozen=True)
class Submission:
    """A student's notebook and files; ``problem`` says why there is nothing to run."""

    student: str
    notebook: Path | None = None
    files: Path | None = None
    problem: str = ""


@dataclass
class Row:
    """The row of one submission in the table."""

    student: str
    status: str
    grade: Grade | None = None
    note: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def submissions(folder: Path, assignment: str) -> list[Submission]:
    """List the submissions in a folder, sorted by the students' names."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "_")):
            continue
        if path.is_dir() and not path.is_symlink():
            found.append(_in_folder(path, assignment))
        elif path.suffix == ".ipynb":
            found.append(Submission(path.stem, path))
    return found


def _in_folder(folder: Path, assignment: str) -> Submission:
    notebooks = [
        path
        for path in sorted(folder.rglob("*.ipynb"))
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    named = [path for path in notebooks if path.stem == assignment]
    chosen = named if len(named) == 1 else notebooks
    if len(chosen) != 1:
        why = f"expected one notebook {assignment}.ipynb, found {len(chosen)}"
        return Submission(folder.name, problem=why)
    return Submission(folder.name, chosen[0], chosen[0].parent)


def grade(submission: Submission, master: Notebook, limits: Limits) -> Row:
    """Run all tests of the master on one submission."""
    begin = time.perf_counter()
    if submission.notebook is None:
        return Row(submission.student, submission.problem)
    tests = graded_cells(master)
    try:
        notebook = read(submission.notebook)
        cells = own_cells(notebook, tests)
        own = {marks(cell).get("grade_id"): cell["source"] for cell in notebook["cells"]}
        answers = {name: own.get(name, "") for name, _ in by_hand(master)}
        note = borrowed(notebook, master)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        return Row(submission.student, f"no notebook that can be read: {error!r}"[:200])
    try:
        result = judge(cells, tests, submission.files, limits)
    except Exception as error:  # one submission that breaks the grader must not stop the others
        return Row(submission.student, f"could not be graded: {error!r}"[:200], None, note, answers)
    status = "; ".join(result.problems[:3])[:300] or "ran to its end"
    return Row(submission.student, status, result, note, answers, time.perf_counter() - begin)


def by_hand(master: Notebook) -> list[tuple[str, float]]:
    """List the names and points of the answers in words, which a person grades."""
    return [
        (marks(cell)["grade_id"], marks(cell)["points"])
        for cell in master["cells"]
        if cell["cell_type"] == "markdown" and marks(cell).get("grade")
    ]


def borrowed(notebook: Notebook, master: Notebook) -> str:
    """Name the package's functions that a student calls where the task is to write them."""
    forbidden = set(master["metadata"].get("by_hand", ()))
    solutions = {marks(c)["grade_id"] for c in code_cells(master) if marks(c).get("solution")}
    used = set()
    for cell in code_cells(notebook):
        if marks(cell).get("grade_id") in solutions:
            try:
                tree = ast.parse(cell["source"])
            except SyntaxError:
                continue
            for node in ast.walk(tree):
                name = getattr(node, "id", None) or getattr(node, "attr", None)
                used |= {name} & forbidden if name else set()
    return f"calls {', '.join(sorted(used))}" if used else ""


def write_table(rows: list[Row], master: Notebook, path: Path) -> None:
    """Write the table of points: one row per student, one column per test cell."""
    tests = graded_cells(master)
    shown = [test for test in tests if test.points]
    most, open_points = sum(t.points for t in tests), sum(points for _, points in by_hand(master))
    head = ["student", "score", "of", "by hand, open", "status", "note", "seconds"]
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(head + [f"{test.id} ({test.points:g})" for test in shown])
        for row in rows:
            score = row.grade.score if row.grade else 0.0
            each = {r.id: f"{r.score:g}" for r in row.grade.results} if row.grade else {}
            words = [row.student, f"{score:g}", f"{most:g}", f"{open_points:g}"]
            words += [row.status, row.note, f"{row.seconds:.0f}"]
            table.writerow(map(harmless, words + [each.get(test.id, "0") for test in shown]))


def harmless(text: str) -> str:
    """Put a text on one line, such that no spreadsheet takes it for a formula."""
    text = " ".join(text.split())
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def report(row: Row, master: Notebook) -> str:
    """Write the report for a student: every test with its message, and the answers in words."""
    lines = [f"# {row.student}", "", f"The notebook: {row.status}.", ""]
    for result in row.grade.results if row.grade else []:
        if result.points:
            line = f"- {result.id}: {result.score:g} of {result.points:g}"
            lines.append(f"{line}. {result.message}".rstrip(". ") + ".")
    for name, points in by_hand(master):
        lines += ["", f"## {name}: … of {points:g}, by hand", "", row.answers.get(name, "")]
    return "\n".join(lines) + "\n"


def digest(folders: list[Path]) -> str:
    """Return a hash of all files and their names, to find out whether anything was changed."""
    total = hashlib.sha256()
    for folder in folders:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            total.update(str(path).encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    names = sorted(path.stem for path in MASTERS.glob("*.ipynb"))
    parser = argparse.ArgumentParser(description="Grade a folder of submissions.")
    parser.add_argument("submissions", type=Path, help="STUDENT.ipynb, or STUDENT/…/NAME.ipynb")
    parser.add_argument("--assignment", required=True, choices=names)
    parser.add_argument("--out", type=Path, default=Path("grades.csv"))
    parser.add_argument("--reports", type=Path, help="a folder for the reports to the students")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the tests")
    parser.add_argument("--seconds", type=int, default=Limits.seconds, help="time for a submission")
    parser.add_argument(
        "--cell-seconds", type=int, default=Limits.cell_seconds, help="time for a cell"
    )
    parser.add_argument(
        "--test-seconds", type=int, default=Limits.test_seconds, help="time for a call"
    )
    parser.add_argument("--jobs", type=int, default=1, help="submissions graded at the same time")
    options = parser.parse_args(arguments)
    if not options.submissions.is_dir():
        parser.error(f"SUBMISSIONS: there is no folder {options.submissions}")
    master = read(MASTERS / f"{options.assignment}.ipynb")
    found = submissions(options.submissions, options.assignment)
    if landlock_version() == 0:
        print(OPEN_DOOR, file=sys.stderr)
    before = digest([options.submissions, MASTERS])
    limits = Limits(options.seconds, options.cell_seconds, options.test_seconds)
    rows = []
    with _seed(options.seed):
        for row in _grade_all(found, master, limits, options.jobs):
            rows.append(row)
            score = row.grade.score if row.grade else 0.0
            print(f"{row.student}: {score:g}, {row.status} ({row.seconds:.0f} s)", flush=True)
    write_table(rows, master, options.out)
    if options.reports:
        options.reports.mkdir(parents=True, exist_ok=True)
        for row in rows:
            (options.reports / f"{row.student}.md").write_text(report(row, master), "utf-8")
    if digest([options.submissions, MASTERS]) != before:
        print("Files were changed during the grading: trust none of the points.", file=sys.stderr)
        return 3
    print(f"{len(rows)} submissions in {options.out}")
    return 0


@contextlib.contextmanager
def _seed(seed: int) -> Iterator[None]:
    """Set the seed for the first test cell of the master; submissions do not see it."""
    before = os.environ.get(SEED)
    os.environ[SEED] = str(seed)
    try:
        yield
    finally:
        del os.environ[SEED]
        if before is not None:
            os.environ[SEED] = before


def _grade_all(
    found: list[Submission], master: Notebook, limits: Limits, jobs: int
) -> Iterator[Row]:
    if jobs <= 1:
        yield from (grade(each, master, limits) for each in found)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(grade, each, master, limits) for each in found]
        yield from (each.result() for each in waiting)


if __name__ == "__main__":
    sys.exit(main())
