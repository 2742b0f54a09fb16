"""Parallel processes: their number, their threads, and how they end."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time

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


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
