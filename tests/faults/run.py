"""Put one-line faults into a copy of the project, one at a time; the tests must find each.

``make faults`` runs this. The faults are in ``tests/faults/faults.py``. The checkout is never
changed. All tests must pass in the unchanged copy, and a test must fail in every other one.

With ``--chapters`` the chapters are executed instead of the tests. This shows which faults a reader
would notice who only executes the book; a chapter need not notice any. The unchanged chapters are
executed with coverage.py first. A chapter that does not execute the line of a fault cannot notice
it. The chapters notice few faults, so all that a chapter executes are put into one copy together.
If the chapter notices something, the faults are halved.

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
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coverage import CoverageData

from lstm_md._support.files import whole_or_nothing
from lstm_md._support.processes import ONE_THREAD, usable_cores
from tests.faults.faults import FAULTS, Fault
from tools import process_groups
from tools.chapter_tests import NBCLIENT, OPTION, WITH_NBVAL
from tools.execution_cache import surroundings
from tools.notebooks import ROOT, chapters

# The tests of the book do not test the packages; --chapters executes the chapters themselves.
TESTS = ["tests", "lstm_md", "reproduction", "--doctest-modules"]
TESTS += [f"--ignore=tests/{folder}" for folder in ("book", "pages", "chapters")]
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


def copy_of(tree: Path, folder: Path, *faults: Fault) -> Path:
    """Copy the project without build products, with the faults that are given.

    numba's machine code is copied, too, because compiling takes longer than most tests. numba does
    not notice a fault in a function that another file compiles, so a file with compiled functions
    is an exception.
    """
    sources = [(tree / fault.file).read_text(encoding="utf-8") for fault in faults]
    compiles = not faults or any("@compiled" in source for source in sources)
    ignored = (".*", "_build", "*.egg-info", "*.pyc", *([PYCACHE] if compiles else []))
    shutil.copytree(tree, folder, ignore=shutil.ignore_patterns(*ignored))
    for fault in faults:
        fault.apply(folder)
    return folder


def first_failure(
    tree: Path, arguments: Iterable[str], limit: float | None = None, **environment: str
) -> str | None:
    """Run pytest in a copy until a test fails; return its name, or None if all pass.

    If no test fails and pytest ends with an error, the end of its output is returned.

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
        process_groups.end(run)
    if run.returncode == 0:
        return None
    found = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", output, re.MULTILINE)
    return found[1] if found else f"pytest ended with {run.returncode}: {output[-300:].strip()}"


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
    keep(file, result)
    return result


def keep(file: Path, result: Any) -> None:
    """Keep a result."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with whole_or_nothing(file) as temporary:
        temporary.write_text(json.dumps(result), encoding="utf-8")


def digest(*texts: str | bytes) -> str:
    """Return a short hash, for the name of a file."""
    found = hashlib.sha256()
    for text in texts:
        found.update((text if isinstance(text, bytes) else text.encode()) + b"\0")
    return found.hexdigest()[:16]


@dataclass(frozen=True)
class Run:
    """What pytest runs, and the seconds that it takes without a fault."""

    name: str
    arguments: tuple[str, ...]
    seconds: float


class Trial:
    """Faults, and the tests or chapters that should notice them.

    Parameters
    ----------
    folder : Path
        Where results are kept; an unchanged copy of the project is in it.
    jobs : int
        Runs at the same time.
    """

    def __init__(self, folder: Path, jobs: int) -> None:
        self.folder, self.tree, self.jobs = folder, folder / "tree", jobs

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

    def failure(self, faults: Sequence[Fault], run: Run) -> str | None:
        """Return the first test that fails in a copy with these faults, or None."""
        with tempfile.TemporaryDirectory() as name:
            tree = copy_of(self.tree, Path(name) / "tree", *faults)
            return first_failure(tree, run.arguments, AT_LEAST + PATIENCE * run.seconds)

    def file(self, fault: Fault, run: Run) -> Path:
        """Return the file that keeps what a run says of a fault."""
        key = digest(fault.file, fault.line, fault.replacement, fault.nearest)
        return self.folder / f"fault-{key}-{run.name}.json"

    def together(self, faults: Sequence[Fault], run: Run) -> None:
        """Find out which of some faults a run notices.

        Faults that it does not notice cost one run together; others are found by halves. A test
        that only fails if two faults come together belongs to neither.
        """
        faults = [fault for fault in faults if not self.file(fault, run).exists()]
        if not faults:
            return
        found = self.failure(faults, run)
        if found is None or len(faults) == 1:
            for fault in faults:
                keep(self.file(fault, run), found)
            return
        self.together(faults[: len(faults) // 2], run)
        self.together(faults[len(faults) // 2 :], run)

    def said(self, fault: Fault, runs: Iterable[Run]) -> list[str | None]:
        """Return what each run has said of a fault so far; runs that were not made are left out."""
        files = [self.file(fault, run) for run in runs]
        return [json.loads(file.read_text(encoding="utf-8")) for file in files if file.exists()]

    def found(self, fault: Fault, runs: Iterable[Run]) -> str | None:
        """Return the first test that has noticed a fault so far, or None."""
        return next((each for each in self.said(fault, runs) if each is not None), None)


class Tests(Trial):
    """The tests of the packages."""

    def prepare(self) -> None:
        """Run all tests without a fault."""
        file = self.folder / "unbroken.json"
        self.seconds = kept(file, lambda: self.unbroken("unbroken", TESTS))
        print(f"unbroken: green ({self.seconds:.0f} s)", flush=True)

    def runs(self, fault: Fault) -> list[Run]:
        """Return what is run until a test fails: the nearest file, then all."""
        nearest = Run("nearest", (fault.nearest,), self.seconds)
        return [nearest, Run("all", tuple(TESTS), self.seconds)]

    def try_all(self, runs: Mapping[Fault, Sequence[Run]]) -> None:
        """Try each fault alone, since nearly all are noticed."""
        with ThreadPoolExecutor(self.jobs) as pool:
            begun = {pool.submit(self.alone, fault, its): fault for fault, its in runs.items()}
            for done, result in enumerate(as_completed(begun), 1):
                found = result.result() or "not noticed"
                print(f"{done}/{len(runs)} {begun[result].name}: {found}", flush=True)

    def alone(self, fault: Fault, runs: Iterable[Run]) -> str | None:
        """Return the first test of several runs that notices a fault, or None."""
        for run in runs:
            self.together([fault], run)
            if (found := self.found(fault, [run])) is not None:
                return found
        return None


class Chapters(Trial):
    """The chapters that execute the line of a fault, the fastest first."""

    def prepare(self) -> None:
        """Execute each chapter without a fault, and keep the lines that it executes."""
        self.measured: dict[str, tuple[float, Executed]] = {}
        with ThreadPoolExecutor(self.jobs) as pool:
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

    def runs(self, fault: Fault) -> list[Run]:
        """Return the chapters that may notice a fault."""
        noticing = [
            (seconds, name)
            for name, (seconds, executed) in self.measured.items()
            if may_notice(fault, executed, self.tree)
        ]
        return [
            Run(name, (f"book/{name}.ipynb", *WITH_NBVAL), seconds)
            for seconds, name in sorted(noticing)
        ]

    def try_all(self, runs: Mapping[Fault, Sequence[Run]]) -> None:
        """Try all faults together that a chapter executes, since few are noticed."""

        def try_in(run: Run) -> None:
            faults = [f for f, its in runs.items() if run in its and self.found(f, its) is None]
            self.together(faults, run)
            noticed = sum(self.found(fault, [run]) is not None for fault in faults)
            print(f"{run.name}: notices {noticed} of {len(faults)} faults", flush=True)

        every = {run for its in runs.values() for run in its}
        with ThreadPoolExecutor(self.jobs) as pool:
            list(pool.map(try_in, sorted(every, key=lambda run: run.seconds)))


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
    files: Iterable[Path] = tree.rglob("*")
    if of_chapters:  # surroundings() has the packages and the records
        tools = (tree / "tools").rglob("*.py")  # they execute and compare
        others = (tree / "conftest.py", tree / "book" / "teachers_guide.md")
        files = [*chapters(tree / "book"), *tools, *others]
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
    trial = kind(folder_of_results(options.chapters), options.jobs)
    for fault in faults:  # find an outdated list now, and not after minutes
        fault.number((trial.tree / fault.file).read_text(encoding="utf-8"))
    trial.prepare()
    runs = {fault: trial.runs(fault) for fault in faults}
    trial.try_all(runs)
    missed = 0
    for fault, its in runs.items():
        found = trial.found(fault, its)
        missed += found is None
        print(f"{fault.name:72}  {found or f'GREEN in {len(its)} run(s) that reach it'}")
    print(f"{len(faults) - missed} of {len(faults)} faults found")
    return 1 if missed and not options.chapters else 0


if __name__ == "__main__":
    sys.exit(main())
