"""Put one-line faults into a copy of the project, one at a time; the tests must find each.

``make faults`` runs this. The faults are in ``tests/faults/faults.py``. The checkout is never
changed. All tests must pass in the unchanged copy, and a test must fail in every other one.

With ``--chapters`` the chapters are executed instead of the tests. This shows which faults a reader
would notice who only executes the book; no chapter must find one. The unchanged chapters are
executed with coverage.py first. A chapter that does not execute the line of a fault cannot notice
it, and is not executed again.

What is done is kept in ``_build/faults``, and the next run continues after it. If a file has
changed from which a result could follow, the run begins anew.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from typing import Any

from coverage import CoverageData

from lstm_md._support.files import whole_or_nothing
from lstm_md._support.processes import ONE_THREAD, usable_cores
from tests.faults.faults import FAULTS, Fault
from tools.chapter_tests import NBCLIENT, OPTION, WITH_NBVAL
from tools.execution_cache import surroundings
from tools.notebooks import ROOT, chapters

# The tests of the book do not test the packages; --chapters executes the chapters themselves.
TESTS = ["tests", "lstm_md", "reproduction", "--doctest-modules"]
TESTS += ["--ignore=tests/book", "--ignore=tests/pages"]
# Usually a kernel is killed, and cannot write what it has executed. The fallback lets it end.
MEASURED = f"{OPTION}={NBCLIENT}"
COVERAGE = """
[run]
core = sysmon
source_pkgs = lstm_md, reproduction
data_file = {file}
parallel = true
patch = subprocess
"""
# A run that takes so many seconds more than five times as long as without the fault has failed.
AT_LEAST, PATIENCE = 60.0, 5.0
PYCACHE = "__pycache__"

Executed = dict[str, set[int]]  # numbers of lines by file


def copy_of(tree: Path, folder: Path, fault: Fault | None = None) -> Path:
    """Copy the project without build products, with a fault if one is given.

    numba's machine code is copied, too, because compiling takes longer than most tests. numba does
    not notice a fault in a function that another file compiles, so a file with compiled functions
    is an exception.
    """
    compiles = fault is None or "@compiled" in (tree / fault.file).read_text(encoding="utf-8")
    ignored = (".*", "_build", "*.egg-info", "*.pyc", *([PYCACHE] if compiles else []))
    shutil.copytree(tree, folder, ignore=shutil.ignore_patterns(*ignored))
    if fault is not None:
        fault.apply(folder)
    return folder


def first_failure(
    tree: Path, arguments: Iterable[str], limit: float | None = None, **environment: str
) -> str | None:
    """Run pytest in a copy until a test fails; return its name, or None if all pass.

    Parameters
    ----------
    tree : Path
        The copy.
    arguments : iterable of str
        What pytest runs.
    limit : float, optional
        Seconds after which the run is stopped. This counts as a failure.
    **environment : str
        More variables for the process.

    Raises
    ------
    RuntimeError
        If pytest could not run.
    """
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *arguments]
    # The copy comes before site-packages, so that it is tested and not the checkout.
    variables = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(tree), **environment}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)  # Each kernel would compile the packages again.
    run = subprocess.Popen(
        command,
        cwd=tree,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = run.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        return f"not ended after {limit:.0f} s"
    finally:
        with suppress(ProcessLookupError):  # It has ended, and so have its children.
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    if run.returncode == 0:
        return None
    found = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", output, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"pytest ended with {run.returncode}:\n{output}")
    return found[1]


def statement(source: str, number: int) -> tuple[range, bool]:
    """Return the lines of the statement to which a line belongs, and whether numba compiles it.

    Of a statement with a body, such as ``if``, the lines before the body are returned.

    >>> statement("if a:\\n    b = [\\n        1,\\n    ]", 3)
    (range(2, 5), False)
    """
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    compiled = any(
        "compiled" in ast.dump(decorator)
        for node in nodes
        if isinstance(node, ast.FunctionDef) and number in range(node.lineno, _end(node))
        for decorator in node.decorator_list
    )
    heads = []
    for node in nodes:
        body = getattr(node, "body", None)
        heads.append(range(node.lineno, body[0].lineno if body else _end(node)))
    holding = [head for head in heads if number in head]
    return min(holding, key=len, default=range(number, number + 1)), compiled


def _end(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) + 1


def may_notice(fault: Fault, executed: Executed, tree: Path = ROOT) -> bool:
    """Tell whether a chapter that executed these lines could notice a fault.

    coverage.py does not see what compiled functions execute. So every chapter that loads their file
    may notice a fault in one.
    """
    lines = executed.get(fault.file, set())
    source = (tree / fault.file).read_text(encoding="utf-8")
    span, compiled = statement(source, fault.number(source))
    return bool(lines) if compiled else not lines.isdisjoint(span)


def kept(file: Path, compute: Callable[[], Any]) -> Any:
    """Read a result, or compute and keep it."""
    with suppress(OSError, ValueError):
        return json.loads(file.read_text(encoding="utf-8"))
    result = compute()
    file.parent.mkdir(parents=True, exist_ok=True)
    with whole_or_nothing(file) as temporary:
        temporary.write_text(json.dumps(result), encoding="utf-8")
    return result


def digest(*texts: str | bytes) -> str:
    """Return a short hash, for the name of a file."""
    found = hashlib.sha256()
    for text in texts:
        found.update((text if isinstance(text, bytes) else text.encode()) + b"\0")
    return found.hexdigest()[:16]


class Trial:
    """Faults, and the tests or chapters that should notice them.

    Parameters
    ----------
    folder : Path
        Where results are kept; an unchanged copy of the project is in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.tree = folder, folder / "tree"

    def unbroken(self, name: str, arguments: Iterable[str], **environment: str) -> float:
        """Run what must be green in the unchanged copy; return the seconds it took.

        Raises
        ------
        SystemExit
            If a test fails.
        """
        begin = time.perf_counter()
        failed = first_failure(self.tree, arguments, **environment)
        if failed is not None:
            raise SystemExit(f"{name}: RED without a fault: {failed}")
        return time.perf_counter() - begin

    def found(self, fault: Fault, runs: Iterable[tuple[list[str], float]]) -> tuple[Any, float]:
        """Return the first test of several runs that notices a fault, or None, and the seconds.

        Each run has arguments of pytest, and the seconds that it takes without a fault.
        """

        def compute() -> tuple[str | None, float]:
            begin, failed = time.perf_counter(), None
            with tempfile.TemporaryDirectory() as name:
                tree = copy_of(self.tree, Path(name) / "tree", fault)
                for arguments, seconds in runs:
                    failed = first_failure(tree, arguments, AT_LEAST + PATIENCE * seconds)
                    if failed is not None:
                        break
            return failed, time.perf_counter() - begin

        key = digest(fault.file, fault.line, fault.replacement, fault.nearest)
        name, seconds = kept(self.folder / f"fault-{key}.json", compute)
        return name, seconds


class Tests(Trial):
    """The tests of the packages: the nearest file first, then all."""

    @staticmethod
    def counted(n: int) -> str:
        """Say what did not notice a fault."""
        return f"{n} runs of the tests"

    def prepare(self, jobs: int) -> None:
        """Run all tests without a fault."""
        file = self.folder / "unbroken.json"
        self.seconds = kept(file, lambda: self.unbroken("unbroken", TESTS))
        print(f"unbroken: green ({self.seconds:.0f} s)", flush=True)

    def runs(self, fault: Fault) -> list[tuple[list[str], float]]:
        """Return what is run until a test fails."""
        return [([fault.nearest], self.seconds), (TESTS, self.seconds)]


class Chapters(Trial):
    """The chapters that execute the line of a fault, the fastest first."""

    @staticmethod
    def counted(n: int) -> str:
        """Say what did not notice a fault."""
        return (
            f"the {n} chapter(s) that execute its line" if n else "anyone, no chapter executes it"
        )

    def prepare(self, jobs: int) -> None:
        """Execute each chapter without a fault, and keep the lines that it executes."""
        self.measured: dict[str, tuple[float, Executed]] = {}
        with ThreadPoolExecutor(jobs) as pool:
            names = [path.stem for path in chapters(self.tree / "book")]
            for name, (seconds, lines) in zip(names, pool.map(self.measure, names)):
                self.measured[name] = seconds, {file: set(found) for file, found in lines.items()}
                print(f"unbroken: {name} is green ({seconds:.0f} s)", flush=True)

    def measure(self, name: str) -> tuple[float, dict[str, list[int]]]:
        """Execute one chapter, and return the seconds and the lines by file."""

        def compute() -> tuple[float, dict[str, list[int]]]:
            with tempfile.TemporaryDirectory() as temporary:
                place = Path(temporary)
                settings = place / "settings"
                settings.write_text(COVERAGE.format(file=place / "lines"), encoding="utf-8")
                arguments = [f"book/{name}.ipynb", MEASURED]
                seconds = self.unbroken(name, arguments, COVERAGE_PROCESS_START=str(settings))
                lines: Executed = {}
                for file in place.glob("lines.*"):
                    data = CoverageData(str(file))
                    data.read()
                    for path in data.measured_files():
                        place_in_tree = Path(path).relative_to(self.tree).as_posix()
                        lines.setdefault(place_in_tree, set()).update(data.lines(path) or ())
            return seconds, {file: sorted(found) for file, found in lines.items()}

        seconds, found = kept(self.folder / f"chapter-{name}.json", compute)
        return seconds, found

    def runs(self, fault: Fault) -> list[tuple[list[str], float]]:
        """Return what is run until a chapter fails."""
        noticing = [
            (seconds, name)
            for name, (seconds, executed) in self.measured.items()
            if may_notice(fault, executed, self.tree)
        ]
        return [
            ([f"book/{name}.ipynb", *WITH_NBVAL], seconds) for seconds, name in sorted(noticing)
        ]


def folder_of_results(of_chapters: bool) -> Path:
    """Return the folder of the results, with an unchanged copy of the project in it.

    Its name depends on all files from which a result could follow.
    """
    above = ROOT / "_build" / "faults"
    above.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=above) as name:
        tree = copy_of(ROOT, Path(name) / "tree")
        folder = above / f"{'chapters' if of_chapters else 'tests'}-{state(tree, of_chapters)}"
        folder.mkdir(exist_ok=True)
        if not (folder / "tree").exists():
            tree.rename(folder / "tree")
    return folder


def state(tree: Path, of_chapters: bool) -> str:
    """Return a hash of all files from which a result could follow."""
    files = chapters(tree / "book") if of_chapters else tree.rglob("*")
    contents = [
        text
        for path in sorted(files)
        if path.is_file() and PYCACHE not in path.parts
        for text in (path.relative_to(tree).as_posix(), path.read_bytes())
    ]
    return digest(surroundings(tree), *contents)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(description="Faults that the tests must find.")
    parser.add_argument(
        "--chapters", action="store_true", help="execute the chapters instead of the tests"
    )
    parser.add_argument("--only", default="", help="faults whose name contains this")
    parser.add_argument(
        "--jobs", type=int, default=usable_cores(), help="faults tested at the same time"
    )
    options = parser.parse_args(arguments)
    faults = [fault for fault in FAULTS if options.only in fault.name]

    kind = Chapters if options.chapters else Tests
    trial = kind(folder_of_results(options.chapters))
    for fault in faults:  # find an outdated list now, and not after minutes
        fault.number((trial.tree / fault.file).read_text(encoding="utf-8"))
    trial.prepare(options.jobs)
    runs = {fault: trial.runs(fault) for fault in faults}
    missed = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        begun = {pool.submit(trial.found, fault, runs[fault]): fault for fault in faults}
        for done, result in enumerate(as_completed(begun), 1):
            fault, (found, seconds) = begun[result], result.result()
            missed += found is None
            found = found or f"GREEN: not found by {trial.counted(len(runs[fault]))}"
            print(f"{done}/{len(faults)} {fault.name:56}  {found}  ({seconds:.0f} s)", flush=True)
    print(f"{len(faults) - missed} of {len(faults)} faults found")
    return 1 if missed and not options.chapters else 0


if __name__ == "__main__":
    sys.exit(main())
