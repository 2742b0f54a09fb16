"""Runs a submission's notebook, shut in, and answers for what it defines.

``python -I worker.py SETTINGS`` is started by :mod:`tools.grading.session` in a folder with a copy
of the submission. It reads requests from one pipe and writes answers to another; what the
submission prints goes elsewhere.
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
    """Lock the door, run the notebook, answer until the pipe ends."""
    sys.path.insert(0, settings["root"])
    import lstm_md  # noqa: F401  before the door is locked: its parent folder stays outside
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
        """Run the cells in order; the problem of each that failed, by its number."""
        problems = []
        for number, source in enumerate(cells, 1):
            try:
                with at_most(self.cell_seconds):
                    result = self.shell.run_cell(source)
                error = result.error_before_exec or result.error_in_exec
            except BaseException as raised:  # such as the alarm, on its way through IPython
                error = raised
            if error is not None:
                problems.append(f"code cell {number}: {told(error)}")
        return problems

    @property
    def names(self) -> dict[str, Any]:
        return self.shell.user_ns


def shell() -> InteractiveShell:
    """IPython without a window and without commands.

    ``%matplotlib inline`` and ``!pip install`` are in many notebooks, and none of their cells
    should stop at them.
    """
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Shell(InteractiveShell):
        def enable_gui(self, gui: str | None = None) -> None:
            """Nothing is shown."""

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
    """The answer to one request: what a name is, or what a function returns."""
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
            return {"raised": type(error).__name__, "message": told(error)}
    if callable(value):
        return {"value": Function(name)}
    if isinstance(value, types.ModuleType):
        return {"missing": name}  # the tests import what they need themselves
    return {"value": value}


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in what takes longer; whoever swallows that is killed from outside."""

    def alarm(signum: int, frame: Any) -> None:
        raise TimeoutError(f"took longer than {seconds:.0f} s")

    signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def told(error: BaseException) -> str:
    """The message of an error, in bounds."""
    try:
        text = str(error)
    except Exception:
        text = "(an error whose message raises another)"
    return f"{type(error).__name__}: {text[:LONGEST_MESSAGE]}".rstrip(": ")


if __name__ == "__main__":
    given = Path(sys.argv[1])
    read = json.loads(given.read_text(encoding="utf-8"))
    given.unlink()
    main(read)
