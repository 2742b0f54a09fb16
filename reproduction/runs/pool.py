"""Many independent parts of a run, over local processes or a Dask cluster; kills cost little.

What has its file is never done again, and what was killed is begun again by another worker,
where its own checkpoints let it go on.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import traceback
import warnings
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from lstm_md._support.processes import ONE_THREAD, end_with_parent, usable_cores
from reproduction.runs import cluster as _dask
from reproduction.runs.recipe import (
    HEARTBEAT,
    WORKING,
    EnsembleError,
    Job,
    Progress,
    do,
    seconds_taken,
)

DEATHS = 3  # of workers, on one part: then it is the part that kills them
# Each worker is one thread, and as many run as there are cores. Cards are shared, not grabbed.
ENVIRONMENT = {
    **ONE_THREAD,
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
}


def run(
    jobs: Sequence[Job],
    folder: Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    tell: Callable[[str], None] = print,
) -> None:
    """Do every part that has no file yet.

    Parameters
    ----------
    parts : sequence of Part
    folder : Path
        Of the record; it exists. The workers of a cluster must see it at the same place.
    workers : int, optional
        Processes on this machine, one thread each; the usable cores if left out.
    scheduler : str, optional
        Address of a Dask cluster, such as ``tcp://10.0.0.1:8786``, instead of local processes.
    tell : callable
        Gets the lines of progress.

    Raises
    ------
    EnsembleError
        If a part failed, or its workers died three times; the message says which and why.
    ValueError
        If a file is there already that was made with other settings.
    """
    (folder / WORKING).mkdir(exist_ok=True)
    done = {job.file: seconds_taken(job, folder, tell) for job in jobs}
    progress = Progress(jobs, {k: s for k, s in done.items() if s is not None}, tell)
    for stage in sorted({job.stage for job in jobs}):
        left = [job for job in jobs if job.stage == stage and done[job.file] is None]
        if not left:
            continue
        if scheduler is None:
            failures = _locally(left, folder, workers or usable_cores(), progress)
        else:
            failures = _dask.on_cluster(left, folder, scheduler, progress)
        if failures:
            lines = "\n".join(f"{name}: {why}" for name, why in failures.items())
            raise EnsembleError(
                f"{len(failures)} part(s) could not be done; the others are kept, and the same "
                f"command goes on from them\n{lines}"
            )


@dataclass
class _Worker:
    """A process that does one part."""

    job: Job
    process: Any
    answers: Connection


@dataclass(frozen=True)
class _Answer:
    """How a part ended: one of seconds and failure, or neither."""

    seconds: float | None = None
    failure: str | None = None
    warnings: Sequence[str] = ()


def _locally(jobs: Sequence[Job], folder: Path, workers: int, progress: Progress) -> dict[str, str]:
    """A process a part, so many at a time; returns what failed, and why."""
    waiting, running = deque(jobs), dict[Any, _Worker]()
    deaths: Counter[str] = Counter()
    failures: dict[str, str] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                worker = _start(waiting.popleft(), folder)
                running[worker.process.sentinel] = worker
            ended = wait(list(running), timeout=HEARTBEAT)
            if not ended:
                progress.beat(len(running), workers)
            for worker in [running.pop(sentinel) for sentinel in ended]:
                answer, job = _answer(worker), worker.job
                for warning in answer.warnings:
                    progress.tell(f"{job.name}: {warning}")
                if answer.seconds is not None:
                    progress.finished(job, answer.seconds, workers)
                    continue
                deaths[job.file] += 1
                failure = answer.failure or _death(worker, deaths[job.file], folder)
                if failure:
                    failures[job.name] = failure
                    progress.tell(f"{job.name} failed")
                else:
                    progress.tell(f"{job.name}: {_how(worker)}; begun again")
                    waiting.appendleft(job)
    finally:
        _end(list(running.values()))
    return failures


def _death(worker: _Worker, times: int, folder: Path) -> str | None:
    """What to say of a part whose process died so many times; nothing if it may try again."""
    if times < DEATHS:
        return None
    log = (folder / WORKING / f"{worker.job.name}.log").read_text(errors="replace").strip()
    return (
        f"{_how(worker)}, the last of {times} times; where memory is short, give fewer workers"
        + (f". The last it wrote: {log[-500:]}" if log else "")
    )


def _how(worker: _Worker) -> str:
    code = worker.process.exitcode
    return f"its process was ended by signal {-code}" if code < 0 else f"it ended with {code}"


def _start(job: Job, folder: Path) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    log = folder / WORKING / f"{job.name}.log"
    # Pickled here, so that a part that cannot be found in the child is its failure, not a death.
    process = context.Process(target=_child, args=(pickle.dumps(job), folder, log, theirs))
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)  # NumPy reads them once, when the child loads it
    try:
        process.start()
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        theirs.close()
    return _Worker(job, process, ours)


def _answer(worker: _Worker) -> _Answer:
    """What the process said; nothing if it died without a word."""
    worker.process.join()
    with worker.answers as answers:
        try:
            return answers.recv() if answers.poll() else _Answer()
        except EOFError:
            return _Answer()


def _child(pickled: bytes, folder: Path, log: Path, answers: Connection) -> None:
    if hasattr(os, "setsid"):
        os.setsid()  # Ctrl-C is for the parent, which asks its children to save
    end_with_parent(seconds_to_save=60)
    # What libraries say of the machine when they are loaded would come between the progress.
    with open(log, "wb") as file:
        os.dup2(file.fileno(), 2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default", UserWarning)
        try:
            answer = _Answer(seconds=do(pickle.loads(pickled), folder))
        except Exception:
            answer = _Answer(failure=traceback.format_exc().strip())
    of_ours = [str(w.message) for w in caught if issubclass(w.category, UserWarning)]
    answers.send(replace(answer, warnings=of_ours))


def _end(workers: Sequence[_Worker]) -> None:
    """Ask all that still run to save and end; those that do not are killed."""
    for worker in workers:
        worker.process.terminate()
    for worker in workers:
        worker.process.join(60)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
