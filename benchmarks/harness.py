"""A race of contenders that take turns (A B C, A B C, …), each in its own process."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_md._support.processes import ONE_THREAD, usable_cores
from lstm_md.analysis.uncertainty import Estimate

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Contender:
    """One way to do the work.

    Parameters
    ----------
    name : str
    task : str
        ``module:factory``. The factory takes ``settings`` and returns a function that does the
        work ``count`` times.
    settings : dict
    count : int
        Units of work per round.
    threads : int
        Threads of the process; all cores if 0.
    processes : int
        Processes that do a round at the same time.
    warm : int
        Units of work at the beginning of each round that are not timed. They exclude costs that
        a long run has only once, such as getting memory back after another contender's turn.
    """

    name: str
    task: str
    settings: dict[str, Any] = field(default_factory=dict)
    count: int = 1
    threads: int = 0
    processes: int = 1
    warm: int = 0


@dataclass
class Timing:
    """The times of a contender.

    Attributes
    ----------
    seconds : list of float
        Seconds per unit of work, one value per round: those of the slowest process.
    first : float
        Seconds of the warm-up round, in which libraries compile.
    values : list
        The return values of the work.
    peak_memory : int
        Bytes of the first process.
    """

    seconds: list[float] = field(default_factory=list)
    first: float = 0.0
    values: list[Any] = field(default_factory=list)
    peak_memory: int = 0

    @property
    def median(self) -> float:
        """The median over the rounds, in seconds per unit of work."""
        return statistics.median(self.seconds)


class Worker:
    """The process of a contender, which runs :mod:`benchmarks.worker`."""

    def __init__(self, contender: Contender) -> None:
        threads = str(contender.threads or usable_cores())
        environment = {**os.environ, **dict.fromkeys(ONE_THREAD, threads)}
        # Several frameworks may share one GPU.
        environment |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
        command = [sys.executable, "-m", "benchmarks.worker", contender.task]
        command.append(json.dumps(contender.settings))
        self.name = contender.name
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
        )  # fmt: skip

    def begin(self, count: int, warm: int = 0) -> None:
        """Start ``count`` units of work after ``warm`` untimed ones; :meth:`answer` waits."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{warm} {count}\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Wait for the next answer; the first one says that the contender is ready."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            last = self.log.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{self.name} ended; its last output was:\n{last}")
        return json.loads(line)

    def end(self) -> None:
        """Stop the process."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()


def race(
    contenders: Sequence[Contender], rounds: int, *, warm_up: bool = True
) -> dict[str, Timing]:
    """Let contenders take turns, and time each round.

    Contenders with the same task, settings and threads share their processes.

    Parameters
    ----------
    contenders : sequence of Contender
    rounds : int
    warm_up : bool
        Let each contender do an extra round first, which does not count.

    Returns
    -------
    dict of str to Timing
        By name, in the order given.
    """
    workers: dict[str, list[Worker]] = {}
    timings = {contender.name: Timing() for contender in contenders}
    with ExitStack() as stack:
        for contender in contenders:
            shared = workers.setdefault(_process_key(contender), [])
            while len(shared) < contender.processes:
                shared.append(Worker(contender))
                stack.callback(shared[-1].end)
        for shared in workers.values():
            for worker in shared:
                worker.answer()
        for counted in [False] * warm_up + [True] * rounds:
            for contender in contenders:
                chosen = workers[_process_key(contender)][: contender.processes]
                _round(contender, chosen, timings[contender.name], counted)
    return timings


def _process_key(contender: Contender) -> str:
    return json.dumps([contender.task, contender.settings, contender.threads])


def _round(contender: Contender, workers: list[Worker], timing: Timing, counted: bool) -> None:
    for worker in workers:
        worker.begin(contender.count, contender.warm)
    answers = [worker.answer() for worker in workers]
    seconds = max(answer["seconds"] for answer in answers)
    timing.peak_memory = answers[0]["peak_memory"]
    if counted:
        timing.seconds.append(seconds / contender.count)
        timing.values.append(answers[0]["value"])
    else:
        timing.first = seconds


@dataclass(frozen=True)
class Ratio:
    """The ratio of two contenders' times: the median over rounds, and its range."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}–{self.high:.2f})"


def ratio(theirs: ArrayLike, ours: ArrayLike) -> Ratio:
    """Divide their times by our times, round by round.

    Rounds are compared in pairs, so that a disturbance of the machine affects both.

    >>> print(ratio([2.0, 3.0, 8.0], [1.0, 2.0, 2.0]))
    2.00 (1.50–4.00)
    """
    ratios = np.asarray(theirs, float) / np.asarray(ours, float)
    return Ratio(float(np.median(ratios)), float(ratios.min()), float(ratios.max()))


def fit_exponent(sizes: ArrayLike, times: ArrayLike) -> Estimate:
    """Fit the exponent a of time ∝ size^a by least squares on logarithms.

    Parameters
    ----------
    sizes, times : array_like, shape (points,)
        Positive; at least three points.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        If there are fewer than three points, which give no standard error.

    Examples
    --------
    >>> f"{fit_exponent([1, 10, 100], [3, 300, 30_000]):.2f}"
    '2.00 ± 0.00'
    """
    x, y = np.log(np.asarray(sizes, float)), np.log(np.asarray(times, float))
    if x.size < 3:
        raise ValueError(f"sizes: expected at least 3 points, found {x.size}; measure more")
    (slope, _), residuals, *_ = np.polyfit(x, y, 1, full=True)
    left = float(residuals[0]) if residuals.size else 0.0
    error = np.sqrt(left / (x.size - 2) / ((x - x.mean()) ** 2).sum())
    return Estimate(round(float(slope), 12), round(float(error), 12))
