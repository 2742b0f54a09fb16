"""The memory that a piece of work needs beyond what was in use before it."""

from __future__ import annotations

import math
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

STATUS = "/proc/self/status"
PEAK, NOW = "VmHWM", "VmRSS"


def in_a_fresh_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a new Python, so that nothing of this one counts; its result.

    Parameters
    ----------
    function : callable
        Of a module, not of a notebook or a closure: the new Python has to find it.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(function, *arguments).result()


def grown_mb(work: Callable[[], object]) -> float:
    """Peak of the resident memory while ``work`` runs, less what was resident before, in MB.

    nan where the system does not say (it does on Linux).
    """
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")  # the peak begins anew from here
    except OSError:  # not allowed: the peak so far is the best floor that there is
        before = _resident_mb(PEAK)
    else:
        before = _resident_mb(NOW)
    work()
    return max(_resident_mb(PEAK) - before, 0.0)


def _resident_mb(name: str) -> float:
    if not os.path.exists(STATUS):
        return math.nan
    with open(STATUS, encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1000
    return math.nan
