"""Run the hidden tests of a master notebook; unknown names are taken from the submission."""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.grading.session import Limits, Session, Stopped
from tools.grading.values import Function
from tools.notebooks import Cell, Notebook, code_cells, joined

LONGEST_MESSAGE = 500
RESTARTS = 1  # of a process that had to be killed; a second failure would be the same


@dataclass(frozen=True)
class Test:
    """A test cell and its points."""

    id: str
    points: float
    source: str


@dataclass(frozen=True)
class Result:
    """The score of one test cell, and the reason if it is zero."""

    id: str
    points: float
    score: float
    message: str = ""


@dataclass(frozen=True)
class Grade:
    """All results of one submission, and the errors in its own cells."""

    results: list[Result]
    problems: list[str]
    landlock: int = 0

    @property
    def score(self) -> float:
        return sum(result.score for result in self.results)


def marks(cell: Cell) -> dict[str, Any]:
    """Return nbgrader's metadata of a cell."""
    return cell["metadata"].get("nbgrader", {})


def graded_cells(master: Notebook) -> list[Test]:
    """List the test cells in order, with the hidden tests."""
    return [
        Test(marks(cell)["grade_id"], marks(cell)["points"], cell["source"])
        for cell in code_cells(master)
        if marks(cell).get("grade")
    ]


def own_cells(submission: Notebook, tests: list[Test]) -> list[str]:
    """List the code cells of a submission without the test cells that were handed out."""
    known = {test.id for test in tests}
    return [
        joined(cell["source"])
        for cell in code_cells(submission)
        if marks(cell).get("grade_id") not in known
    ]


def judge(cells: list[str], tests: list[Test], files: Path | None, limits: Limits) -> Grade:
    """Run a submission's cells in its own process, then run every test cell here."""
    restarts = 0
    results = []
    with Session(cells, files, limits) as session:
        try:
            session.start()
        except Stopped as stopped:
            failed = [Result(test.id, test.points, 0.0, str(stopped)) for test in tests]
            return Grade(failed, [f"stopped: {stopped}"], session.landlock)
        problems = session.problems
        names = Names(session)
        for test in tests:
            if not session.running and restarts < RESTARTS:
                restarts += 1
                with contextlib.suppress(Stopped):
                    session.start()
            results.append(run(test, names, limits.test_seconds))
    return Grade(results, problems, session.landlock)


class Names(dict):
    """The names of the tests; a name that they do not define is looked up in the submission."""

    def __init__(self, session: Session) -> None:
        super().__init__(__builtins__=builtins, __name__="tests")
        self.session = session

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            raise KeyError(name)  # Python looks in builtins next
        answer = self.session.ask(name)
        if "value" not in answer:
            raise NameError(f"{name} is not defined in the notebook")
        value = answer["value"]
        return Remote(self.session, value.name) if isinstance(value, Function) else value


class Remote:
    """A function of the submission, which runs in the submission's process."""

    def __init__(self, session: Session, name: str) -> None:
        self.session, self.name = session, name

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        answer = self.session.ask(self.name, list(arguments), keywords)
        if "raised" in answer:
            kind = getattr(builtins, str(answer["raised"]), None)
            if not (isinstance(kind, type) and issubclass(kind, Exception)):
                kind = RuntimeError
            raise kind(f"{self.name} raised {answer.get('message')}")
        if "value" not in answer:
            raise NameError(f"{self.name} is not defined in the notebook")
        return answer["value"]


def run(test: Test, names: Names, seconds: int) -> Result:
    """Run one test cell; it gives all of its points, or none and a reason."""
    try:
        code = compile(test.source, f"<{test.id}>", "exec")
        with (
            at_most(2 * seconds + 10),
            contextlib.redirect_stdout(io.StringIO()),
            in_folder(names.session.given),
        ):
            exec(code, names)
    except Exception as error:
        kind = "" if isinstance(error, AssertionError | Stopped) else f"{type(error).__name__}: "
        message = f"{kind}{error}"[:LONGEST_MESSAGE] or "the check failed"
        return Result(test.id, test.points, 0.0, message)
    return Result(test.id, test.points, float(test.points))


@contextlib.contextmanager
def in_folder(folder: Path) -> Iterator[None]:
    """Work in a folder, so that files which the tests write can be read by the submission."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Limit the time of a test: a value of the submission could make it run forever."""

    def alarm(signum: int, frame: Any) -> None:
        raise TimeoutError(f"the tests took longer than {seconds:.0f} s")

    previous = signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
