"""The recorded run: one training for each system, method and learning rate.

The rule, written down before the run: for each system and method, a network of this size takes
the rate whose held-back loss is lowest. The training data are as long as those of the study of the
system, because the best rate depends on the number of steps. The held-back labels are another
simulation, which the network reads with carried states: what a network generates depends on states
that it carries. The training data and the held-back labels are simulated with seeds that no other
study uses, so no result is judged on data that chose its learning rate. The populations and the
transitions of a generated trajectory stand beside the loss: a low loss can hide wrong populations.

A first rule took one rate for all systems, by the mean relative excess of their losses, from
200,000 frames of each. It chose 0.04, the largest rate that was tried. The four-state potential
decided that: with an eighth of the frames of its study, its networks were far from trained at lower
rates. So the rule was changed before any result was judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.populations import populations
from lstm_md.generation import generate
from lstm_md.model import language_model
from lstm_md.settings import Settings
from lstm_md.training import evaluate, train
from reproduction.common.method import METHODS
from reproduction.common.numbers import round_for_json
from reproduction.optical_trap.simulation import ADD_RIBOSWITCH, simulate
from reproduction.potentials.states import authors_four_states, labels_along
from reproduction.riboswitch.states import N_LABELS, labels_of
from reproduction.runs.files import load_file
from reproduction.runs.recipe import Job, JobSettings, Recipe


@dataclass(frozen=True)
class RateStudy:
    """Trainings with several learning rates, on data that no other study uses.

    Parameters
    ----------
    systems : tuple of str
        "linear", "triangular", "four_state" and "trap", a simulated record of a riboswitch.
    methods : tuple of str
        Keys of :data:`reproduction.common.method.METHODS`; their learning rates are replaced.
    rates : tuple of float
        Learning rates at the first step.
    frames : tuple of int
        Of each system: labels of the training data, of the held-back data, and of what each
        network generates.
    units, epochs, seed : int
        The held-back data have the seed ``seed`` + 1.
    """

    systems: tuple[str, ...] = ("linear", "triangular", "four_state", "trap")
    methods: tuple[str, ...] = ("ours", "continued")
    rates: tuple[float, ...] = (0.005, 0.01, 0.02, 0.04, 0.08)
    frames: tuple[int, ...] = (200_000, 200_000, 1_600_000, 400_000)
    units: int = 64
    epochs: int = 20
    seed: int = 900

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: a job for each system and method."""
        settings = asdict(self)
        common = {k: settings[k] for k in ("rates", "units", "epochs", "seed")}
        jobs = tuple(
            Job(
                f"{system}-{method}.npz",
                compare_rates,
                {"system": system, "frames": n, "method": asdict(METHODS[method]), **common},
            )
            for system, n in zip(self.systems, self.frames, strict=True)
            for method in self.methods
        )
        return Recipe(name, description, settings, jobs, summarise, hidden)


def compare_rates(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Train with each rate.

    Returns
    -------
    dict
        One value per rate: ``loss`` of the training, ``held_back`` loss of labels that are read
        with carried states, the largest ``population`` error of the generated labels, and the
        ``transitions`` of these per transition of the data.
    """
    method = Settings(**settings.method)
    labels, held_back = (
        simulated_labels(settings.system, settings.frames, settings.seed + k) for k in (0, 1)
    )
    n_labels = int(labels.max()) + 1 if settings.system != "trap" else N_LABELS
    rows = []
    for k, rate in enumerate(settings.rates):
        embedding_dim = 128 if settings.system == "trap" else 8
        network = language_model(
            n_labels, embedding_dim, settings.units, seed=settings.seed, **method.network
        )
        chosen = replace(method, learning_rate=rate).training
        history = train(
            network, labels, epochs=settings.epochs, seed=settings.seed, progress=False,
            checkpoint=work / f"rate-{k}.npz", **chosen,
        )  # fmt: skip
        generated = generate(network, labels[:1000], settings.frames, seed=settings.seed)
        errors = populations(generated, n_labels=n_labels) - populations(labels, n_labels=n_labels)
        rows.append(
            {
                "loss": history.loss[-1],
                "held_back": evaluate(network, held_back, initial_state="carried"),
                "population": float(np.abs(errors).max()),
                "transitions": _transitions(generated) / _transitions(labels),
            }
        )
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def simulated_labels(system: str, n_frames: int, seed: int) -> NDArray[np.unsignedinteger]:
    """Simulate one of the systems of this study, and label it as its own study does."""
    if system == "trap":
        return labels_of(simulate(ADD_RIBOSWITCH, n_frames, seed=seed).extension_nm)
    if system == "four_state":
        return authors_four_states(n_frames, seed)
    return labels_along(f"{system}_three_state", n_frames, seed)


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return, by method and system, the numbers of each rate and the rate that the rule chooses."""
    numbers: dict[str, Any] = {method: {} for method in settings["methods"]}
    for method, of_method in numbers.items():
        for system in settings["systems"]:
            found = load_file(folder / f"{system}-{method}.npz")
            of_method[system] = {
                "chosen": settings["rates"][int(np.argmin(found["held_back"]))],
                **{
                    name: round_for_json(found[name].tolist())
                    for name in ("loss", "held_back", "population", "transitions")
                },
            }
    return {"numbers": numbers}


def _transitions(labels: NDArray[np.unsignedinteger]) -> float:
    return float(transition_counts(labels, [1]).sum())
