"""Parallel processes: their number, their threads, their memory, and how they end."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from math import inf
from pathlib import Path

# One thread per process, because one chapter, test or training runs on each core.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


# Every machine has as many bytes. To ask for its free memory takes longer than such small work.
LITTLE = 1 << 16


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_memory() -> float:
    """Return the bytes of memory that this process can still get; infinite if it is not known."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = 1024.0 * next(int(line.split()[1]) for line in lines if "MemAvailable" in line)
    except (OSError, StopIteration):
        # Of macOS only the whole memory is known.
        names = getattr(os, "sysconf_names", {})
        pages = "SC_AVPHYS_PAGES" if "SC_AVPHYS_PAGES" in names else "SC_PHYS_PAGES"
        free = float(os.sysconf(pages) * os.sysconf("SC_PAGE_SIZE")) if pages in names else inf
    try:  # A container often gets less than its machine has, and is killed when it takes more.
        group = Path("/sys/fs/cgroup")
        limit, taken = (int((group / f"memory.{n}").read_text()) for n in ("max", "current"))
        stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        return min(free, float(limit - taken + int(stat["inactive_file"])))
    except (OSError, ValueError, KeyError):  # There is no such limit.
        return free


def check_memory(n_bytes: float, name: str, advice: str) -> None:
    """Refuse work that needs more memory than there is, before it begins.

    Parameters
    ----------
    n_bytes : float
        What the work needs.
    name : str
        The argument that decides it, for the message.
    advice : str
        What to do, for the message.

    Raises
    ------
    MemoryError
        If less is free.
    """
    if n_bytes <= LITTLE:
        return
    free = free_memory()
    if n_bytes > free:
        raise MemoryError(
            f"{name}: this needs {n_bytes / 2**30:,.1f} GiB of memory, and {free / 2**30:,.1f} GiB "
            f"are free; {advice}"
        )


def end_with_parent(seconds_to_save: float = 0.0) -> None:
    """End this process when its parent process ends, for whatever reason.

    Otherwise a child whose parent was killed would continue unseen, and slow down later work.

    Parameters
    ----------
    seconds_to_save : float
        If this is not 0, the process first receives SIGTERM and has this time to save its state.
    """

    def watch() -> None:
        parent = multiprocessing.parent_process()
        assert parent is not None
        parent.join()
        if seconds_to_save:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(seconds_to_save)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
