"""Run a submission in bubblewrap: with limits, and without a network or files of the teacher."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

import lstm_md
import reproduction
from lstm_md._support.processes import ONE_THREAD, free_memory
from tools.grading import worker

PACKAGES = [str(Path(str(package.__file__)).parent) for package in (lstm_md, reproduction)]
PYTHON = [sys.prefix, sys.base_prefix, *PACKAGES, worker.__file__]
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/alternatives")
RESERVE = 512 << 20  # bytes of memory that stay free on the machine
INSTALL = "install bubblewrap 0.8 or newer (Debian, Ubuntu: apt install bubblewrap; Linux only)"


@dataclass(frozen=True)
class Limits:
    """Limits of a submission: times in seconds, and memory and files in MiB."""

    seconds: int = 600
    cell_seconds: int = 120
    test_seconds: int = 120
    memory: int = 4096
    disk: int = 512
    processes: int = 256


class Stopped(Exception):
    """The process of the submission ended, or had to be ended."""


def command(readable: Iterable[str | Path], limits: Limits) -> list[str]:
    """Return the command line that puts a program into the sandbox.

    Parameters
    ----------
    readable : iterable of path
        Files and folders that the program can read, besides the system and Python.
    """
    unshared = ["ipc", "pid", "net", "uts", "cgroup-try"]
    made = ["bwrap", "--die-with-parent", "--new-session", *(f"--unshare-{x}" for x in unshared)]
    made += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    for folder, size in (("/tmp", limits.disk), ("/dev/shm", 64)):
        made += ["--perms", "1777", "--size", str(size << 20), "--tmpfs", folder]
    for path in map(Path, (*SYSTEM, *PYTHON, *readable)):
        for parent in list(path.parents)[-2::-1]:
            made += ["--perms", "0755", "--dir", str(parent)]
        made += ["--ro-bind-try", str(path), str(path)]
    made += ["--remount-ro", "/"]
    user = ["--unshare-user", "--disable-userns"]
    if os.geteuid() != 0:
        return [*made, *user]
    # The kernel does not limit the processes of root: another user is needed inside.
    made += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    made += ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    return [*made, "bwrap", "--die-with-parent", *user, "--dev-bind", "/", "/"]


def problem() -> str:
    """Say why the sandbox cannot be used here; an empty text if it can."""
    if shutil.which("bwrap") is None:
        return f"bubblewrap is missing: {INSTALL}"
    line = [*command([], Limits()), sys.executable, "-I", "-c", ""]
    test = subprocess.run(line, capture_output=True, text=True)
    return f"bubblewrap does not work: {test.stderr.strip()}; {INSTALL}" if test.returncode else ""


class Session:
    """The process of one submission; leave a ``with`` block to end it.

    Parameters
    ----------
    cells : list of str
        The code of the notebook.
    files, given : Path
        The files beside the notebook, and a folder in which the tests write files for it.
    limits : Limits
    unsafe : bool
        Run it without the sandbox.
    """

    def __init__(
        self, cells: list[str], files: Path, given: Path, limits: Limits, unsafe: bool = False
    ) -> None:
        self.cells, self.files, self.given = cells, files, given
        self.limits, self.unsafe = limits, unsafe
        self.deadline = time.monotonic() + limits.seconds
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()

    def start(self) -> list[list[str]]:
        """Run all cells in a new process; return what each printed, and its error.

        Raises
        ------
        Stopped
            If the process does not reach the end of the notebook.
        """
        self.end()
        limits, self.why = self.limits, "it ended its own process, or sent no answer"
        self.errors = tempfile.TemporaryFile()  # of the sandbox: the submission cannot write there
        home = tempfile.mkdtemp(dir=self.given) if self.unsafe else "/tmp/home"
        line = [sys.executable, "-I", worker.__file__]
        if not self.unsafe:
            line = [*command([self.files, self.given], limits), *line]
        own = {name: home for name in ("HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR")}
        kept = {name: os.environ[name] for name in ("PATH", "KERAS_BACKEND") if name in os.environ}
        self.process = subprocess.Popen(
            line,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env={**kept, **own, **ONE_THREAD, "MPLBACKEND": "Agg", "LANG": "C.UTF-8"},
            start_new_session=True,
        )
        ready = self.process.stdout
        assert ready is not None
        threading.Thread(target=self._watch, args=(self.process,), daemon=True).start()
        resources = {"RLIMIT_FSIZE": limits.disk << 20, "RLIMIT_CORE": 0}
        if sys.platform == "linux":
            resources["RLIMIT_DATA"] = limits.memory << 20
        if not self.unsafe:
            resources["RLIMIT_NPROC"] = limits.processes
        settings = {
            "cells": self.cells,
            "cell_seconds": limits.cell_seconds,
            "limits": resources,
            "packages": PACKAGES,
            "files": str(self.files),
            "home": home,
        }
        # It gets its code only when it runs in the sandbox. Bubblewrap, if this process is killed
        # before, may not know yet whose death ends it. But it finds no code, and ends as well.
        with contextlib.suppress(TimeoutError), worker.at_most(self.deadline - time.monotonic()):
            ready.readline(2)
        return self.exchange(settings, limits.seconds)

    def exchange(self, request: dict[str, Any], seconds: float) -> Any:
        """Send a request and return the answer.

        Raises
        ------
        Stopped
            If there is no answer within the time, or none that can be read.
        """
        process, left = self.process, self.deadline - time.monotonic()
        if process is None or process.stdin is None or process.stdout is None:
            raise Stopped("its process is gone")
        if left <= 0:
            raise self.stopped(f"all of its {self.limits.seconds} s are used")
        try:
            if process.poll() is not None:
                raise OSError("what it started may live for a moment longer, and answer")
            with worker.at_most(min(seconds, left)):
                process.stdin.write(json.dumps(request).encode() + b"\n")
                process.stdin.flush()
                line = process.stdout.readline(worker.LONGEST_LINE)
                return json.loads(line)
        except TimeoutError as error:
            raise self.stopped(f"it {error}") from None
        except (OSError, ValueError, RecursionError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1)  # the watch says why it was ended
            said = os.pread(self.errors.fileno(), 2000, 0).decode(errors="replace")
            raise self.stopped(f"{self.why} {said}".strip()) from None

    def stopped(self, why: str) -> Stopped:
        """End the process, and return the exception to raise."""
        self.end()
        return Stopped(why)

    def end(self) -> None:
        """Kill the process; in the sandbox everything that it started dies with it."""
        process, self.process = self.process, None
        if process is None:
            return
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for pipe in filter(None, (process.stdin, process.stdout, self.errors)):
            with contextlib.suppress(OSError):
                pipe.close()

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """Kill the process when all that it started uses too much memory together."""
        while process.poll() is None:
            used = 0
            with contextlib.suppress(psutil.Error):
                for child in psutil.Process(process.pid).children(recursive=True):
                    with contextlib.suppress(psutil.Error):
                        used += child.memory_info().rss
            if used > self.limits.memory << 20 or free_memory() < RESERVE:
                self.why = f"it used more memory than the {self.limits.memory} MiB that are allowed"
                process.kill()
            time.sleep(0.2)


def shows(path: Path) -> bool:
    """Say whether a path lies in a folder that every submission can read."""
    return any(path.resolve().is_relative_to(Path(place).resolve()) for place in (*SYSTEM, *PYTHON))
