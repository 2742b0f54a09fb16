"""The parts of a run on an existing Dask cluster."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from reproduction.runs.recipe import HEARTBEAT, WORKING, EnsembleError, Job, Progress, do

CONNECT = 20  # seconds until a cluster must have answered
PATIENCE = 600.0  # seconds that a cluster may have no worker at all


def on_cluster(
    jobs: Sequence[Job], folder: Path, scheduler: str, progress: Progress
) -> dict[str, str]:
    """Do parts on the workers of a cluster; returns what failed, and why.

    Dask gives the part of a worker that died to another, up to the cluster's setting
    ``distributed.scheduler.allowed-failures`` (3), and so bounds what a part can kill. It blames
    every part that the worker held, so those that are blamed are tried once more, each alone.

    Raises
    ------
    EnsembleError
        If ``dask.distributed`` is not installed, the cluster does not answer or has no workers,
        or a worker does not see ``folder``.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise EnsembleError(
            "scheduler: dask.distributed is not installed; pip install 'lstm-md[scale]', or "
            "leave the scheduler out to use local processes"
        ) from error
    try:
        client = Client(scheduler, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise EnsembleError(
            f"scheduler: no cluster answers at {scheduler} ({error}); start one with "
            f"`dask scheduler`, and give the address that it prints"
        ) from error
    with client, client.as_current():
        _check_workers(client, folder.resolve(), scheduler)
        failures, blamed = _together(client, jobs, folder.resolve(), progress)
        for job in blamed:
            progress.tell(f"{job.name}: its worker died each time; once more, alone")
            failures |= _together(client, [job], folder.resolve(), progress, alone=True)[0]
    return failures


def _check_workers(client: Any, folder: Path, scheduler: str) -> None:
    token = folder / WORKING / f"seen-{uuid.uuid4().hex}"
    token.touch()
    try:
        sees = client.run(Path.is_file, token)
    finally:
        token.unlink()
    if not sees:
        raise EnsembleError(
            f"scheduler: {scheduler} has no workers; start some with `dask worker {scheduler} "
            f"--nthreads 1`, one for each core"
        )
    blind = [address for address, seen in sees.items() if not seen]
    if blind:
        raise EnsembleError(
            f"folder: the workers {', '.join(blind)} do not see {folder}; give a folder on a "
            f"disk that all machines share"
        )


def _together(
    client: Any, jobs: Sequence[Job], folder: Path, progress: Progress, *, alone: bool = False
) -> tuple[dict[str, str], list[Job]]:
    """What failed, and why; and the parts whose workers died, if they were not alone."""
    from distributed import KilledWorker, wait

    # Before Python 3.11 theirs is not the built-in one.
    from distributed import TimeoutError as LateError

    waiting, running = deque(jobs), dict[Any, Job]()
    failures, blamed = dict[str, str](), list[Job]()
    idle = 0.0
    while waiting or running:
        slots = sum(client.nthreads().values())
        # No more than there are slots: a death is blamed on all parts that the worker holds.
        while waiting and len(running) < slots:
            job = waiting.popleft()
            running[client.submit(do, job, folder, pure=False)] = job
        idle = 0.0 if slots else idle + HEARTBEAT
        if idle > PATIENCE:
            lost = dict.fromkeys([p.name for p in (*running.values(), *waiting)], "no worker left")
            return failures | lost, blamed
        if not running:
            progress.tell("the cluster has no worker; waiting for one")
            with suppress(LateError):
                client.wait_for_workers(1, timeout=HEARTBEAT)
            continue
        try:
            ended = wait(list(running), timeout=HEARTBEAT, return_when="FIRST_COMPLETED").done
        except LateError:
            progress.beat(len(running), slots)
            continue
        for future in ended:
            if future.status == "pending":
                continue  # the worker died with the result: it comes again, from the file
            job = running.pop(future)
            if future.status == "finished":
                progress.finished(job, future.result(), slots)
            elif not alone and isinstance(future.exception(), KilledWorker):
                blamed.append(job)
            else:
                failures[job.name] = _why(future)
                progress.tell(f"{job.name} failed: {failures[job.name].splitlines()[-1]}")
            # Kept, its result would be computed again if the worker that holds it died.
            future.release()
    return failures, blamed


def _why(future: Any) -> str:
    from distributed import KilledWorker

    if future.status != "error":
        return f"the cluster gave it up ({future.status}); is its scheduler alive?"
    error = future.exception()
    if isinstance(error, KilledWorker):
        return (
            f"its worker died each time it was tried, the last on {error.last_worker.address}; "
            f"where memory is short, start fewer workers a machine"
        )
    return f"{type(error).__name__}: {error}"
