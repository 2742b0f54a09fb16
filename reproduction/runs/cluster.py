"""Workers of an existing Dask cluster."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from reproduction.runs.progress import HEARTBEAT
from reproduction.runs.recipe import WORKING, EnsembleError, Job, run_job
from reproduction.runs.workers import JobError, WorkerDied

MAX_CONNECT_SECONDS = 20
MAX_IDLE_SECONDS = 600.0  # How long a cluster may have no worker at all.


@contextmanager
def connect(scheduler: str, folder: Path, tell: Callable[[str], None]) -> Iterator[ClusterWorkers]:
    """Connect to a cluster, and check that its workers see the record's folder.

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
            "scheduler: dask.distributed is not installed. Install it with "
            "pip install 'lstm-md[scale]', or leave the scheduler out to use local processes"
        ) from error
    try:
        client = Client(scheduler, timeout=MAX_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise EnsembleError(
            f"scheduler: no cluster answers at {scheduler} ({error}). Start one with "
            f"`dask scheduler`, and give the address that it prints"
        ) from error
    with client, client.as_current():
        _check_workers(client, folder.resolve(), scheduler)
        yield ClusterWorkers(client, folder.resolve(), tell)


def _check_workers(client: Any, folder: Path, scheduler: str) -> None:
    token = folder / WORKING / f"seen-{uuid.uuid4().hex}"
    token.touch()
    try:
        sees_folder = client.run(Path.is_file, token)
    finally:
        token.unlink()
    if not sees_folder:
        raise EnsembleError(
            f"scheduler: {scheduler} has no workers. Start one for each core with "
            f"`dask worker {scheduler} --nthreads 1`"
        )
    blind = [address for address, sees in sees_folder.items() if not sees]
    if blind:
        raise EnsembleError(
            f"folder: the workers {', '.join(blind)} do not see {folder}. Give a folder on a "
            f"disk that all machines share"
        )


class ClusterWorkers:
    """The workers of a Dask cluster.

    When a worker dies, Dask gives its jobs to other workers. The cluster's setting
    ``distributed.scheduler.allowed-failures`` (3) limits how often. Dask blames every job that
    the worker held, so a job that is blamed is tried once more, alone.

    Parameters
    ----------
    client : distributed.Client
    folder : Path
        The record's folder, which all workers see at the same place.
    tell : callable
        Receives a line while the cluster has no worker.
    """

    max_deaths = 2  # Each stands for all deaths that the cluster's setting allows.
    retry_alone = True

    def __init__(self, client: Any, folder: Path, tell: Callable[[str], None]) -> None:
        self.client, self.folder, self.tell = client, folder, tell
        self._running: dict[Any, Job] = {}  # by the future

    def n_slots(self) -> int:
        """Return how many jobs can run at a time, after waiting for a worker if there is none.

        Raises
        ------
        EnsembleError
            If no worker comes.
        """
        # Before Python 3.11 this error is not the built-in one.
        from distributed import TimeoutError as LateError

        waited = 0.0
        while not (n_threads := sum(self.client.nthreads().values())):
            if waited >= MAX_IDLE_SECONDS:
                raise EnsembleError(
                    f"scheduler: the cluster has had no worker for {waited / 60:.0f} minutes. "
                    f"Start some, and give the same command again"
                )
            self.tell("the cluster has no worker; waiting for one")
            with suppress(LateError):
                self.client.wait_for_workers(1, timeout=HEARTBEAT)
            waited += HEARTBEAT
        return n_threads

    def start(self, job: Job) -> None:
        """Submit a job to the cluster."""
        self._running[self.client.submit(run_job, job, self.folder, pure=False)] = job

    def wait(self, seconds: float) -> list[tuple[Job, float | JobError]]:
        """Wait for the first job to end, and return every job that has ended."""
        from distributed import TimeoutError as LateError
        from distributed import wait

        ended: list[Any] = []
        while not ended:
            try:
                done = wait(list(self._running), seconds, return_when="FIRST_COMPLETED").done
            except LateError:
                return []
            # A job is pending again if its worker died with the result. Then its file exists.
            ended = [future for future in done if future.status != "pending"]
        outcomes = [(self._running.pop(future), _outcome(future)) for future in ended]
        for future in ended:
            # Dask would compute the result again if the worker that holds it died.
            future.release()
        return outcomes


def _outcome(future: Any) -> float | JobError:
    from distributed import KilledWorker

    if future.status == "finished":
        return future.result()
    if future.status != "error":
        return JobError(f"the cluster gave it up ({future.status}); check that its scheduler runs")
    error = future.exception()
    if isinstance(error, KilledWorker):
        return WorkerDied(
            f"its worker died each time, the last one at {error.last_worker.address}",
            "If memory is short, start fewer workers per machine.",
        )
    return JobError(f"{type(error).__name__}: {error}")
