"""Jobs for the tests of the pool, in a module of their own that workers can import."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
import warnings
from pathlib import Path

import numpy as np


def note(log, event, name, step=0):
    """Append a line to the log. Such a short line is never mixed with another one."""
    with open(log, "a") as file:
        file.write(f"{event} {name} {step} {os.getpid()}\n")


def notes(log):
    """Return all lines of the log as (event, name, step, pid)."""
    lines = Path(log).read_text().splitlines() if Path(log).exists() else []
    return [(e, n, int(s), int(p)) for e, n, s, p in (line.split() for line in lines)]


def steps(folder, work, settings):
    """Take n steps, and continue from the last one after a kill."""
    kept, n = work / "steps", getattr(settings, "n", 10)
    done = len(kept.read_bytes()) if kept.exists() else 0
    note(settings.log, "start", settings.name, done)
    for _ in range(done, n):
        time.sleep(getattr(settings, "seconds", 0.05))
        with open(kept, "ab") as file:
            file.write(b".")
    note(settings.log, "finish", settings.name, n)
    return {"labels": np.arange(n, dtype=np.uint8)}


def killed(folder, work, settings):
    """Kill the process of this job, each time."""
    note(settings.log, "start", settings.name)
    os.kill(os.getpid(), signal.SIGKILL)


def wrong(folder, work, settings):
    """Raise an error."""
    note(settings.log, "start", settings.name)
    raise ValueError(f"{settings.name}: found nothing; give something")


def warned(folder, work, settings):
    """Warn twice: of something that a user should know, and of something else."""
    warnings.warn("one value is missing", UserWarning, stacklevel=2)
    warnings.warn("an old call", DeprecationWarning, stacklevel=2)
    return {"value": 1.0}


def large(folder, work, settings):
    """Return an array of so many bytes, which a full disk cannot hold."""
    note(settings.log, "start", settings.name)
    return {"noise": np.random.default_rng(1).random(settings.size // 8)}


def threads(folder, work, settings):
    """Return what the environment of the worker says of threads, and how a child of it ended."""
    child = multiprocessing.get_context("spawn").Process(target=int)
    child.start()
    child.join()
    threads = np.array(os.environ.get("OMP_NUM_THREADS", ""))
    return {"threads": threads, "pid": os.getpid(), "exit_code": child.exitcode}
