"""How many epochs, and which way of reading: chosen on data that are not used afterwards.

The rule, written down before the run: a network takes the method and the number of epochs whose
held-back loss is lowest. The simulation of the training data lasts 200 ns, and the studies of this
folder learn its first half. Here the network learns most of the second half. It then reads the
last 20 ns with carried states, because what a network generates depends on states that it carries.
The choice is made at 256 units, where it takes half an hour for each angle. At the paper's 1,024
units it would take ten times as long, and so it holds there as well.

The waiting times and the largest error of a population stand beside the loss. They do not choose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lstm_md.analysis.populations import populations
from lstm_md.model import language_model
from lstm_md.settings import Settings
from lstm_md.training import evaluate
from reproduction.common.method import METHODS
from reproduction.common.numbers import round_for_json
from reproduction.common.train_and_generate import train_and_generate
from reproduction.dipeptide.recorded_simulations import DATA_FILE, LONG, unpack_angles
from reproduction.dipeptide.states import N_LABELS, labels_of
from reproduction.runs.files import load_file
from reproduction.runs.recipe import Job, JobSettings, Recipe


@dataclass(frozen=True)
class EpochStudy:
    """Trainings of several lengths, by two methods, on the second half of the simulation.

    Parameters
    ----------
    angles : tuple of {"phi", "psi"}
    methods : tuple of str
        Keys of :data:`reproduction.common.method.METHODS`.
    epochs : tuple of int
        Of the trainings. The learning rate decays over the whole of each.
    first, held_back : int
        The frame at which the training data begin, and how many frames at the end of the
        simulation are held back.
    length : int
        Labels that each network generates.
    embedding, units, learning_rate, seed
        As for :class:`reproduction.dipeptide.run.DipeptideStudy`.
    """

    angles: tuple[str, ...] = ("phi", "psi")
    methods: tuple[str, ...] = ("ours", "continued")
    epochs: tuple[int, ...] = (5, 10, 20)
    first: int = 1_000_000
    held_back: int = 200_000
    length: int = 500_000
    embedding: int = 128
    units: int = 256
    learning_rate: float = 0.002
    seed: int = 900

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: a job for each angle, method and number of epochs."""
        settings = asdict(self)
        used = ("first", "held_back", "length", "embedding", "units", "learning_rate", "seed")
        common = {k: settings[k] for k in used}
        jobs = tuple(
            Job(
                _file(angle, method, n),
                try_epochs,
                {"angle": angle, "method": asdict(METHODS[method]), "epochs": n, **common},
            )
            for angle in self.angles
            for method in self.methods
            for n in self.epochs
        )
        return Recipe(name, description, settings, jobs, summarise, hidden, (LONG,))


def try_epochs(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Train once.

    Returns
    -------
    dict
        The ``loss`` of the training, the ``held_back`` loss, the largest ``population`` error of
        the ``generated`` labels against the training data, and these labels.
    """
    content = load_file(folder.parent / LONG / DATA_FILE)
    labels = labels_of(unpack_angles(content[settings.angle][settings.first :]))
    labels, held_back = np.split(labels, [len(labels) - settings.held_back])
    method = replace(Settings(**settings.method), learning_rate=settings.learning_rate)
    network = language_model(
        N_LABELS, settings.embedding, settings.units, seed=settings.seed, **method.network
    )
    generated, history = train_and_generate(
        network, labels, labels[:1000], settings.length, work,
        seed=settings.seed, epochs=settings.epochs, **method.training,
    )  # fmt: skip
    errors = populations(generated, n_labels=N_LABELS) - populations(labels, n_labels=N_LABELS)
    return {
        "loss": history.loss[-1],
        "held_back": evaluate(network, held_back, initial_state="carried"),
        "population": float(np.abs(errors).max()),
        "generated": generated,
    }


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return, for each angle, the numbers of each training and the choice of the rule."""
    numbers: dict[str, Any] = {}
    for angle in settings["angles"]:
        tried = {
            (method, n): load_file(folder / _file(angle, method, n))
            for method in settings["methods"]
            for n in settings["epochs"]
        }
        method, n = min(tried, key=lambda key: float(tried[key]["held_back"]))
        numbers[angle] = {
            "chosen": {"method": method, "epochs": n},
            **{
                f"{method}, {n} epochs": {
                    name: round_for_json(float(found[name]))
                    for name in ("loss", "held_back", "population")
                }
                for (method, n), found in tried.items()
            },
        }
    return {"numbers": numbers}


def _file(angle: str, method: str, epochs: int) -> str:
    return f"{angle}-{method}-{epochs:02d}.npz"
