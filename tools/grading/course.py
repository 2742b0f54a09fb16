"""One submission in nbgrader's course: it is copied, graded in an own process, and has a row."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
import threading
import time
import warnings
from dataclasses import asdict, dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from pathlib import Path

import nbformat
from nbgrader import api
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.dbutil import ALEMBIC_DIR
from nbgrader.plugins import ExportPlugin
from nbgrader.utils import capture_log
from sqlalchemy.exc import SAWarning
from traitlets import Unicode
from traitlets.config import Config, PyFileConfigLoader

from lstm_md._support.files import whole_or_nothing
from tools.assignments import MASTERS
from tools.grading import collect, sandbox
from tools.grading.execute import ExecuteApart, clean
from tools.notebooks import read

warnings.filterwarnings("ignore", category=SAWarning)  # about nbgrader's own session
warnings.filterwarnings("ignore", module="nbformat")  # about cells without an id
SPARE = 60  # seconds beside those of the submission, for nbgrader's own work
MEMORY = 8 << 30  # bytes for the tests of one submission


def version_of_gradebooks() -> str:
    """Return what nbgrader writes into a new gradebook, and asks a program for four seconds."""
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory(ALEMBIC_DIR).get_current_head())


api.get_alembic_version = version_of_gradebooks


@dataclass(frozen=True)
class Task:
    """What is the same for all submissions of one run."""

    assignment: str
    course: Path
    seed: int
    limits: sandbox.Limits
    reports: Path | None
    unsafe: bool

    def nbgrader(self, kind: type, student: str = "*", **options: object) -> str:
        """Run one of nbgrader's converters; return its last error, or an empty text."""
        config: Config = PyFileConfigLoader("nbgrader_config.py", str(self.course)).load_config()
        config.ExecuteApart = Config(unsafe=self.unsafe, limits=asdict(self.limits))
        place = CourseDirectory(config=config, root=str(self.course))
        place.assignment_id, place.student_id, place.db_url = self.assignment, student, self.url
        result = capture_log(kind(coursedir=place, config=config, force=True, **options))
        lines = [line for line in result.get("log", "").splitlines() if "Error: " in line]
        lines += result.get("error", "").strip().splitlines()[-1:]
        return "" if result["success"] else lines[0]

    @property
    def url(self) -> str:
        """The gradebook; submissions that are graded at the same time wait for each other."""
        return f"sqlite:///{self.course / 'gradebook.db'}?timeout=60"

    def status(self, student: str) -> Path:
        return self.course / "status" / self.assignment / f"{student}.json"


def shown(path: Path) -> str:
    """Return the name of a student as text, whatever bytes the file system has."""
    name = path.stem if path.suffix == ".ipynb" else path.name
    return clean(os.fsencode(name).decode("utf-8", "backslashreplace"))


def grade(task: Task, student: str, entry: Path) -> None:
    """Grade one submission in this process, and write its points and its status."""
    parent = parent_process()
    if parent is not None:  # an own process, which ends with its parent
        threading.Thread(target=end_with, args=(parent,), daemon=True).start()
        limit_memory()
    os.umask(0o022)
    os.environ["GRADING_SEED"] = str(task.seed)
    begin, note = time.monotonic(), ""
    with Gradebook(task.url) as book:  # no points, until there are new ones
        book.update_or_create_student(student, last_name=shown(entry))
        book.update_or_create_submission(task.assignment, student)
        for each in book.find_submission_notebook(task.assignment, task.assignment, student).grades:
            each.auto_score, each.needs_manual_grade = 0, False
        book.db.commit()
    name = f"{task.assignment}.ipynb"
    files = task.course / ExecuteApart.files / task.assignment / student
    submitted = task.course / "submitted" / student / task.assignment
    for folder in (files, submitted):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        release = nbformat.read(task.course / "release" / task.assignment / name, as_version=4)
        forbidden = set(read(MASTERS / name)["metadata"].get("by_hand", ()))
        given = collect.notebook(collect.copy_files(entry, task.assignment, files), release)
        submitted.mkdir(parents=True)
        nbformat.write(given, submitted / name)
        status = task.nbgrader(Autograde, student, create_student=True)
        if not status:
            note = collect.borrowed(given, forbidden)
            graded = nbformat.read(
                task.course / "autograded" / student / task.assignment / name, as_version=4
            )
            status = problems(graded) or "ran to its end"
    except (OSError, ValueError) as error:
        status = str(error)
    write_status(task, student, entry, status, note, time.monotonic() - begin)
    if task.reports and not task.nbgrader(GenerateFeedback, student):
        feedback = task.course / "feedback" / student / task.assignment / f"{task.assignment}.html"
        shutil.copyfile(feedback, task.reports / f"{student}.html")


def end_with(parent: BaseProcess) -> None:
    """End this process, and the sandbox with it, as soon as its parent ends."""
    parent.join()
    os._exit(1)


def limit_memory() -> None:
    """Limit the memory of this process, where the system can."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def problems(graded: nbformat.NotebookNode) -> str:
    """List the first errors in a student's own cells."""
    outputs = [o for cell in graded.cells if cell.cell_type == "code" for o in cell.outputs]
    named = [f"{o.ename}: {o.evalue}" for o in outputs if o.output_type == "error" and o.ename]
    return "; ".join(named[:3])


def write_status(
    task: Task, student: str, entry: Path, status: str, note: str = "", seconds: float = 0.0
) -> None:
    """Write what the gradebook has no place for."""
    path = task.status(student)
    path.parent.mkdir(parents=True, exist_ok=True)
    row = {"student": shown(entry), "status": clean(status), "note": clean(note)}
    with whole_or_nothing(path) as temporary:
        temporary.write_text(json.dumps(row | {"seconds": f"{seconds:.0f}"}), encoding="utf-8")


def grade_apart(task: Task, student: str, entry: Path) -> str:
    """Grade one submission in a process of its own, and return its status."""
    task.status(student).unlink(missing_ok=True)
    context, why = get_context("forkserver"), "its tests were ended"
    context.set_forkserver_preload([__name__, "lstm_md.labels", "lstm_md.analysis.markov"])
    process = context.Process(target=grade, args=(task, student, entry), daemon=True)
    try:
        process.start()
        process.join(task.limits.seconds + SPARE)
        process.kill()
        process.join()
    except OSError as error:  # the other submissions are graded all the same
        why = str(error)
    if not task.status(student).exists():
        write_status(task, student, entry, f"could not be graded: {why}")
    return json.loads(task.status(student).read_text(encoding="utf-8"))["status"]


class Table(ExportPlugin):
    """nbgrader's exporter for one row per student, and one column per test."""

    status = Unicode(help="the folder with the status of each student").tag(config=True)

    def export(self, gradebook: Gradebook) -> None:
        (name,) = self.assignment
        cells = {c.name: c for c in gradebook.find_notebook(name, name).grade_cells}
        tests = [c for c in cells.values() if c.cell_type == "code" and c.max_score]
        tests.sort(key=lambda cell: cell.name)
        head = ["student", "score", "of", "by hand, open", "status", "note", "seconds"]
        with whole_or_nothing(Path(self.to)) as temporary:
            with open(temporary, "w", newline="", encoding="utf-8") as file:
                table = csv.writer(file)
                table.writerow(head + [f"{test.name} ({test.max_score:g})" for test in tests])
                for student in self.student:
                    path = Path(self.status, f"{student}.json")
                    if not path.exists():
                        continue
                    row = json.loads(path.read_text(encoding="utf-8"))
                    try:
                        grades = gradebook.find_submission_notebook(name, name, student).grades
                    except MissingEntry:  # its process was ended at once
                        grades = []
                    points = {each.name: each.score for each in grades}
                    waiting = sum(each.max_score for each in grades if each.needs_manual_grade)
                    words = [row["student"], f"{sum(points.values()):g}"]
                    words += [f"{sum(c.max_score for c in cells.values()) - waiting:g}"]
                    words += [f"{waiting:g}", row["status"], row["note"], row["seconds"]]
                    words += [f"{points.get(test.name, 0):g}" for test in tests]
                    table.writerow(map(harmless, words))


def harmless(text: str) -> str:
    """Put a text on one line, such that no spreadsheet takes it for a formula."""
    text = " ".join(text.split())
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
