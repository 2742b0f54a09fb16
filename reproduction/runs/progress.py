"""The lines that tell how far a run is and how long it will still take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reproduction.runs.recipe import Job

HEARTBEAT = 60.0  # The longest time without a line of progress, in seconds.


class Progress:
    """A count of the finished jobs, with an estimate of the time that the others need.

    Parameters
    ----------
    jobs : sequence of Job
    done : mapping of str to float
        The seconds of the jobs that were finished before, by file.
    tell : callable
        Receives each line.
    """

    def __init__(
        self, jobs: Sequence[Job], done: Mapping[str, float], tell: Callable[[str], None]
    ) -> None:
        self.jobs, self.seconds, self.tell = {job.file: job for job in jobs}, dict(done), tell
        if done:
            tell(f"{len(done)} of {len(jobs)} jobs are done already")

    def finished(self, job: Job, seconds: float, n_workers: int) -> None:
        """Tell that a job is finished."""
        self.seconds[job.file] = seconds
        self.tell(
            f"{len(self.seconds)}/{len(self.jobs)} {job.name} … {seconds:.0f} s"
            f"{self.time_left(n_workers)}"
        )

    def beat(self, n_running: int, n_workers: int) -> None:
        """Tell how far the run is after a while in which no job ended."""
        done = f"{len(self.seconds)}/{len(self.jobs)} done"
        self.tell(f"{done}, {n_running} running{self.time_left(n_workers)}")

    def time_left(self, n_workers: int) -> str:
        """Estimate the time left from finished jobs that call the same functions.

        The text is empty if no job is left, or if one calls a function whose time is unknown.
        """
        took: dict[Any, list[float]] = {}
        for file, seconds in self.seconds.items():
            took.setdefault(self.jobs[file].function, []).append(seconds)
        left = [job.function for file, job in self.jobs.items() if file not in self.seconds]
        if not left or any(function not in took for function in left):
            return ""
        total = sum(sum(took[function]) / len(took[function]) for function in left)
        minutes = total / max(min(n_workers, len(left)), 1) / 60
        return f"; about {minutes:.0f} min left" if minutes >= 1 else "; less than a minute left"
