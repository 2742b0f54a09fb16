"""Grade a folder of submissions with nbgrader, each in bubblewrap, and write a table of the points.

``python -m tools.grade SUBMISSIONS --assignment NAME --out grades.csv`` takes notebooks
(``STUDENT.ipynb``) or folders (``STUDENT/…/NAME.ipynb``, with data beside them). It keeps a course
for nbgrader in ``grades.course``, where the points by hand can be given.
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from nbgrader.api import Gradebook
from nbgrader.converters import GenerateAssignment

from tools.assignments import MASTERS, add_to_course
from tools.grading import sandbox
from tools.grading.course import Table, Task, grade_apart, shown

LONGEST_NAME = 100  # characters of the name of a file


def entries(folder: Path) -> dict[str, Path]:
    """List the submissions in a folder by an id that is safe as the name of a file."""
    found = {}
    for path in sorted(folder.iterdir()):
        is_file = path.suffix == ".ipynb" and not path.is_dir()
        if path.name.startswith((".", "_")) or not (is_file or path.is_dir() or path.is_symlink()):
            continue
        name = path.stem if is_file and not path.with_suffix("").exists() else path.name
        student = quote(os.fsencode(name), safe=" @")
        if len(student) > LONGEST_NAME:
            student = student[:LONGEST_NAME] + sha256(student.encode()).hexdigest()[:16]
        found[student] = path
    return found


def options(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line, and refuse what cannot be graded safely."""
    names = sorted(path.stem for path in MASTERS.glob("*.ipynb"))
    parser = argparse.ArgumentParser(description="Grade a folder of submissions.")
    parser.add_argument("submissions", type=Path, help="STUDENT.ipynb, or STUDENT/…/NAME.ipynb")
    parser.add_argument("--assignment", required=True, choices=names)
    parser.add_argument("--out", type=Path, default=Path("grades.csv"))
    parser.add_argument("--reports", type=Path, help="a folder for the feedback to the students")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the tests")
    limits = sandbox.Limits
    for name, what in (
        ("seconds", "submission"),
        ("cell-seconds", "cell"),
        ("test-seconds", "test"),
    ):
        most = getattr(limits, name.replace("-", "_"))
        parser.add_argument(f"--{name}", type=int, default=most, help=f"time for a {what}")
    parser.add_argument("--jobs", type=int, default=1, help="submissions graded at the same time")
    parser.add_argument("--unsafe", action="store_true", help="run them without bubblewrap")
    given = parser.parse_args(arguments)
    if not given.submissions.is_dir():
        parser.error(f"SUBMISSIONS: there is no folder {given.submissions}")
    why = "" if given.unsafe else sandbox.problem()
    for secret in (MASTERS, given.submissions, given.out):
        if sandbox.shows(secret):
            why = why or f"{secret} is in a folder that submissions can read; move it"
    if why and not given.unsafe:
        parser.exit(2, f"{why}. With --unsafe, submissions can read and change all your files.\n")
    return given


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    given = options(arguments)
    limits = sandbox.Limits(given.seconds, given.cell_seconds, given.test_seconds)
    course = given.out.with_suffix(".course").resolve()
    reports = given.reports.resolve() if given.reports else None
    for folder in filter(None, (course, reports)):
        folder.mkdir(parents=True, exist_ok=True)
    task = Task(given.assignment, course, given.seed, limits, reports, given.unsafe)
    add_to_course(MASTERS / f"{given.assignment}.ipynb", course)
    if error := task.nbgrader(GenerateAssignment):
        print(f"{error}. If the assignment has changed, remove {course}.", file=sys.stderr)
        return 1
    found = entries(given.submissions)
    table = Table(to=str(given.out), student=list(found), assignment=[given.assignment])
    table.status = str(task.status("x").parent)
    with ThreadPoolExecutor(max(1, given.jobs)) as pool:
        waiting = {
            pool.submit(grade_apart, task, student, path.absolute()): path
            for student, path in found.items()
        }
        for each in as_completed(waiting):
            print(f"{shown(waiting[each])}: {each.result()}", flush=True)
            with Gradebook(task.url) as book:
                table.export(book)
    print(f"{len(found)} submissions in {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
