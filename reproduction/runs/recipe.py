"""Recipes and their jobs: each job is one function call that writes one file, once."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lstm_md._support.archives import DamagedError
from reproduction.runs.files import as_json, load_file, save_file
from reproduction.runs.provenance import provenance

try:
    import fcntl
except ImportError:  # Windows: two runs in one folder are then the user's to avoid
    fcntl = None  # type: ignore[assignment]

WORKING = ".working"  # checkpoints and locks; gone when the record is finished
LOCK = ".lock"  # of the whole folder: no part has that name
HEARTBEAT = 60.0  # seconds without a line of progress


class EnsembleError(RuntimeError):
    """Some jobs failed. All others were done, and their files are kept."""


class JobSettings(SimpleNamespace):
    """The arguments of a job, as attributes."""

    def only(self, *names: str) -> dict[str, Any]:
        """Return some of them as keyword arguments."""
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Job:
    """One call that writes one file.

    Parameters
    ----------
    file : str
        The file's name in the record, ending in ``.npz`` or ``.json``.
    function : callable
        A function of a module that a worker can import. It is called as
        ``function(folder, work, settings)`` with the record's folder, which holds the files of
        earlier stages, a folder of its own for checkpoints, and the arguments as
        :class:`JobSettings`. It returns what :func:`reproduction.runs.files.save_file` writes.
    arguments : mapping
        What JSON can hold. The file stores them, and a record is only reused if they are equal,
        so their names are part of the record contract.
    stage : int
        All jobs of a stage are done before the next stage begins.
    """

    file: str
    function: Callable[[Path, Path, JobSettings], Mapping[str, Any]]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    stage: int = 0

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return Path(self.file).stem


@dataclass(frozen=True)
class Recipe:
    """A long run that can be recorded, verified and repeated: the jobs of a study.

    Parameters
    ----------
    name, description : str
    settings : mapping
        Everything that the numbers depend on, as JSON can hold it.
    jobs : tuple of Job
        Each writes one file of the record.
    summarise : callable
        ``summarise(folder, settings)`` computes the numbers and verdicts of a finished record
        from its files, in seconds, as JSON can hold them. The key ``verdicts``, if there is one,
        maps each claim to a mapping with ``outcome``.
    hidden : bool
        Not listed: made for tests.
    needs : tuple of str
        Records in the same folder that the jobs read.
    """

    name: str
    description: str
    settings: Mapping[str, Any]
    jobs: tuple[Job, ...]
    summarise: Callable[[Path, Mapping[str, Any]], dict[str, Any]]
    hidden: bool = False
    needs: tuple[str, ...] = ()


def do(job: Job, folder: Path) -> float:
    """Do one part, unless another process has done it meanwhile; returns its seconds.

    Only one process at a time works on a part: a worker that was given up for lost may be
    alive.
    """
    work = folder / WORKING / job.name
    with locked(folder / WORKING / f"{job.name}.lock"):
        seconds = seconds_taken(job, folder)
        if seconds is not None:
            return seconds
        resumed = work.is_dir()
        work.mkdir(exist_ok=True)
        begin = time.perf_counter()
        content = job.function(folder, work, JobSettings(**job.arguments))
        seconds = time.perf_counter() - begin
        origin = {**provenance(), "seconds": round(seconds, 3), "resumed": resumed}
        # In the working folder first: a killed write leaves its rest there, not in the record.
        written = work / job.file
        save_file(written, content, job.arguments, origin)
        os.replace(written, folder / job.file)
        shutil.rmtree(work, ignore_errors=True)
    return seconds


def seconds_taken(
    job: Job, folder: Path, tell: Callable[[str], None] | None = None
) -> float | None:
    """How long a part took, None if it has no file or a damaged one.

    Raises
    ------
    ValueError
        If its file was made with other settings.
    """
    path = folder / job.file
    try:
        found = load_file(path)
    except FileNotFoundError:
        return None
    except DamagedError as error:
        if tell:
            tell(f"{job.name}: made anew, for {error}")
        return None
    wanted = as_json(job.arguments)
    if found["settings"] != wanted:
        theirs = {k: v for k, v in found["settings"].items() if wanted.get(k, ...) != v}
        ours = {k: v for k, v in wanted.items() if found["settings"].get(k, ...) != v}
        raise ValueError(
            f"folder: {path} was made with {theirs}, and this run has {ours}; give another "
            f"folder, or remove that file to make it anew"
        )
    return float(found["provenance"].get("seconds", 0.0))


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a lock that ends with this process, however it ends.

    Raises
    ------
    BlockingIOError
        If another process holds it and ``wait`` is False.
    """
    with open(path, "a") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield


class Progress:
    """Counts finished parts and says how long the others will take."""

    def __init__(
        self, jobs: Sequence[Job], done: Mapping[str, float], tell: Callable[[str], None]
    ) -> None:
        self.jobs, self.seconds, self.tell = {job.file: job for job in jobs}, dict(done), tell
        if done:
            tell(f"{len(done)} of {len(jobs)} parts are there already")

    def finished(self, job: Job, seconds: float, workers: int) -> None:
        """A line for a part that has its file now."""
        self.seconds[job.file] = seconds
        self.tell(
            f"{len(self.seconds)}/{len(self.jobs)} {job.name} … {seconds:.0f} s"
            f"{self.time_left(workers)}"
        )

    def beat(self, running: int, workers: int) -> None:
        """A line for a while in which nothing ended."""
        done = f"{len(self.seconds)}/{len(self.jobs)} done"
        self.tell(f"{done}, {running} running{self.time_left(workers)}")

    def time_left(self, workers: int) -> str:
        """From parts of the same kind; nothing where there was none yet."""
        took: dict[Any, list[float]] = {}
        for file, seconds in self.seconds.items():
            took.setdefault(self.jobs[file].function, []).append(seconds)
        left = [job.function for file, job in self.jobs.items() if file not in self.seconds]
        if not left or any(function not in took for function in left):
            return ""
        mean = sum(sum(took[function]) / len(took[function]) for function in left)
        minutes = mean / max(min(workers, len(left)), 1) / 60
        return f"; about {minutes:.0f} min left" if minutes >= 1 else "; less than a minute left"
