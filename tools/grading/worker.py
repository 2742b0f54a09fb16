"""Run a submission's notebook in the sandbox, and answer requests for the names it defines.

:mod:`tools.grading.session` starts ``python -I worker.py SETTINGS`` in a folder with a copy of the
submission. The worker reads requests from one pipe and writes answers to another. Printed output
of the submission goes to a file.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

LONGEST_MESSAGE = 500


def main(settings: dict[str, Any]) -> None:
    """Enter the sandbox, run the notebook, and answer requests until the pipe closes."""
    sys.path.insert(0, settings["root"])
    # The sandbox hides the folder above the packages, so they have to be found before.
    import lstm_md  # noqa: F401
    import reproduction  # noqa: F401
    from tools.grading import sandbox, values

    requests, answers = settings["requests"], settings["answers"]
    sandbox.limit(settings["cpu_seconds"], settings["file_mb"], settings["data_mb"])
    here = Path.cwd()
    version = sandbox.shut_in([here], [Path(path) for path in settings["readable"]])
    values.send(answers, {"landlock": version})
    notebook = Notebook(settings["cell_seconds"])
    values.send(answers, {"problems": notebook.run(settings["cells"])})
    while True:
        try:
            request = values.receive(lambda size: os.read(requests, size))
        except EOFError:
            return
        values.send(answers, answer(notebook, request))


class Notebook:
    """The names that the cells of a notebook leave behind."""

    def __init__(self, cell_seconds: int) -> None:
        self.shell = shell()
        self.cell_seconds = cell_seconds

    def run(self, cells: list[str]) -> list[str]:
        """Run the cells in order, and list the error of each that fails."""
        problems = []
        for number, source in enumerate(cells, 1):
            try:
                with at_most(self.cell_seconds):
                    result = self.shell.run_cell(source)
                error = result.error_before_exec or result.error_in_exec
            except BaseException as raised:  # such as the alarm, if it rings inside IPython
                error = raised
            if error is not None:
                problems.append(f"code cell {number}: {message(error)}")
        return problems

    @property
    def names(self) -> dict[str, Any]:
        return self.shell.user_ns


def shell() -> InteractiveShell:
    """Make an IPython shell without a window and without system commands.

    Many notebooks contain ``%matplotlib inline`` and ``!pip install``; such a cell must not fail.
    """
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Shell(InteractiveShell):
        def enable_gui(self, gui: str | None = None) -> None:
            """Do nothing: there is no window."""

        def system(self, cmd: str) -> None:
            print(f"not run: {cmd}")

        def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
            self.system(cmd)
            return [] if split else ""

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    return Shell.instance(config=config)


def answer(notebook: Notebook, request: Any) -> dict[str, Any]:
    """Answer one request: the value of a name, or the result of a function."""
    from tools.grading.values import Function, dumps

    name = request["name"]
    if name not in notebook.names:
        return {"missing": name}
    value = notebook.names[name]
    if "arguments" in request:
        try:
            with at_most(request["seconds"]):
                value = value(*request["arguments"], **request["keywords"])
                found = {"value": value}
                dumps(found)
            return found
        except BaseException as error:
            return {"raised": type(error).__name__, "message": message(error)}
    if callable(value):
        return {"value": Function(name)}
    if isinstance(value, types.ModuleType):
        return {"missing": name}  # the tests import what they need themselves
    return {"value": value}


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TimeoutError after some seconds; code that catches it is killed from outside."""

    def alarm(signum: int, frame: Any) -> None:
        raise TimeoutError(f"took longer than {seconds:.0f} s")

    signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def message(error: BaseException) -> str:
    """Return the message of an error, shortened if it is long."""
    try:
        text = str(error)
    except Exception:
        text = "(the message of this error cannot be printed)"
    return f"{type(error).__name__}: {text[:LONGEST_MESSAGE]}".rstrip(": ")


if __name__ == "__main__":
    given = Path(sys.argv[1])
    read = json.loads(given.read_text(encoding="utf-8"))
    given.unlink()
    main(read)
