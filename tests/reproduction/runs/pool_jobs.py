"""Parts for the tests of ensembles: a module of its own, so that workers can import it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np


def note(log, event, name, step=0):
    """A line with who did what; such a short one is appended whole."""
    with open(log, "a") as file:
        file.write(f"{event} {name} {step} {os.getpid()}\n")


def notes(log):
    """All lines: (event, name, step, pid)."""
    lines = Path(log).read_text().splitlines() if Path(log).exists() else []
    return [(e, n, int(s), int(p)) for e, n, s, p in (line.split() for line in lines)]


def steps(folder, work, *, log, name, n=10, seconds=0.05):
    """Takes n steps, and goes on from the last one after a kill."""
    kept = work / "steps"
    done = len(kept.read_bytes()) if kept.exists() else 0
    note(log, "start", name, done)
    for _ in range(done, n):
        time.sleep(seconds)
        with open(kept, "ab") as file:
            file.write(b".")
    note(log, "finish", name, n)
    return {"labels": np.arange(n, dtype=np.uint8)}


def killed(folder, work, *, log, name, times=1000):
    """Kills its own process, the first so many times."""
    note(log, "start", name)
    if len(list(work.iterdir())) < times:
        (work / str(time.monotonic_ns())).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"value": 1.0}


def wrong(folder, work, *, log, name):
    """Raises."""
    note(log, "start", name)
    raise ValueError(f"{name}: found nothing; give something")


def large(folder, work, *, log, name, size):
    """Needs so many bytes on the disk."""
    note(log, "start", name)
    return {"noise": np.random.default_rng(1).random(size // 8)}


def threads(folder, work, *, log, name):
    """What the environment of the worker says."""
    return {"threads": np.array(os.environ.get("OMP_NUM_THREADS", "")), "pid": os.getpid()}
