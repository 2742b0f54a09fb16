"""The recorded runs: fresh data sets of a potential or of the trap, with one network each.

A network cannot be more accurate than its data, so one data set does not show whether networks of
a method follow the process. Ten fresh data sets do, with one network for each: the errors of the
data differ from set to set and average out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.settings import Settings
from reproduction.calibration.trap import RECORD_FRAMES, ZERO_NM, simulate_tenths
from reproduction.common.method import settings_of
from reproduction.fresh_sets.answers import COUNTED, set_files, summarise
from reproduction.methods.judge import NULLS
from reproduction.methods.questions import QUESTIONS
from reproduction.potentials.run import PotentialStudy, learn, simulated
from reproduction.riboswitch.states import N_LABELS
from reproduction.runs.recipe import Job, JobSettings, Recipe

NETWORK_SEED = 50  # is added to the seed of a data set
#: Settings of a study of one data set that have no part here.
_OF_ONE_SET = ("other", "claims", "segments", "commit_times", "blank_frames")


@dataclass(frozen=True)
class FreshStudy:
    """Fresh data sets of one potential, with one training each.

    Parameters
    ----------
    like : PotentialStudy
        Data, networks and trainings are prepared as in this study of one data set. Its claims
        are asked.
    trainings : int
        The number of data sets, each with a network; from 6 to 16.
    seed : int
        Data set k has the seed 100 × ``seed`` + k, and its network a seed that is 50 larger.
    """

    like: PotentialStudy
    trainings: int = 10
    seed: int = 30

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: a job for each data set and its network."""
        every = {k: v for k, v in settings_of(self.like).items() if k not in _OF_ONE_SET}
        every |= {"trainings": self.trainings, "seed": self.seed}
        return _recipe(name, description, every, self.like.claims, learn_fresh_set, hidden)


@dataclass(frozen=True)
class FreshTrapStudy:
    """Fresh simulations of the optical trap that are like the riboswitch's record.

    Parameters
    ----------
    method : Settings
    frames : int
        Of a simulation, as many as the record has; a multiple of 400,000. Each chain that a
        network generates is as long.
    zero_nm : float
        By so much the zero of the instrument differs from tenth to tenth, as in the record.
    claims : tuple of str
        The claims about the riboswitch that are asked.
    embedding, units, epochs, learning_rate, decay, chains, prompt_frames
        As for the potentials.
    trainings, seed : int
        See :class:`FreshStudy`.
    """

    method: Settings
    frames: int = RECORD_FRAMES
    zero_nm: float = ZERO_NM
    claims: tuple[str, ...] = ("R1", "R2", "R3")
    embedding: int = 128
    units: int = 64
    epochs: int = 20
    learning_rate: float = 0.001
    decay: bool = False
    chains: int = 4
    prompt_frames: int = 1000
    trainings: int = 10
    seed: int = 30

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: a job for each data set and its network."""
        every = {k: v for k, v in asdict(self).items() if k not in _OF_ONE_SET}
        every["labels"] = N_LABELS
        return _recipe(name, description, every, self.claims, learn_fresh_trap, hidden)


def _recipe(
    name: str,
    description: str,
    settings: dict[str, Any],
    claims: Sequence[str],
    job: Callable[..., Mapping[str, Any]],
    hidden: bool,
) -> Recipe:
    """Make the recipe of either study, with all questions about its claims."""
    asked = [q.name for q in QUESTIONS.values() if q.claim in claims and q.fits(settings)]
    settings = {**settings, "questions": asked}
    own = {k: v for k, v in settings.items() if k != "trainings"}
    jobs = tuple(
        Job(file, job, {**own, "seed": 100 * settings["seed"] + k})
        for k, file in enumerate(set_files(settings))
    )
    return Recipe(name, description, settings, jobs, summarise, hidden, (NULLS,))


def learn_fresh_set(folder: Path, work: Path, settings: JobSettings) -> Mapping[str, Any]:
    """Simulate a data set, let a network learn it and generate, and count in both.

    Returns
    -------
    dict
        For each question, the counts of the data and of what the network generated, such as
        "data K1" and "LSTM K1", each of shape (points,); and the losses of the training.
    """
    return _learned(simulated(folder, work, settings)["labels"], work, settings)


def learn_fresh_trap(folder: Path, work: Path, settings: JobSettings) -> Mapping[str, Any]:
    """Do the same with a data set of the trap. See :func:`learn_fresh_set`."""
    labels = simulate_tenths(settings.seed, settings.zero_nm, settings.frames)
    return _learned(labels.ravel(), work, settings)


def _learned(data: NDArray[Any], work: Path, settings: JobSettings) -> Mapping[str, Any]:
    _, generated, history = learn(data, work, settings, settings.seed + NETWORK_SEED)
    counted = {
        f"{of} {name}": np.rint(QUESTIONS[name].counts(labels)).astype(np.int64)
        for of, labels in zip(COUNTED, (data, generated))
        for name in settings.questions
    }
    return {**counted, **{name: np.array(values) for name, values in vars(history).items()}}
