"""Processes beside each other: how many, of how many threads, and for how long."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time

# One thread a process: several chapters, tests or trainings run at a time, one for each core.
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
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def end_with_parent(seconds_to_save: float = 0.0) -> None:
    """Have this process end when the one that started it does, however that one ended.

    A child whose parent was killed would go on unseen, beside whatever comes next.

    Parameters
    ----------
    seconds_to_save : float
        If not 0, SIGTERM asks first, and this long is waited.
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
