"""The cost sweep: what training costs, measured part by part; a recipe of the long runs.

:mod:`reproduction.costs.verdicts` reads its record and judges it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.labels import equal_width
from lstm_md.model import language_model
from lstm_md.systems import recordings
from lstm_md.training import train
from reproduction.costs import peak_memory as memory
from reproduction.costs import timing as costs
from reproduction.costs import two_dimensions as projections
from reproduction.costs import verdicts as effort
from reproduction.runs.recipe import Job, Recipe
from reproduction.runs.records import default_folder

N_LABELS, SHORTEST_NM, LONGEST_NM = 34, 685.0, 736.0  # labels of 1.5 nm, as in the paper
RIBOSWITCH = "add_riboswitch_mol2_6_ext9.npz"
SLOW_ROUNDS = 3  # where a step takes seconds, one step and three rounds are enough
FITS = ("MSM", "HMM", "HMM, lag 1")

Networks = Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class CostStudy:
    """What is measured, and how often; the defaults are what C1–C4 speak of.

    Parameters
    ----------
    frames, labels, units : tuple of int
        The sizes that are varied, one of them at a time.
    networks : mapping of str to (embedding, units)
        A small one, whose steps are quick, before a large one.
    rounds : int
        See :func:`reproduction.costs.timing.rounds`; no more than three where a step takes seconds.
    trace_frames : tuple of int
        How many frames of the riboswitch are learned, and fitted by Markov models.
    plane : mapping
        Arguments of :func:`reproduction.costs.two_dimensions.one_and_two_dimensions`.
    """

    frames: tuple[int, ...] = tuple(costs.STEP_FRAMES * 2**k for k in range(9))
    labels: tuple[int, ...] = (3, 10, 30, 100, 300, 1000)
    units: tuple[int, ...] = (32, 64, 128, 256, 512, 1024)
    networks: Networks = field(default_factory=lambda: {"L 64": (8, 64), "L 1024": (128, 1024)})
    rounds: int = 5
    trace_frames: tuple[int, ...] = (50_000, 100_000, 200_000, 400_000)
    plane: Mapping[str, int] = field(
        default_factory=lambda: {"frames": 200_000, "trainings": 5, "epochs": 20, "seed": 1}
    )

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """The recipe with a part for each measurement."""
        networks, rounds = self.networks, self.rounds
        slow = min(rounds, SLOW_ROUNDS)
        trace = {"frames": self.trace_frames, "networks": networks}
        small = dict(zip(("embedding", "units"), next(iter(networks.values()))))
        frames = {"frames": self.frames, **small, "rounds": rounds}
        labels = {"labels": self.labels, "networks": networks, "rounds": rounds}
        # A stage each, so that no two are measured at the same time. The first two need the
        # riboswitch: if that is missing, better at once.
        parts = (
            Job("models.json", time_models, {**trace, "rounds": slow}, stage=0),
            Job("memory.json", memory_of_models, trace, stage=1),
            Job("frames.json", time_frames, frames, stage=2),
            Job("labels.json", time_labels, labels, stage=3),
            Job("units.json", time_units, {"units": self.units, "rounds": slow}, stage=4),
            Job("projections.json", learn_projections, self.plane, stage=5),
        )
        return Recipe(name, description, asdict(self), parts, effort.summarise, hidden)


def time_frames(
    folder: Path, work: Path, *, frames: Sequence[int], embedding: int, units: int, rounds: int
) -> dict[str, Any]:
    """The part of C1: an epoch against the frames."""
    sizes = {"embedding": embedding, "units": units}
    return _short(costs.against_frames(frames, n_rounds=rounds, **sizes))


def time_labels(
    folder: Path, work: Path, *, labels: Sequence[int], networks: Networks, rounds: int
) -> dict[str, Any]:
    """The part of C2: a step against the number of labels, for each network."""
    measured: dict[str, Any] = {}
    for name, (embedding, units) in networks.items():
        steps, n_rounds = (1, min(rounds, SLOW_ROUNDS)) if measured else (4, rounds)
        measured[name] = costs.against_labels(
            labels, embedding=embedding, units=units, steps=steps, n_rounds=n_rounds
        )
    return _short(measured)


def time_units(folder: Path, work: Path, *, units: Sequence[int], rounds: int) -> dict[str, Any]:
    """The part of the control of C1 and C2: a step against the units."""
    return _short(costs.against_units(units, steps=1, n_rounds=rounds))


def time_models(
    folder: Path, work: Path, *, frames: Sequence[int], networks: Networks, rounds: int
) -> dict[str, Any]:
    """The part of C3: trainings beside Markov models, on the riboswitch."""
    named = {f"LSTM, {name}": (sizes[0], sizes[1]) for name, sizes in networks.items()}
    measured = costs.against_markov_models(
        recorded_labels(), N_LABELS, frames, networks=named, steps=1, n_rounds=rounds
    )
    return _short(measured)


def memory_of_models(
    folder: Path, work: Path, *, frames: Sequence[int], networks: Networks
) -> dict[str, float]:
    """The part with the MB that each training and each fit needs, in a process of its own."""
    labels = recorded_labels()[: max(frames)]
    needed = {name: memory.in_a_fresh_process(_memory_of_fit, name, labels) for name in FITS}
    for name, sizes in networks.items():
        grown = memory.in_a_fresh_process(_memory_of_training, *sizes, labels)
        needed[f"LSTM, {name}"] = grown
    return _short(needed)


def learn_projections(
    folder: Path, work: Path, *, frames: int, trainings: int, epochs: int, seed: int
) -> dict[str, Any]:
    """The part of C4: the triangular potential in one and in two dimensions."""
    return _short(
        projections.one_and_two_dimensions(
            frames=frames, trainings=trainings, epochs=epochs, seed=seed
        )
    )


def _memory_of_training(embedding: int, units: int, labels: NDArray) -> float:
    # A step reads its own batch only: two steps need as much as a million.
    few = labels[: 2 * costs.STEP_FRAMES + 1]

    def learn(embedding: int, units: int) -> None:
        model = language_model(N_LABELS, embedding, units)
        train(model, few, epochs=1, validation_fraction=0.0, progress=False)

    learn(2, 2)  # what is loaded or compiled once does not count
    return memory.grown_mb(lambda: learn(embedding, units))


def _memory_of_fit(name: str, labels: NDArray) -> float:
    from lstm_md.analysis import markov_models

    def fit(part: NDArray) -> None:
        if name == "MSM":
            markov_models.fit_msm(part, costs.MSM_LAG, n_labels=N_LABELS)
        else:
            lag = 1 if name.endswith("lag 1") else costs.HMM_LAG
            markov_models.fit_hmm(part, costs.HIDDEN_STATES, lag, n_labels=N_LABELS)

    fit(labels[: max(2_000, labels.size // 50)])
    return memory.grown_mb(lambda: fit(labels))


def recorded_labels() -> NDArray[np.unsignedinteger]:
    """The riboswitch's labels, of the recording in the book's folder ``data``.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    """
    path = default_folder().parent / "data" / RIBOSWITCH
    if not path.is_file():
        raise FileNotFoundError(
            f"{path.resolve()}: the riboswitch's recording is not there; run the command in the "
            f"checkout of the book, or in its folder book"
        )
    return riboswitch_labels(recordings.load(path, fields="extension_nm"))


def riboswitch_labels(extension_nm: ArrayLike) -> NDArray[np.unsignedinteger]:
    """34 labels of 1.5 nm from 685 nm, as the chapter on the riboswitch has them."""
    return equal_width(extension_nm, SHORTEST_NM, LONGEST_NM, n_labels=N_LABELS, outside="clip")


def _short(node: Any) -> Any:
    """The same with numbers of five digits: no clock is better, and the file is read by people."""
    if isinstance(node, dict):
        return {key: _short(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_short(value) for value in node]
    return float(f"{node:.5g}") if isinstance(node, float) else node
