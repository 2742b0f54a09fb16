"""Run many independent jobs at a time, on this machine or on a Dask cluster.

A job whose file exists is not done again. A job whose worker was killed begins again, and
continues from its own checkpoints if it keeps any.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from lstm_md._support.processes import usable_cores
from reproduction.runs import cluster
from reproduction.runs.local import LocalWorkers
from reproduction.runs.progress import HEARTBEAT, Progress
from reproduction.runs.recipe import WORKING, EnsembleError, Job, seconds_taken
from reproduction.runs.workers import JobError, WorkerDied, Workers


def run(
    jobs: Sequence[Job],
    folder: Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    tell: Callable[[str], None] = print,
) -> None:
    """Do every job that has no file yet.

    Parameters
    ----------
    jobs : sequence of Job
    folder : Path
        The record's folder, which exists. The workers of a cluster must see it at the same place.
    workers : int, optional
        The number of processes on this machine, which share the usable cores. By default there is
        one for each core.
    scheduler : str, optional
        The address of a Dask cluster to use instead, such as ``tcp://10.0.0.1:8786``.
    tell : callable
        Receives the lines of progress.

    Raises
    ------
    EnsembleError
        If a job failed, or its workers died too often. The message names each job and the reason.
    ValueError
        If a file exists that was made with other settings.
    """
    (folder / WORKING).mkdir(exist_ok=True)
    seconds = {job.file: seconds_taken(job, folder, tell) for job in jobs}
    progress = Progress(jobs, {k: s for k, s in seconds.items() if s is not None}, tell)
    left = [job for job in jobs if seconds[job.file] is None]
    if not left:
        return
    with _workers(folder, workers, scheduler, tell) as processes:
        for stage in sorted({job.stage for job in left}):
            failures = _run_stage([job for job in left if job.stage == stage], processes, progress)
            if failures:
                lines = "\n".join(f"{name}: {why}" for name, why in failures.items())
                raise EnsembleError(
                    f"{len(failures)} job(s) failed. The files of the others are kept, and the "
                    f"same command continues from them\n{lines}"
                )


def _workers(
    folder: Path, n_workers: int | None, scheduler: str | None, tell: Callable[[str], None]
) -> AbstractContextManager[Workers]:
    if scheduler is not None:
        return cluster.connect(scheduler, folder, tell)
    return LocalWorkers(folder, n_workers or usable_cores(), tell)


def _run_stage(jobs: Sequence[Job], workers: Workers, progress: Progress) -> dict[str, str]:
    """Do the jobs of one stage, and return why each job that failed did so, by name."""
    waiting, suspects, n_running = deque(jobs), deque[Job](), 0
    deaths, failures = Counter[str](), dict[str, str]()
    while waiting or suspects or n_running:
        if not waiting and not n_running:
            waiting.append(suspects.popleft())  # Alone: no other job runs beside it.
        n_slots = workers.n_slots()
        # No more jobs than slots: on a cluster, a death is blamed on every job a worker holds.
        while waiting and n_running < n_slots:
            workers.start(waiting.popleft())
            n_running += 1
        ended = workers.wait(HEARTBEAT)
        n_running -= len(ended)
        if not ended:
            progress.beat(n_running, n_slots)
        for job, outcome in ended:
            if not isinstance(outcome, JobError):
                progress.finished(job, outcome, n_slots)
                continue
            deaths[job.file] += isinstance(outcome, WorkerDied)
            if isinstance(outcome, WorkerDied) and deaths[job.file] < workers.max_deaths:
                (suspects if workers.retry_alone else waiting).appendleft(job)
                alone = ", alone" if workers.retry_alone else ""
                progress.tell(f"{job.name}: {outcome}; it begins again{alone}")
            else:
                failures[job.name] = _explained(outcome, deaths[job.file])
                progress.tell(f"{job.name} failed: {failures[job.name].splitlines()[-1]}")
    return failures


def _explained(error: JobError, deaths: int) -> str:
    if isinstance(error, WorkerDied):
        return f"{error} (tried {deaths} times). {error.advice}"
    return str(error)
