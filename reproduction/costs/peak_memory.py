"""Peak memory of a training or a fit, beyond what the process used before it."""

from __future__ import annotations

import math
import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from numpy.typing import NDArray

from lstm_md._support.processes import end_with_parent
from lstm_md.model import language_model
from lstm_md.training import train
from reproduction.costs.timing import STEP_FRAMES, fit_markov_model

STATUS = "/proc/self/status"  # Linux only
PEAK, NOW = "VmHWM", "VmRSS"


def memory_of_training(embedding_dim: int, units: int, labels: NDArray, n_labels: int) -> float:
    """Measure the memory of a training in MB; call it in a fresh process."""
    # A step reads its own batch only, so two steps need as much memory as a million.
    few = labels[: 2 * STEP_FRAMES + 1]

    def train_network(embedding_dim: int, units: int) -> None:
        model = language_model(n_labels, embedding_dim, units)
        train(model, few, epochs=1, validation_fraction=0.0, progress=False)

    train_network(2, 2)  # libraries are loaded and loops are compiled before the measurement
    return peak_growth_mb(lambda: train_network(embedding_dim, units))


def memory_of_fit(name: str, labels: NDArray, n_labels: int) -> float:
    """Measure the memory of fitting a Markov model in MB; call it in a fresh process."""
    fit_markov_model(name, labels[: max(2_000, labels.size // 50)], n_labels)
    return peak_growth_mb(lambda: fit_markov_model(name, labels, n_labels))


def peak_growth_mb(work: Callable[[], object]) -> float:
    """Measure how far the resident memory rises while ``work`` runs, in MB.

    Returns
    -------
    float
        nan on systems other than Linux, which do not report it.
    """
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")  # resets the peak
    except OSError:  # without permission the peak so far is the best baseline
        before = _resident_mb(PEAK)
    else:
        before = _resident_mb(NOW)
    work()
    return max(_resident_mb(PEAK) - before, 0.0)


def in_fresh_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a new Python process and return its result.

    Memory that this process uses then does not count.

    Parameters
    ----------
    function : callable
        A function of a module, not of a notebook or a closure: the new process imports it.
    *arguments
        Its arguments.

    Raises
    ------
    RuntimeError
        If the new process ended without a result. What the function raises is raised here.
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
            f"the new process ended with exit code {process.exitcode} and without a result; check "
            f"whether there is enough memory"
        ) from None
    finally:
        ours.close()
        process.join()
    if error is not None:
        raise error
    return answer


def _answer(answers: Connection, function: Callable[..., Any], arguments: tuple) -> None:
    end_with_parent()  # a process left behind would disturb later measurements
    try:
        answers.send((function(*arguments), None))
    except Exception as error:
        answers.send((None, error))


def _resident_mb(name: str) -> float:
    if not os.path.exists(STATUS):
        return math.nan
    with open(STATUS, encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1000
    return math.nan
