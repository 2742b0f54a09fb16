"""A session with one submission: its worker process, the requests to it, and its time limits."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lstm_md
import reproduction
from lstm_md._support.processes import ONE_THREAD
from tools.grading import sandbox, values
from tools.notebooks import ROOT

HERE = Path(__file__).parent
PACKAGES = [Path(str(package.__file__)).parent for package in (lstm_md, reproduction)]
KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "KERAS_BACKEND", "SYSTEMROOT")


@dataclass(frozen=True)
class Limits:
    """The limits of one submission.

    Attributes
    ----------
    seconds : int
        For all of it: its own cells, and the calls by the tests.
    cell_seconds, test_seconds : int
        For one cell of the notebook, and for one call by a test.
    file_mb, data_mb : int
        The size of the largest file that it may write, and its memory (on Linux).
    """

    seconds: int = 600
    cell_seconds: int = 120
    test_seconds: int = 120
    file_mb: int = 256
    data_mb: int = 4096


class Stopped(Exception):
    """The process of the submission ended, or was stopped because it took too long."""


class Session:
    """The process of one submission; a ``with`` block makes sure that it ends.

    Parameters
    ----------
    cells : list of str
        The code of the submission's notebook.
    files : Path, optional
        A folder whose files are copied for the submission.
    limits : Limits

    Attributes
    ----------
    given : Path
        A folder for files that the tests give to the submission, which can only read them.
    problems : list of str
        The errors in cells of the notebook.
    landlock : int
        The version of Landlock that restricts it; 0 if nothing does.
    """

    def __init__(self, cells: list[str], files: Path | None, limits: Limits) -> None:
        self.cells, self.files, self.limits = cells, files, limits
        self.deadline = time.monotonic() + limits.seconds
        self.problems: list[str] = []
        self.landlock = 0
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> Session:
        sandbox.adopt_orphans()
        self._folder = tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True)
        self.given = Path(self._folder.name).resolve() / "given"
        self.given.mkdir()
        return self

    def __exit__(self, *error: object) -> None:
        self._end()
        self._folder.cleanup()

    def start(self) -> None:
        """Run the notebook in a new process, in a new copy of its files.

        Raises
        ------
        Stopped
            If it does not reach its last cell.
        """
        self._end()
        if self.left() <= 0:
            raise Stopped(f"all of its {self.limits.seconds} s are used")
        here = Path(self._folder.name) / "copy"
        shutil.rmtree(here, ignore_errors=True)
        copy_files(self.files, here)
        self._log = open(Path(self._folder.name) / "printed.txt", "wb")  # noqa: SIM115
        self._before = sandbox.children()
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        readable = [sys.prefix, sys.base_prefix, *PACKAGES, HERE, self.given]
        settings = {
            "root": str(ROOT),
            "readable": [str(path) for path in readable],
            "cells": self.cells,
            "requests": requests,
            "answers": answers,
            "cell_seconds": self.limits.cell_seconds,
            "cpu_seconds": self.limits.seconds,
            "file_mb": self.limits.file_mb,
            "data_mb": self.limits.data_mb,
        }
        (here / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(HERE / "worker.py"), "settings.json"],
            cwd=here,
            env=environment(here),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            pass_fds=(requests, answers),
            start_new_session=True,
        )
        os.close(requests)
        os.close(answers)
        first = self._receive(min(60.0, self.left()), "start")
        self.landlock = int(first["landlock"])
        self.problems = list(self._receive(self.left(), "run the notebook")["problems"])

    def ask(self, name: str, arguments: Any = None, keywords: Any = None) -> dict[str, Any]:
        """Return the value of a name, or, with arguments, the result of calling it.

        Raises
        ------
        Stopped
            If there is no answer in time; the process is then killed.
        """
        seconds = min(float(self.limits.test_seconds), self.left())
        request = {"name": name, "seconds": seconds}
        if arguments is not None:
            request |= {"arguments": arguments, "keywords": keywords}
        if self._process is None:
            raise Stopped("its process is gone")
        try:
            values.send(self._requests, request)
        except OSError:
            raise self._stopped("its process is gone") from None
        # The worker interrupts itself after this time; a moment later it is killed.
        answer = self._receive(seconds + 3, f"answer for {name}")
        if not isinstance(answer, dict):
            raise self._stopped("it sent something that is not an answer")
        return answer

    def left(self) -> float:
        """Return the seconds that are left."""
        return self.deadline - time.monotonic()

    @property
    def running(self) -> bool:
        return self._process is not None

    def _receive(self, seconds: float, what: str) -> Any:
        until = time.monotonic() + seconds

        def read(size: int) -> bytes:
            ready, _, _ = select.select([self._answers], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError
            return os.read(self._answers, size)

        try:
            return values.receive(read)
        except TimeoutError:
            raise self._stopped(f"it did not {what} within {seconds:.0f} s") from None
        except (EOFError, ValueError) as error:
            raise self._stopped(f"it did not {what}: {error}") from None

    def _stopped(self, why: str) -> Stopped:
        self._end()
        return Stopped(why)

    def _end(self) -> None:
        if self._process is None:
            return
        sandbox.end(self._process, self._before)
        self._process = None
        os.close(self._requests)
        os.close(self._answers)
        self._log.close()


def copy_files(files: Path | None, target: Path) -> None:
    """Copy files and compiled loops; links are left out, because they could lead anywhere."""
    target.mkdir(parents=True)
    copy_compiled(target / ".compiled")
    if files is None:
        return
    for path in sorted(files.rglob("*")):
        place = target / path.relative_to(files)
        if path.is_symlink():
            continue
        if path.is_dir():
            place.mkdir(exist_ok=True)
        elif path.is_file() and place.parent.is_dir():
            shutil.copyfile(path, place)


def copy_compiled(target: Path) -> None:
    """Copy the loops that numba has compiled to where NUMBA_CACHE_DIR expects them."""
    from numba.core.caching import UserProvidedCacheLocator

    compiled = [path for package in PACKAGES for path in package.rglob("__pycache__/*.nb[ic]")]
    for path in compiled:
        source = path.parent.parent / "any.py"
        folder = target / UserProvidedCacheLocator.get_suitable_cache_subpath(str(source))
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / path.name)


def environment(here: Path) -> dict[str, str]:
    """Return the environment of the worker: what Python needs, no token and no home folder."""
    kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    own = {name: str(here) for name in ("HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR")}
    more = {"NUMBA_CACHE_DIR": str(here / ".compiled"), "MPLBACKEND": "Agg"}
    return kept | own | more | ONE_THREAD
