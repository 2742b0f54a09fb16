"""Workers without processes: a new process needs seconds to load Keras.

That jobs run in processes of their own, and that these may die, is tested in ``test_pool.py``.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from reproduction.runs import pool
from reproduction.runs.recipe import run_job


class InThisProcess:
    """Workers that do their jobs here, one after another; like a process, they get a copy."""

    max_deaths, retry_alone = 1, False
    together: list[list[str]] = []

    def __init__(self, folder, n_workers, tell):
        self.folder, self.n_workers, self.begun = folder, n_workers, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def n_slots(self):
        return self.n_workers

    def start(self, job):
        self.begun.append(pickle.loads(pickle.dumps(job)))

    def wait(self, _):
        done, self.begun = self.begun, []
        self.together.append([job.name for job in done])
        return [(job, run_job(job, self.folder)) for job in done]


@contextmanager
def in_this_process() -> Iterator[list[list[str]]]:
    """Do jobs here, and give the names of those that would have run at the same time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")  # as a worker has it that shares the cores
        patch.setattr(pool, "LocalWorkers", InThisProcess)
        patch.setattr(InThisProcess, "together", together := [])
        yield together
