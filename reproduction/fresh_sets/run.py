"""The recorded runs: fresh data sets of a potential, with one network each.

A network cannot be more accurate than its data, so one data set does not show whether networks of
a method follow the process. Ten fresh data sets do, with one network for each: the errors of the
data differ from set to set and average out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reproduction.common.method import settings_of
from reproduction.fresh_sets.answers import COUNTED, set_files, summarise
from reproduction.methods.judge import NULLS
from reproduction.methods.questions import QUESTIONS
from reproduction.potentials.run import PotentialStudy, learn, simulated
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
        asked = [
            q.name for q in QUESTIONS.values() if q.claim in self.like.claims and q.fits(every)
        ]
        settings = {**every, "trainings": self.trainings, "seed": self.seed, "questions": asked}
        own = {k: v for k, v in settings.items() if k != "trainings"}
        jobs = tuple(
            Job(file, learn_fresh_set, {**own, "seed": 100 * self.seed + k})
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
    data = simulated(folder, work, settings)["labels"]
    _, generated, history = learn(data, work, settings, settings.seed + NETWORK_SEED)
    counted = {
        f"{of} {name}": np.rint(QUESTIONS[name].counts(labels)).astype(np.int64)
        for of, labels in zip(COUNTED, (data, generated))
        for name in settings.questions
    }
    return {**counted, **{name: np.array(values) for name, values in vars(history).items()}}
