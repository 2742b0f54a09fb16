"""The memory that a piece of work needs beyond what was in use before it."""

from __future__ import annotations

import math
import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from lstm_md._support.processes import end_with_parent

STATUS = "/proc/self/status"
PEAK, NOW = "VmHWM", "VmRSS"


def in_a_fresh_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a new Python, so that nothing of this one counts; its result.

    Parameters
    ----------
    function : callable
        Of a module, not of a notebook or a closure: the new Python has to find it.

    Raises
    ------
    RuntimeError
        If the new Python ended without an answer; what the function raised is raised here.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(theirs, function, arguments))
    process.start()
    theirs.close()
    try:
        answer, error = ours.recv()
    except EOFError:
        process.join()
        raise RuntimeError(
            f"the new process ended with {process.exitcode}; is memory short?"
        ) from None
    finally:
        ours.close()
        process.join()
    if error is not None:
        raise error
    return answer


def _answer(answers: Connection, function: Callable[..., Any], arguments: tuple) -> None:
    end_with_parent()  # what goes on unseen would disturb what is measured next
    try:
        answers.send((function(*arguments), None))
    except Exception as error:
        answers.send((None, error))


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
