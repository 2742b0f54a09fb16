"""The recorded runs: ten fresh data sets with one network each, and a long reference.

A network cannot be more accurate than its data. So one data set does not show whether networks of
a method follow the process. Ten fresh data sets do, with one network for each: the errors of the
data differ from set to set and average out. A reference simulation shows what the process does. It
is 1,000 times as long as a data set, so that its own error does not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lstm_md.model import language_model
from lstm_md.settings import AUTHORS, Settings
from reproduction.common.method import of_network, of_training, settings_of
from reproduction.common.numbers import round_for_json
from reproduction.common.train_and_generate import train_and_generate
from reproduction.fresh_sets.answers import (
    REFERENCE,
    load_reference,
    reference_files,
    set_files,
    summarise,
)
from reproduction.fresh_sets.systems import SYSTEMS
from reproduction.runs.recipe import Job, JobSettings, Recipe


@dataclass(frozen=True)
class FreshStudy:
    """Fresh data sets of a three-state potential, with one training each.

    Parameters
    ----------
    system : str
        A key of :data:`reproduction.fresh_sets.systems.SYSTEMS`, but not "trap": its data sets and
        networks are those of the record ``surrogate``.
    embedding, units, epochs, learning_rate, decay
        Of each network and its training.
    trainings : int
        Of data sets, with a network each; from 6 to 16.
    prompt_frames : int
        Labels of the data that a network reads before it generates.
    seed : int
        Data set k has the seed 100 × ``seed`` + k, and its network 100 × ``seed`` + 50 + k. All
        methods learn the same data sets.
    method : Settings
        All other settings of networks and trainings.
    """

    system: str
    method: Settings = AUTHORS
    embedding: int = 8
    units: int = 64
    epochs: int = 20
    learning_rate: float = 0.02
    decay: bool = True
    trainings: int = 10
    prompt_frames: int = 1000
    seed: int = 30

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: a job for each data set and its network."""
        settings = settings_of(self)
        own = {k: v for k, v in settings.items() if k not in ("trainings", "seed")}
        jobs = tuple(
            Job(file, learn_fresh_set, {**own, "seed": 100 * self.seed + k})
            for k, file in enumerate(set_files(settings))
        )
        return Recipe(name, description, settings, jobs, summarise, hidden, (REFERENCE,))


@dataclass(frozen=True)
class ReferenceStudy:
    """Long simulations of the systems, 1,000 times as long as a data set.

    Parameters
    ----------
    systems : tuple of str
        Keys of :data:`reproduction.fresh_sets.systems.SYSTEMS`.
    times_longer : int
        Length of each part of a reference, in lengths of a data set.
    parts : int
        Jobs of each system.
    seed : int
        Simulation k of a reference has the seed 100 × ``seed`` + k.
    """

    systems: tuple[str, ...] = tuple(SYSTEMS)
    times_longer: int = 100
    parts: int = 10
    seed: int = 40

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: some jobs for each system."""
        own = {"times_longer": self.times_longer, "seed": 100 * self.seed}
        jobs = tuple(
            Job(file, simulate_reference, {"system": system, "part": part, **own})
            for system in self.systems
            for part, file in enumerate(reference_files(system, self.parts))
        )
        return Recipe(name, description, asdict(self), jobs, summarise_reference, hidden)


def learn_fresh_set(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Simulate a data set, let a network learn it and generate, and count in both.

    Returns
    -------
    dict
        For everything that is compared, the counts of the data and of what the network generated:
        "data counts", "LSTM counts", …, each of shape (points,); and the losses of the training.
    """
    system = SYSTEMS[settings.system]
    data = system.simulate(system.data_frames, settings.seed)
    seed = settings.seed + 50
    network = language_model(
        system.n_labels, settings.embedding, settings.units, seed=seed, **of_network(settings)
    )
    generated, history = train_and_generate(
        network,
        data,
        data[: settings.prompt_frames],
        system.data_frames,
        work,
        n_chains=system.generated_frames // system.data_frames,
        seed=seed,
        **of_training(settings),
    )
    counted = {
        f"{of} {name}": points
        for of, labels in (("data", data), ("LSTM", generated))
        for name, points in system.count(labels).items()
    }
    return {**counted, **{name: np.array(values) for name, values in vars(history).items()}}


def simulate_reference(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Count in the pieces of some long simulations: integers of shape (pieces, points)."""
    system = SYSTEMS[settings.system]
    n_simulations = settings.times_longer * system.data_frames // system.simulated_frames
    seeds = settings.seed + settings.part * n_simulations + np.arange(n_simulations)
    rows = [
        system.count(piece)
        for seed in seeds.tolist()
        for piece in system.simulate(system.simulated_frames, seed).reshape(-1, system.piece_frames)
    ]
    return {name: np.array([row[name] for row in rows], np.int32) for name in rows[0]}


def summarise_reference(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mean counts in the data of a network, for every system."""
    numbers: dict[str, Any] = {}
    for name in settings["systems"]:
        system = SYSTEMS[name]
        pieces = system.learned_frames // system.piece_frames
        numbers[name] = {
            what: round_for_json(
                pieces * load_reference(folder, settings["parts"], name, what).mean(axis=0)
            )
            for what in system.cases
        }
    return {"numbers": numbers}
