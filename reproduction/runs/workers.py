"""What the loop over the jobs needs from the workers, wherever they run."""

from __future__ import annotations

from typing import Protocol

from reproduction.runs.recipe import Job


class JobError(RuntimeError):
    """A job failed. The message says why."""


class WorkerDied(JobError):
    """The worker of a job died before the job ended.

    Parameters
    ----------
    what : str
        What happened.
    advice : str
        What a user can do if it happens each time.
    """

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what)
        self.advice = advice


class Workers(Protocol):
    """Processes that do one job each at a time.

    Attributes
    ----------
    max_deaths : int
        How often the worker of a job may die before the job is given up.
    retry_alone : bool
        Whether a job whose worker died is tried again with no other job beside it. This is
        needed where the death of a worker is blamed on several jobs.
    """

    max_deaths: int
    retry_alone: bool

    def n_slots(self) -> int:
        """Return how many jobs can run at a time. It is at least 1."""
        ...

    def start(self, job: Job) -> None:
        """Start a job and return at once."""
        ...

    def wait(self, seconds: float) -> list[tuple[Job, float | JobError]]:
        """Wait for the first job to end, and return every job that has ended.

        Returns
        -------
        list of (Job, float or JobError)
            The seconds that a finished job took, or the error of a failed one. The list is empty
            if no job ended within the given seconds.
        """
        ...
