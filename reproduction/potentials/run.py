"""Long runs on the model potentials: data, trainings, reference and controls, a part each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lstm_md.labels import nearest_state, remove_short_excursions, running_mean
from lstm_md.model import language_model
from lstm_md.systems import langevin, potentials
from lstm_md.training import train
from reproduction.common.train_and_generate import generate_untrained, train_and_generate
from reproduction.potentials import states as axes
from reproduction.potentials import verdicts
from reproduction.runs.files import WEIGHTS, load_file
from reproduction.runs.recipe import Job, Recipe

SHUFFLED = 3  # networks that learn shuffled labels, so briefly that it takes a second
SHUFFLED_FRAMES, SHUFFLED_EPOCHS = 20_000, 30  # 2 steps an epoch: enough to learn populations
REFERENCE = 10  # times as long as the data is the independent simulation
REFERENCE_SEED = 1000  # is added to the seed of the data, as in the chapters


@dataclass(frozen=True)
class PotentialStudy:
    """Trainings on one model potential, at the paper's settings.

    Parameters
    ----------
    potential, other : str
        Names in :mod:`lstm_md.systems.potentials`; ``other`` is what K3 or K4
        must refuse, empty where neither is asked.
    claims : tuple of str
        Of the ledger.
    frames : int
        Labels of the training data.
    segments : int
        Of the training data; every chain is cut into segments of that length.
    commit_times : tuple of int
        In frames.
    centres : tuple of float
        Of the labels along the coordinate; those of :func:`reproduction.potentials.states.view` if empty.
    running_mean, shortest_stay : int
        In frames: smoothing before, and removal of shorter stays after labelling. 1 is none.
    direction : float
        Degrees: the model is given x cos θ + y sin θ. 0 is x, 90 is y.
    blank_frames : int
        Labels that each untrained network writes; as many as the data has if 0.
    trainings, epochs, chains, prompt_frames, seed : int
        Training k has the seed 100 × ``seed`` + k; each network writes ``chains`` chains as
        long as the data, after their first ``prompt_frames`` labels.
    """

    potential: str
    other: str
    claims: tuple[str, ...]
    frames: int = 200_000
    segments: int = 20
    commit_times: tuple[int, ...] = ()
    labels: int = 3
    centres: tuple[float, ...] = ()
    running_mean: int = 1
    shortest_stay: int = 1
    direction: float = 0.0
    blank_frames: int = 0
    embedding: int = 8
    units: int = 64
    epochs: int = 20
    learning_rate: float = 0.02
    decay: bool = True
    trainings: int = 20
    chains: int = 10
    prompt_frames: int = 1000
    seed: int = 1

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """The recipe with one part for the data, the reference, the controls, each training."""
        every = asdict(self)
        text = {k: every[k] for k in ("potential", "centres", "running_mean", "shortest_stay")}
        # Only where they change something: a part belongs to the arguments it was made with.
        text |= {k: every[k] for k in ("direction",) if every[k]}
        blank = {k: every[k] for k in ("blank_frames",) if every[k]}
        network = {k: every[k] for k in ("labels", "embedding", "units", "prompt_frames", "frames")}
        learning = {k: every[k] for k in ("epochs", "learning_rate", "decay", "chains")}
        seeds = [100 * self.seed + k for k in range(self.trainings)]
        parts = (
            Job("data.npz", simulated, {**text, "frames": self.frames, "seed": self.seed}),
            *(
                Job(f"training-{k:02d}.npz", trained, {**network, **learning, "seed": seed}, 1)
                for k, seed in enumerate(seeds)
            ),
            Job(
                "reference.npz",
                simulated,
                {**text, "frames": REFERENCE * self.frames, "seed": self.seed + REFERENCE_SEED},
                1,
            ),
            Job(
                "controls.npz",
                controls,
                {**network, **blank, "other": self.other, "seed": self.seed},
                1,
            ),
            *self._embeddings({k: every[k] for k in ("learning_rate", "decay")}),
        )
        return Recipe(name, description, every, parts, verdicts.summarise, hidden)

    def _embeddings(self, learning: dict[str, Any]) -> tuple[Job, ...]:
        """The part with the controls of E1–E3, where one of them is asked."""
        if not any(claim.startswith("E") for claim in self.claims):
            return ()
        sizes = {"labels": self.labels, "embedding": self.embedding, "units": self.units}
        seeds = {"trainings": self.trainings, "seed": self.seed}
        return (Job("embeddings.npz", blank_embeddings, {**sizes, **learning, **seeds}, 1),)


def labels_along(
    potential: str,
    frames: int,
    seed: int,
    centres: tuple[float, ...] = (),
    running_mean_frames: int = 1,
    shortest_stay: int = 1,
    direction: float = 0.0,
) -> np.ndarray:
    """Simulate a model potential and read the labels off one coordinate, shape (frames,).

    The coordinate is x cos θ + y sin θ, θ = ``direction`` in degrees.
    """
    system = getattr(potentials, potential)
    # The running mean takes window − 1 frames away.
    trajectory = langevin.simulate(system, frames + running_mean_frames - 1, seed=seed)
    seen = axes.along(trajectory.x, trajectory.y, direction)
    smooth = running_mean(seen, running_mean_frames)
    text = nearest_state(smooth, centres or axes.view(system, direction).centres)
    return remove_short_excursions(text, shortest_stay)


def simulated(
    folder: Path,
    work: Path,
    *,
    potential: str,
    frames: int,
    seed: int,
    centres: tuple[float, ...],
    running_mean: int,
    shortest_stay: int,
    direction: float = 0.0,
) -> dict[str, Any]:
    """The part that simulates: ``labels``, shape (frames,)."""
    text = labels_along(
        potential, frames, seed, tuple(centres), running_mean, shortest_stay, direction
    )
    return {"labels": text}


def controls(
    folder: Path,
    work: Path,
    *,
    other: str,
    labels: int,
    embedding: int,
    units: int,
    prompt_frames: int,
    frames: int,
    seed: int,
    blank_frames: int = 0,
) -> dict[str, Any]:
    """The part with what must fail: an untrained network, and another potential's labels."""
    prompt = load_file(folder / "data.npz")["labels"][:prompt_frames]
    length = blank_frames or frames
    written = generate_untrained(labels, embedding, units, prompt, length, seed)
    if not other:
        return {"untrained": written}
    return {"untrained": written, "other": labels_along(other, frames, seed)}


def trained(
    folder: Path,
    work: Path,
    *,
    labels: int,
    embedding: int,
    units: int,
    epochs: int,
    learning_rate: float,
    decay: bool,
    chains: int,
    prompt_frames: int,
    frames: int,
    seed: int,
) -> dict[str, Any]:
    """The part that trains a network on the data and lets it write."""
    text = load_file(folder / "data.npz")["labels"]
    network = language_model(labels, embedding, units, seed=seed)
    written, history = train_and_generate(
        network,
        text,
        text[:prompt_frames],
        frames,
        work,
        epochs=epochs,
        learning_rate=learning_rate,
        decay=decay,
        chains=chains,
        seed=seed,
    )
    return {
        "generated": np.atleast_2d(written),
        **vars(history),
        **dict(zip(WEIGHTS, network.get_weights())),
    }


def blank_embeddings(
    folder: Path,
    work: Path,
    *,
    labels: int,
    embedding: int,
    units: int,
    learning_rate: float,
    decay: bool,
    trainings: int,
    seed: int,
) -> dict[str, Any]:
    """The part with embeddings that know no kinetics: before training, and of shuffled labels."""
    text = load_file(folder / "data.npz")["labels"]
    untrained = [
        # The embedding is drawn before all else, so that one unit is as good as many.
        language_model(labels, embedding, 1, seed=100 * seed + k).get_weights()[0]
        for k in range(trainings)
    ]
    shuffled = []
    for one in range(100 * seed, 100 * seed + SHUFFLED):
        model = language_model(labels, embedding, units, seed=one)
        train(
            model,
            np.random.default_rng(one).permutation(text)[:SHUFFLED_FRAMES],
            epochs=SHUFFLED_EPOCHS,
            learning_rate=learning_rate,
            decay=decay,
            seed=one,
            progress=False,
        )
        shuffled.append(model.get_weights()[0])
    return {"untrained": np.array(untrained), "shuffled": np.array(shuffled)}
