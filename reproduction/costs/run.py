"""The long run of C1–C4: what a training costs. Its jobs are never done at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reproduction.costs import timing
from reproduction.costs.peak_memory import in_fresh_process, memory_of_fit, memory_of_training
from reproduction.costs.two_dimensions import one_and_two_dimensions
from reproduction.costs.verdicts import summarise
from reproduction.riboswitch import states as riboswitch
from reproduction.runs.recipe import Job, JobSettings, Recipe

MAX_SLOW_ROUNDS = 3  # where a step takes seconds, one step and three rounds are enough
FEW_STEPS, MANY_STEPS = 1, 4  # measured per round for a slow network and for a fast one

Networks = Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class CostStudy:
    """The sizes that are measured, and how often; the defaults are those of C1–C4.

    Parameters
    ----------
    frames, labels, units : tuple of int
        The sizes that are varied, one of them at a time.
    networks : mapping of str to (embedding_dim, units)
        A small network, whose steps are fast, before a large one.
    rounds : int
        See :func:`reproduction.costs.timing.rounds`; at most three where a step takes seconds.
    trace_frames : tuple of int
        How many frames of the riboswitch are learned, and fitted by Markov models.
    plane : mapping
        ``frames``, ``trainings``, ``epochs`` and ``seed`` of
        :func:`reproduction.costs.two_dimensions.one_and_two_dimensions`.
    """

    frames: tuple[int, ...] = tuple(timing.STEP_FRAMES * 2**k for k in range(9))
    labels: tuple[int, ...] = (3, 10, 30, 100, 300, 1000)
    units: tuple[int, ...] = (32, 64, 128, 256, 512, 1024)
    networks: Networks = field(default_factory=lambda: {"L 64": (8, 64), "L 1024": (128, 1024)})
    rounds: int = 5
    trace_frames: tuple[int, ...] = (50_000, 100_000, 200_000, 400_000)
    plane: Mapping[str, int] = field(
        default_factory=lambda: {"frames": 200_000, "trainings": 5, "epochs": 20, "seed": 1}
    )

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Return the recipe, with one job for each measurement."""
        networks, rounds = self.networks, self.rounds
        slow = min(rounds, MAX_SLOW_ROUNDS)
        trace = {"frames": self.trace_frames, "networks": networks}
        small = dict(zip(("embedding", "units"), next(iter(networks.values()))))
        frames = {"frames": self.frames, **small, "rounds": rounds}
        labels = {"labels": self.labels, "networks": networks, "rounds": rounds}
        # Each job has its own stage, so that no two are measured at the same time. The first two
        # need the riboswitch's recording; if it is missing, they fail at once.
        jobs = (
            Job("models.json", time_models, {**trace, "rounds": slow}, stage=0),
            Job("memory.json", measure_memory, trace, stage=1),
            Job("frames.json", time_frames, frames, stage=2),
            Job("labels.json", time_labels, labels, stage=3),
            Job("units.json", time_units, {"units": self.units, "rounds": slow}, stage=4),
            Job("projections.json", learn_plane, self.plane, stage=5),
        )
        return Recipe(name, description, asdict(self), jobs, summarise, hidden)


def time_frames(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Do the job of C1: the time per epoch against the number of frames."""
    measured = timing.against_frames(
        settings.frames,
        embedding_dim=settings.embedding,
        units=settings.units,
        n_rounds=settings.rounds,
    )
    return rounded(measured)


def time_labels(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Do the job of C2: the time per step against the number of labels, for each network."""
    measured: dict[str, Any] = {}
    for name, (embedding_dim, units) in settings.networks.items():
        is_small = not measured
        measured[name] = timing.against_labels(
            settings.labels,
            embedding_dim=embedding_dim,
            units=units,
            steps=MANY_STEPS if is_small else FEW_STEPS,
            n_rounds=settings.rounds if is_small else min(settings.rounds, MAX_SLOW_ROUNDS),
        )
    return rounded(measured)


def time_units(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Do the job of the control of C1 and C2: the time per step against the units."""
    measured = timing.against_units(settings.units, steps=FEW_STEPS, n_rounds=settings.rounds)
    return rounded(measured)


def time_models(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Do the job of C3: the times of trainings and of Markov models on the riboswitch."""
    networks = {f"LSTM, {name}": (size[0], size[1]) for name, size in settings.networks.items()}
    measured = timing.against_markov_models(
        riboswitch_labels(),
        settings.frames,
        n_labels=riboswitch.N_LABELS,
        networks=networks,
        steps=FEW_STEPS,
        n_rounds=settings.rounds,
    )
    return rounded(measured)


def measure_memory(folder: Path, work: Path, settings: JobSettings) -> dict[str, float]:
    """Do the job of the memory in MB of each training and fit, in processes of their own."""
    labels, n_labels = riboswitch_labels()[: max(settings.frames)], riboswitch.N_LABELS
    measured = {
        name: in_fresh_process(memory_of_fit, name, labels, n_labels)
        for name in timing.MARKOV_MODELS
    }
    for name, size in settings.networks.items():
        grown = in_fresh_process(memory_of_training, *size, labels, n_labels)
        measured[f"LSTM, {name}"] = grown
    return rounded(measured)


def learn_plane(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Do the job of C4: learn the triangular potential in one and in two dimensions."""
    measured = one_and_two_dimensions(
        n_frames=settings.frames,
        n_trainings=settings.trainings,
        epochs=settings.epochs,
        seed=settings.seed,
    )
    return rounded(measured)


def riboswitch_labels() -> NDArray[np.unsignedinteger]:
    """Load the labels of the riboswitch's recording, shape (400,000,)."""
    return riboswitch.labels_of(riboswitch.extension())


def rounded(tree: Any) -> Any:
    """Round all numbers to five digits: no clock is more precise, and people read the file."""
    if isinstance(tree, dict):
        return {key: rounded(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [rounded(value) for value in tree]
    return float(f"{tree:.5g}") if isinstance(tree, float) else tree
