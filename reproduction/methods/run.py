"""The recorded null samples: counts in many blocks of each process, so that a chapter can test."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.archives import DamagedError, load_arrays, save_arrays
from lstm_md._support.files import locked
from reproduction.calibration.trap import ZERO_NM, at_lag, below_and_beyond
from reproduction.methods.questions import QUESTIONS, Question
from reproduction.runs.recipe import Job, JobSettings, Recipe


@dataclass(frozen=True)
class NullStudy:
    """The null samples of some questions.

    Parameters
    ----------
    claims : tuple of str
        Keys of :data:`reproduction.methods.questions.QUESTIONS`.
    """

    claims: tuple[str, ...] = tuple(QUESTIONS)

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: one job for each question."""
        jobs = tuple(Job(f"{claim}.npz", null_blocks, {"claim": claim}) for claim in self.claims)
        return Recipe(name, description, asdict(self), jobs, summarise, hidden)


@dataclass(frozen=True)
class LagNullStudy:
    """The null samples of the questions about Markov models of the riboswitch and of the trap.

    Parameters
    ----------
    lags : tuple of int
        In frames: those of all Markov models of the riboswitch. The trap is read at every frame.
    """

    lags: tuple[int, ...] = (1, 2, 3, 5, 10, 20, 30, 50, 100)

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: for each lag a job for the short commit times, and one for the long."""
        jobs = []
        for system, zero_nm, lags in (("riboswitch", ZERO_NM, self.lags), ("trap", 0.0, (1,))):
            for lag in lags:
                for beyond, times in enumerate(below_and_beyond(lag)):
                    if times:
                        settings = {"lag": lag, "beyond": bool(beyond), "zero_nm": zero_nm}
                        file = lag_file(system, lag, bool(beyond))
                        jobs.append(Job(file, lag_blocks, settings))
        return Recipe(name, description, asdict(self), tuple(jobs), summarise_lags, hidden)


def lag_file(system: str, lag_frames: int, beyond: bool) -> str:
    """The name of the file of a null sample; the system is "riboswitch" or "trap"."""
    return f"{system}-{lag_frames:03d}-{'beyond' if beyond else 'below'}.npz"


def lag_blocks(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Count in independent blocks, as in data and as in what a model generates.

    Returns
    -------
    dict
        ``data`` and ``model``, shape (blocks, points).
    """
    case = at_lag(settings.lag, settings.beyond, settings.zero_nm)
    data = case.blocks()
    model = case.blocks(of_model=True) if case.simulate_model else data
    return {"data": data.astype(np.float32), "model": model.astype(np.float32)}


def summarise_lags(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the commit times of each reading, in steps."""
    return {"numbers": {str(lag): list(below_and_beyond(lag)) for lag in settings["lags"]}}


def null_blocks(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Count in independent blocks of the process: ``blocks``, shape (blocks, points).

    A process is simulated once for all its questions. The first of their jobs keeps the counts
    of all, next to the working folders of the jobs, until the record is finished.
    """
    process = QUESTIONS[settings.claim].process
    asked = [question for question in QUESTIONS.values() if question.process == process]
    kept = work.parent / f"{process}.npz"
    with locked(kept.with_suffix(".lock")):
        try:
            counts = load_arrays(kept)
        except (FileNotFoundError, DamagedError):
            counts = {}
        if settings.claim not in counts:
            counts = count_together(asked)
            save_arrays(kept, counts)
    return {"blocks": counts[settings.claim]}


def count_together(questions: Collection[Question]) -> dict[str, NDArray[np.int32]]:
    """Simulate one process, and count for several questions, by their names."""
    simulations = {question.case.simulate for question in questions}
    n_simulations = max(question.case.n_simulations for question in questions)
    counts: dict[str, list[NDArray]] = {question.name: [] for question in questions}
    for k in range(n_simulations):
        drawn = {simulate: simulate(k) for simulate in simulations}
        for question in questions:
            case = question.case
            counts[question.name] += [case.count(block) for block in drawn[case.simulate]]
    return {name: np.array(found).astype(np.int32) for name, found in counts.items()}


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the process of each question."""
    return {"numbers": {claim: QUESTIONS[claim].case.words for claim in settings["claims"]}}
