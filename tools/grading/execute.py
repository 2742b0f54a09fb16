"""The step in which nbgrader runs a notebook: the submission in the sandbox, the tests outside."""

from __future__ import annotations

import builtins
import contextlib
import dis
import io
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade
from traitlets import Bool, Dict

from tools.grading.sandbox import Limits, Session, Stopped, problem
from tools.grading.worker import LONGEST_TEXT, decode, encode

RAISED = {kind.__name__: kind for kind in (ValueError, TypeError, KeyError, IndexError)}
LONGEST_MESSAGE = 500
GRACE = 3  # seconds in which a submission can say that it has used its time


def clean(text: Any, most: int = LONGEST_MESSAGE) -> str:
    """Shorten a text of a submission, and remove surrogates and control characters."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in str(text)[:most])


class ExecuteApart(NbGraderPreprocessor):
    """Run the students' cells in bubblewrap, and the test cells in this process.

    It replaces nbgrader's ``Execute``. The tests run in one namespace. A name that they do not
    define is looked up in the submission: they get plain values, and functions run over there.
    """

    unsafe = Bool(False, help="run submissions without bubblewrap").tag(config=True)
    limits = Dict(help="the fields of Limits that differ from its defaults").tag(config=True)
    files = Path("files")  # in the course, beside "submitted"

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        if not self.unsafe and (why := problem()):
            raise RuntimeError(why)
        course, limits = resources["nbgrader"], Limits(**self.limits)
        cells = [cell for cell in nb.cells if cell.cell_type == "code"]
        tests = [cell for cell in cells if is_grade(cell)]  # as they are in the gradebook
        own = [cell for cell in cells if not is_grade(cell)]
        beside = (self.files / course["assignment"] / course["student"]).resolve()
        beside.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as given,
            Session([c.source for c in own], beside, Path(given), limits, self.unsafe) as session,
            contextlib.chdir(given),
        ):
            os.chmod(given, 0o755)
            names, restarts = Names(session, tests), 1
            try:
                outputs = [(clean(text, LONGEST_TEXT), error) for text, error in session.start()]
            except (Stopped, TypeError, ValueError) as stopped:
                outputs, restarts = [("", f"stopped: {stopped}")] * bool(own), 0
                session.end()
            for number, (cell, (printed, error)) in enumerate(zip(own, outputs), 1):
                cell.outputs = [new_output("stream", text=printed)] if printed else []
                cell.outputs += [failed(error, f"code cell {number}")] if error else []
            for cell in tests:
                if session.process is None and restarts:
                    restarts -= 1
                    with contextlib.suppress(Stopped):
                        session.start()
                why = names.test(cell.source)
                cell.outputs = [failed(why)] if why else []
        return nb, resources


def failed(why: str, where: str = "") -> NotebookNode:
    """Make the output by which nbgrader recognises a cell that failed."""
    return new_output("error", ename=where, evalue=clean(why), traceback=[clean(why)])


class Names(dict):
    """The namespace of the tests."""

    def __init__(self, session: Session, tests: list[NotebookNode]) -> None:
        super().__init__(__builtins__=builtins, __name__="tests")
        self.session, self.until = session, 0.0
        # When a test fails early, the names that it did not set are not the submission's to set.
        self.reserved = {name for cell in tests for name in assigned(cell.source)}

    def test(self, source: str) -> str:
        """Run one test cell; return why it failed, or an empty text."""
        self.until = time.monotonic() + self.session.limits.test_seconds
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(source, "<test>", "exec"), self)
        except Exception as error:
            kind = "" if isinstance(error, AssertionError | Stopped) else type(error).__name__
            return f"{kind}: {error}".strip(": ") or "the check failed"
        return ""

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            raise KeyError(name)  # Python looks in builtins next
        if name in self.reserved:
            raise NameError(f"{name} is not defined, because an earlier test failed")
        found = self.ask(name)
        return Function(self, name) if found is Function else found

    def ask(self, name: str, **call: Any) -> Any:
        """Return the value of a name, or of a call; raise what the submission raises."""
        left = self.until - time.monotonic()
        reply = self.session.exchange({"name": name, "seconds": left, **call}, left + GRACE)
        try:
            if "raised" not in reply:
                return Function if "function" in reply else decode(reply["value"])
            kind, text = str(reply["raised"]), clean(reply["message"])
        except Exception:  # a submission can write anything into its pipe
            raise self.session.stopped("it sent something that is no answer") from None
        if not call and kind == "KeyError":
            raise NameError(f"{name} is not defined in the notebook")
        raise RAISED.get(kind, RuntimeError)(f"{name} raised {text}")


class Function:
    """A function of the submission, which runs in the sandbox."""

    def __init__(self, names: Names, name: str) -> None:
        self.names, self.name = names, name

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        given = {"arguments": encode(arguments), "keywords": encode(keywords)}
        return self.names.ask(self.name, **given)


def assigned(source: str) -> set[str]:
    """Find the names to which the top level of a cell gives a value."""
    code = dis.get_instructions(compile(source, "<test>", "exec"))
    return {str(each.argval) for each in code if each.opname in ("STORE_NAME", "STORE_GLOBAL")}
