"""Run a submission's cells inside the sandbox, and answer questions about the names they define.

The hidden tests run in another process. The two exchange lines of JSON: the tests receive numbers,
texts, arrays, and the records of ``lstm_md``. Any other object arrives as :class:`Opaque`.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import importlib
import io
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import numpy as np

LONGEST_LINE = 16 << 20  # bytes
LONGEST_TEXT = 20_000  # characters that a cell prints, or of an error
KINDS = "biufcU"  # arrays of booleans, numbers and strings; an object could be anything
RECORDS = {
    "Estimate": "lstm_md.analysis.uncertainty",
    "Outcome": "lstm_md.judging.criteria",
    "Claim": "lstm_md.judging.verdict",
    "Verdict": "lstm_md.judging.verdict",
    "VerdictTable": "lstm_md.judging.verdict",
}
CONTAINERS = (list, tuple, set, frozenset, dict)


@dataclasses.dataclass(frozen=True, eq=False)
class Opaque:
    """Stands for an object that is not a plain value; it equals nothing."""

    name: str


def encode(value: Any) -> Any:
    """Turn a value into what JSON can hold; an object that is not plain becomes its type's name."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, np.ndarray | np.generic | complex):
        array = np.asarray(value)
        if array.dtype.kind not in KINDS:
            return {"opaque": f"array of {array.dtype}"}
        data = base64.b64encode(array.tobytes()).decode()
        head = {"dtype": array.dtype.str, "shape": array.shape}
        return {"array": data, **head, "scalar": not isinstance(value, np.ndarray)}
    for kind in CONTAINERS:
        if isinstance(value, kind):
            each = value.items() if isinstance(value, dict) else value
            return {kind.__name__: [encode(one) for one in each]}
    name = type(value).__name__
    if type(value).__module__ == RECORDS.get(name):
        return {"record": name, "fields": [[k, encode(v)] for k, v in vars(value).items()]}
    return {"opaque": name}


def decode(given: Any) -> Any:
    """Turn the result of :func:`encode` into the value again; no code of the sender runs."""
    if not isinstance(given, dict):
        return given
    if "array" in given:
        dtype = np.dtype(str(given["dtype"]))
        if dtype.kind not in KINDS:
            raise ValueError(f"an array of {dtype}")
        flat = np.frombuffer(base64.b64decode(given["array"]), dtype)
        array = flat.reshape([int(n) for n in given["shape"]]).copy()
        return array[()] if given["scalar"] else array
    for kind in CONTAINERS:
        if kind.__name__ in given:
            return kind(decode(each) for each in given[kind.__name__])
    if "record" in given:
        name = given["record"]
        record = getattr(importlib.import_module(RECORDS[name]), name)
        return record(**{key: decode(value) for key, value in given["fields"]})
    return Opaque(str(given["opaque"]))


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the block after some seconds."""

    def alarm(signum: int, frame: Any) -> None:
        raise TimeoutError(f"took longer than {seconds:.0f} s")

    signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.01))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


class Printed(io.StringIO):
    """Keeps the beginning of what is printed, so that endless output needs no memory."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, LONGEST_TEXT - self.tell())])
        return len(text)


def shell() -> Any:
    """Make an IPython shell in which ``%matplotlib`` and ``!pip install`` do nothing."""
    from IPython.core.interactiveshell import InteractiveShell

    class Shell(InteractiveShell):
        def enable_gui(self, gui: str | None = None) -> None:
            """Do nothing: there is no window."""

        def system(self, cmd: str) -> None:
            print(f"not run: {cmd}")

        def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
            self.system(cmd)
            return [] if split else ""

    made = Shell.instance()
    made.builtin_trap.activate()
    return made


def run(shell: Any, source: str, seconds: float) -> tuple[str, str]:
    """Run one cell: what it printed, and its error."""
    printed, error = Printed(), ""
    try:  # not with run_cell, which keeps all that is printed
        with at_most(seconds), contextlib.redirect_stdout(printed):
            text = shell.transform_cell(source)
            exec(compile(text, shell.compile.cache(text), "exec"), shell.user_ns)
    except BaseException as raised:
        error = message(raised)
    return printed.getvalue(), error


def message(error: BaseException) -> str:
    """Return the type and the text of an error."""
    try:
        return f"{type(error).__name__}: {error}"[:LONGEST_TEXT].rstrip(": ")
    except BaseException:
        return "an error whose message cannot be printed"


def answer(names: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """Return the value of a name, or the result of a function."""
    try:
        with at_most(request["seconds"]), contextlib.redirect_stdout(Printed()):
            value = names[request["name"]]
            if "arguments" in request:
                value = value(*decode(request["arguments"]), **decode(request["keywords"]))
            elif callable(value):
                return {"function": True}
            found = {"value": encode(value)}
            if len(json.dumps(found)) >= LONGEST_LINE:
                raise ValueError("the value is too large to be tested")
            return found
    except BaseException as error:
        return {"raised": type(error).__name__, "message": message(error)}


def main() -> None:
    """Set the limits, run all cells, and answer until the tests are through."""
    import resource

    with os.fdopen(os.dup(0), "rb") as requests, os.fdopen(os.dup(1), "wb") as answers:
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        answers.write(b"\n")
        answers.flush()
        settings = json.loads(requests.readline())
        home = Path(settings["home"])
        for package in settings["packages"]:  # a copy, beside which compiled loops can be kept
            shutil.copytree(package, home / ".packages" / Path(package).name)
        shutil.copytree(settings["files"], home, dirs_exist_ok=True)
        os.chdir(home)
        sys.path[:0] = ["", str(home / ".packages")]
        for name, most in settings["limits"].items():
            kind = getattr(resource, name)
            hard = resource.getrlimit(kind)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (most, most))
        shell_ = shell()
        reply: Any = [run(shell_, cell, settings["cell_seconds"]) for cell in settings["cells"]]
        while True:
            answers.write(json.dumps(reply).encode() + b"\n")
            answers.flush()
            reply = answer(shell_.user_ns, json.loads(requests.readline()))


if __name__ == "__main__":
    main()
