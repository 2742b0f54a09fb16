"""Install other versions of the libraries, run the tests or the chapters, and keep the result.

``python -m tools.versions lowest`` takes the lowest versions that pyproject.toml allows, ``newest``
the newest ones, and ``colab`` those of Colab (``versions/colab.txt``). Each gets an environment of
its own in ``_build/versions``. ``lowest`` and ``newest`` run the fast tests; ``colab`` executes
every chapter to its end, as a reader on Colab does. ``pyemma`` builds PyEMMA, with a C++ compiler,
and compares it with deeptime. ``tools.version_tables`` keeps the results.

The versions are resolved and installed by uv, which pip installs first.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from lstm_md._support.processes import ONE_THREAD
from tools import colab_path, version_tables
from tools.notebooks import ROOT, chapters

WORK = ROOT / "_build" / "versions"
COLOUR = re.compile(r"\x1b\[[\d;]*m")  # of an error message
# The tests of what other libraries do for us. They train and generate, but not for long.
FAST = (
    "tests/test_model.py", "tests/test_tensorflow_checkpoints.py", "tests/engine",
    "tests/test_generation.py", "tests/test_filters.py", "tests/test_labels.py",
    "tests/test_figures.py", "tests/systems/test_langevin.py",
    "tests/systems/test_recordings_molecules.py", "tests/analysis/test_markov_models.py",
    "tests/analysis/test_kinetics.py",
)  # fmt: skip


@dataclass(frozen=True)
class Stack:
    """One set of versions.

    Parameters
    ----------
    pythons : tuple of str
        The version of Python that it asks for, then what else will do.
    install : tuple of str
        What uv resolves, with the options of its resolver.
    tests : tuple of str
        What pytest runs; nothing if the chapters are executed.
    built : tuple of str
        What is built from source in the environment, after the rest has been installed.
    """

    pythons: tuple[str, ...]
    install: tuple[str, ...]
    tests: tuple[str, ...] = ()
    built: tuple[str, ...] = ()


OURS = ("pyproject.toml", "--extra=book", "--extra=dev")
MARKOV_MODELS = ("tests/analysis/test_markov_models.py", "-k", "pyemma")
STACKS = {
    "lowest": Stack(("3.10",), (*OURS, "--resolution=lowest-direct"), FAST),
    "newest": Stack(("3.13",), OURS, FAST),
    "colab": Stack((version_tables.COLABS_PYTHON, "3.13"), ("versions/colab.txt",)),
    "pyemma": Stack(("3.11",), ("versions/pyemma.txt",), MARKOV_MODELS, ("pyemma==2.5.12",)),
}


def interpreter(wanted: str) -> str | None:
    """Find an installed Python of a version such as "3.13" or "3.13.15".

    The commands on the path come first, then the versions that pyenv has installed.
    """
    minor = ".".join(wanted.split(".")[:2])
    folders = os.environ.get("PATH", "").split(os.pathsep)
    found = [Path(folder) / f"python{minor}" for folder in folders]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found += sorted((pyenv / "versions").glob(f"{minor}*/bin/python"))
    for path in found:
        if path.is_file() and f"{version_of(path)}.".startswith(f"{wanted}."):
            return str(path)
    return None


def version_of(python: Path) -> str:
    """Return the version of an interpreter, or an empty string if it does not start."""
    script = "import platform; print(platform.python_version())"
    done = subprocess.run([str(python), "-I", "-c", script], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def uv() -> str:
    """Install uv into an environment of its own, unless it is there, and return its path."""
    folder = WORK / "uv"
    if not (folder / "bin" / "uv").is_file():
        venv.create(folder, with_pip=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "uv"]
        subprocess.run(pip, check=True)
    return str(folder / "bin" / "uv")


def environment(name: str, python: str | None = None) -> Path:
    """Resolve the versions of a stack, install them, and return the Python of the environment.

    If no Python of the right version is installed, uv tries to download one.

    Raises
    ------
    RuntimeError
        If no such Python can be had, or if the versions cannot be installed.
    """
    stack, folder, pins = STACKS[name], WORK / name, WORK / f"{name}.txt"
    shutil.rmtree(folder, ignore_errors=True)
    there = [python] if python else [p for p in map(interpreter, stack.pythons) if p]
    asked = there[0] if there else stack.pythons[0]
    chosen = folder / "bin" / "python"
    steps: dict[str, tuple[object, ...]] = {
        f"no Python {stack.pythons[-1]} was found; name one with OTHER='--python PATH'": (
            "venv", "-q", "--seed", "--python", asked, folder,
        ),
        f"the versions of {name!r} do not fit together; see the message above": (
            "pip", "compile", *stack.install, "--python", chosen, "-q", "--no-header",
            "--no-annotate", "--upgrade", "--no-build", "--output-file", pins,
        ),
        f"the versions of {name!r} could not be installed; see the message above": (
            "pip", "install", "-q", "--python", chosen, "--no-build", "-r", pins,
        ),
    }  # fmt: skip
    if stack.built:
        names = [one.partition("==")[0] for one in stack.built]
        steps[f"{', '.join(stack.built)} could not be built; it needs a C++ compiler"] = (
            "pip", "install", "-q", "--python", chosen, "--no-build-isolation",
            *(f"--no-binary={name}" for name in names), *stack.built,
        )  # fmt: skip
    for problem, step in steps.items():
        command = [uv(), *map(str, step)]
        if subprocess.run(command, cwd=ROOT).returncode:
            raise RuntimeError(problem)
    return chosen


def installed(python: Path) -> dict[str, str]:
    """Read the versions of the libraries in an environment."""
    script = (
        "import importlib.metadata as m, json\n"
        "print(json.dumps({d.name.lower().replace('_', '-'): d.version "
        "for d in m.distributions() if d.name}))"
    )
    run = subprocess.run([str(python), "-I", "-c", script], stdout=subprocess.PIPE, check=True)
    return json.loads(run.stdout)


def some_tests(python: Path, tests: tuple[str, ...]) -> dict[str, Any]:
    """Run tests of this checkout with the libraries of an environment."""
    report = WORK / "report.xml"
    command = [str(python), "-m", "pytest", *tests, "-q", "-p", "no:cacheprovider"]
    command.append(f"--junitxml={report}")
    settings = {**os.environ, **ONE_THREAD, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(ROOT)}
    settings["NUMBA_CACHE_DIR"] = str(WORK / "compiled" / python.parents[1].name)
    run = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    last, failed = "", []
    for line in run.stdout:
        print(line, end="", flush=True)
        last = line if line.strip() else last
        failed += re.findall(r"^(?:FAILED|ERROR) (\S+)", line)
    found = {"passed": run.wait() == 0, "summary": counts(last), "failed": failed}
    differences = largest_differences(report) if found["passed"] else {}
    return {**found, "differences": differences} if differences else found


def largest_differences(report: Path) -> dict[str, float]:
    """Read from a report of pytest what the tests gave to ``record_property``.

    If several tests gave a number of the same name, the largest one is kept.
    """
    largest: dict[str, float] = {}
    for given in ElementTree.parse(report).iter("property"):
        name, value = given.attrib["name"], float(given.attrib["value"])
        largest[name] = max(value, largest.get(name, 0.0))
    return largest


def counts(line: str) -> str:
    """Keep the counts of pytest's last line.

    >>> counts("1 failed, 812 passed, 3 skipped, 2 warnings in 61.2s (0:01:01)")
    '1 failed, 812 passed, 3 skipped'
    """
    found = re.findall(r"\d+ (?:failed|passed|skipped|errors?)\b", line)
    return ", ".join(found) or "pytest did not end"


def every_chapter(python: Path, only: list[str] | None) -> Iterator[dict[str, Any]]:
    """Execute chapters to their end, as on Colab, and say after each one how it ended."""
    for path in chapters():
        if only is not None and path.stem not in only:
            continue
        (taken,) = colab_path.run([path], bare=True, whole=True, python=python).values()
        failed = isinstance(taken, str)
        end = taken.strip().splitlines()[-1][:200] if isinstance(taken, str) else version_tables.RAN
        yield {"passed": not failed, "chapters": {path.stem: COLOUR.sub("", end)}}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(description="The tests with other versions of the libraries.")
    parser.add_argument("stack", choices=STACKS)
    parser.add_argument("--python", help="the interpreter (default: one of the right version)")
    parser.add_argument("--only", nargs="*", help="with colab: names of chapters (default: all)")
    parser.add_argument("--keep", action="store_true", help="use the environment of the last run")
    options = parser.parse_args(arguments)
    unknown = set(options.only or []) - {path.stem for path in chapters()}
    if unknown:
        print(f"--only: no such chapter: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    python = WORK / options.stack / "bin" / "python"
    try:
        if not (options.keep and python.is_file()):
            python = environment(options.stack, options.python)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    tests, passed = STACKS[options.stack].tests, True
    runs = [some_tests(python, tests)] if tests else every_chapter(python, options.only)
    for found in runs:  # each is recorded at once, so that a stop loses nothing
        passed = passed and found["passed"]
        found |= {"python": version_of(python), "versions": installed(python)}
        result = version_tables.record(options.stack, found)
        print(f"{options.stack}: {result}; the table is in versions/RESULTS.md", flush=True)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
