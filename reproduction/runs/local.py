"""Workers on this machine: one process per job."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from lstm_md._support.processes import ONE_THREAD, end_with_parent, usable_cores
from reproduction.runs.recipe import WORKING, Job, run_job
from reproduction.runs.workers import JobError, WorkerDied

SECONDS_TO_SAVE = 60  # How long a worker that is asked to end may take to save its state.


def environment(n_workers: int) -> dict[str, str]:
    """Return the settings of a worker: its share of the cores, and that of a graphics card."""
    threads = str(max(1, usable_cores() // n_workers))
    return {
        **{name: threads if value == "1" else value for name, value in ONE_THREAD.items()},
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    }


@dataclass(frozen=True)
class _Answer:
    """What a process says of its job: the seconds that it took, or why it failed."""

    seconds: float | None = None
    failure: str | None = None
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class _Worker:
    """A process, the job that it does, and the connection through which it answers."""

    job: Job
    process: Any
    answers: Connection


class LocalWorkers:
    """Processes on this machine that do one job each.

    ``concurrent.futures.ProcessPoolExecutor`` is not used because the death of one of its
    processes ends all of them. Here it concerns one job only.

    Parameters
    ----------
    folder : Path
        The record's folder.
    n_workers : int
        How many processes run at a time. They share the cores.
    tell : callable
        Receives the warnings of the jobs.
    """

    max_deaths = 3
    retry_alone = False

    def __init__(self, folder: Path, n_workers: int, tell: Callable[[str], None]) -> None:
        self.folder, self.n_workers, self.tell = folder, n_workers, tell
        self._running: dict[Any, _Worker] = {}  # by the sentinel of the process

    def __enter__(self) -> LocalWorkers:
        return self

    def __exit__(self, *_: object) -> None:
        """Ask every process that still runs to save and end, and kill those that do not."""
        processes = [worker.process for worker in self._running.values()]
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(SECONDS_TO_SAVE)
            if process.is_alive():
                process.kill()
                process.join()

    def n_slots(self) -> int:
        """Return how many jobs can run at a time."""
        return self.n_workers

    def start(self, job: Job) -> None:
        """Start a process for a job."""
        context = multiprocessing.get_context("spawn")
        answers, answers_of_child = context.Pipe(duplex=False)
        # The job is pickled here, and unpickled within the ``try`` of the child. A function that
        # the child cannot import is then a failure of the job and not the death of a worker.
        arguments = (pickle.dumps(job), self.folder, self._log(job), answers_of_child)
        process = context.Process(target=_child, args=arguments)
        settings = environment(self.n_workers)
        before = {name: os.environ.get(name) for name in settings}
        os.environ.update(settings)  # NumPy reads them once, when the child imports it.
        try:
            process.start()
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
            answers_of_child.close()
        self._running[process.sentinel] = _Worker(job, process, answers)

    def wait(self, seconds: float) -> list[tuple[Job, float | JobError]]:
        """Wait for the first job to end, and return every job that has ended."""
        ended = [self._running.pop(sentinel) for sentinel in wait(list(self._running), seconds)]
        return [(worker.job, self._outcome(worker)) for worker in ended]

    def _outcome(self, worker: _Worker) -> float | JobError:
        worker.process.join()
        answer = _Answer()
        with worker.answers as answers:
            try:
                if answers.poll():
                    answer = answers.recv()
            except (EOFError, OSError):  # It died before, or while, it answered.
                pass
        for warning in answer.warnings:
            self.tell(f"{worker.job.name}: {warning}")
        if answer.seconds is not None:
            return answer.seconds
        return JobError(answer.failure) if answer.failure else self._death(worker)

    def _death(self, worker: _Worker) -> WorkerDied:
        code = worker.process.exitcode
        log = self._log(worker.job)
        last_lines = log.read_text(errors="replace").strip()[-500:] if log.exists() else ""
        return WorkerDied(
            f"its process was ended by signal {-code}"
            if code < 0
            else f"its process ended with exit status {code}",
            "If memory is short, use fewer workers."
            + (f" The last lines of its log: {last_lines}" if last_lines else ""),
        )

    def _log(self, job: Job) -> Path:
        return self.folder / WORKING / f"{job.name}.log"


def _child(pickled: bytes, folder: Path, log: Path, answers: Connection) -> None:
    if hasattr(os, "setsid"):
        os.setsid()  # Ctrl-C reaches the parent only, which then asks its children to save.
    end_with_parent(seconds_to_save=SECONDS_TO_SAVE)
    # Libraries print about the machine when they are loaded. That would disturb the progress.
    with open(log, "wb") as file:
        os.dup2(file.fileno(), 2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default", UserWarning)
        try:
            answer = _Answer(seconds=run_job(pickle.loads(pickled), folder))
        except Exception:
            answer = _Answer(failure=traceback.format_exc().strip())
    for_users = [str(w.message) for w in caught if issubclass(w.category, UserWarning)]
    answers.send(replace(answer, warnings=for_users))
