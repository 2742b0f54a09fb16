"""Recipes and their jobs: each job is one function call that writes one file, once."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lstm_md._support.archives import DamagedError
from lstm_md._support.files import locked
from reproduction.runs.files import as_json, load_file, save_file
from reproduction.runs.provenance import provenance

WORKING = ".working"  # Checkpoints, locks and logs. The folder is removed from a finished record.
LOCK = ".lock"  # The lock of the whole folder. No job has that name.


class EnsembleError(RuntimeError):
    """Some jobs of a run failed. All others were done, and their files are kept."""


class JobSettings(SimpleNamespace):
    """The arguments of a job, as attributes."""

    def only(self, *names: str) -> dict[str, Any]:
        """Return some of the arguments, as keyword arguments for a function."""
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Job:
    """One function call that writes one file.

    Parameters
    ----------
    file : str
        The file's name in the record, ending in ``.npz`` or ``.json``.
    function : callable
        A function of a module that a worker can import. It is called as
        ``function(folder, work, settings)``. ``folder`` is the record's folder, which holds the
        files of earlier stages. ``work`` is a folder for the job's own checkpoints. ``settings``
        holds the arguments as :class:`JobSettings`. The function returns the content that
        :func:`reproduction.runs.files.save_file` writes.
    arguments : mapping
        Values that JSON can hold. The file stores them, and an existing file is used again only
        if its arguments are equal. Their names are therefore part of the record contract.
    stage : int
        All jobs of one stage are done before the next stage begins.
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
        Everything that the numbers depend on. JSON can hold it.
    jobs : tuple of Job
        Each job writes one file of the record.
    summarise : callable
        ``summarise(folder, settings)`` computes the numbers and verdicts of a finished record
        from its files, within seconds. JSON can hold the result. Its key ``verdicts``, if there
        is one, maps each claim to a mapping with ``outcome``.
    hidden : bool
        Whether ``list`` leaves the run out, because it is made for tests.
    needs : tuple of str
        The records in the same folder that the jobs read.
    """

    name: str
    description: str
    settings: Mapping[str, Any]
    jobs: tuple[Job, ...]
    summarise: Callable[[Path, Mapping[str, Any]], dict[str, Any]]
    hidden: bool = False
    needs: tuple[str, ...] = ()


def run_job(job: Job, folder: Path) -> float:
    """Do a job unless its file exists already, and return the seconds that it took.

    A lock lets only one process at a time work on a job, because a worker that was believed
    dead may still be running.

    Raises
    ------
    ValueError
        If the file exists and was made with other arguments.
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
        # The file is written in the working folder first, so that a write that is killed leaves
        # its temporary file there and not in the record.
        temporary = work / job.file
        save_file(temporary, content, job.arguments, origin)
        os.replace(temporary, folder / job.file)
        shutil.rmtree(work, ignore_errors=True)
    return seconds


def seconds_taken(
    job: Job, folder: Path, tell: Callable[[str], None] | None = None
) -> float | None:
    """Return how long a finished job took, or None if its file is missing or damaged.

    Raises
    ------
    ValueError
        If the file was made with other arguments.
    """
    path = folder / job.file
    try:
        found = load_file(path)
    except FileNotFoundError:
        return None
    except DamagedError as error:
        if tell:
            tell(f"{job.name}: the job is done again, because its file cannot be used ({error})")
        return None
    wanted = as_json(job.arguments)
    if found["settings"] != wanted:
        theirs = {k: v for k, v in found["settings"].items() if wanted.get(k, ...) != v}
        ours = {k: v for k, v in wanted.items() if found["settings"].get(k, ...) != v}
        raise ValueError(
            f"folder: {path} was made with {theirs}, but this run has {ours}. Give another "
            f"folder, or remove that file so that it is made again"
        )
    return float(found["provenance"].get("seconds", 0.0))
