"""The long run on a model potential: a job each for data, trainings, reference and controls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.model import language_model
from lstm_md.settings import Settings
from lstm_md.training import History, train
from reproduction.common.method import of_network, of_training, settings_of, those_of
from reproduction.common.train_and_generate import generate_untrained, train_and_generate
from reproduction.potentials import verdicts
from reproduction.potentials.states import ShortStays, labels_along
from reproduction.runs.files import WEIGHTS, load_file
from reproduction.runs.recipe import Job, JobSettings, Recipe

if TYPE_CHECKING:
    import keras

N_SHUFFLED = 3  # networks that learn shuffled labels, for a second each
SHUFFLED_FRAMES, SHUFFLED_EPOCHS = 20_000, 30  # 2 steps per epoch: enough to learn populations
REFERENCE_FACTOR = 10  # the independent simulation is this many times as long as the data
REFERENCE_SEED = 1000  # is added to the seed of the data, as in the chapters


@dataclass(frozen=True)
class PotentialStudy:
    """Trainings on one model potential, at the paper's settings.

    Parameters
    ----------
    potential, other : str
        Names in :mod:`lstm_md.systems.potentials`. K3 and K4 must refuse ``other``; it is empty
        where neither is asked.
    claims : tuple of str
        Their ids in the ledger.
    frames : int
        Labels of the training data.
    segments : int
        Segments of the training data; every chain is cut into segments of that length.
    commit_times : tuple of int
        In frames.
    labels : int
        The number of labels N.
    centres : tuple of float
        Of the labels along the coordinate; those of
        :func:`reproduction.potentials.states.project_states` if empty.
    running_mean, shortest_stay : int
        In frames: smoothing before the labels are made, and removal of shorter stays after it.
        1 is none.
    short_stays : {"removed", "divided"}
        Our filter for short stays, or that of the authors.
    direction : float
        Degrees: the network is given x cos θ + y sin θ. 0 is x, 90 is y.
    blank_frames : int
        Labels that each untrained network generates; as many as the data has if 0.
    embedding, units, epochs, learning_rate, decay
        Of the network and its training.
    trainings, chains, prompt_frames, seed : int
        Training k has the seed 100 × ``seed`` + k. Each network generates ``chains`` chains as
        long as the data, after the first ``prompt_frames`` labels of the data.
    method : Settings, optional
        All other settings of network and training; the defaults of the first edition if left out.
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
    short_stays: ShortStays = "removed"
    method: Settings | None = None

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: a job for the data, the reference, the controls, and each training."""
        every = settings_of(self)
        if self.short_stays == "removed":
            del every["short_stays"]  # a record of the first edition does not know it
        data = {k: every[k] for k in ("potential", "centres", "running_mean", "shortest_stay")}
        # Only where they change something: a file belongs to the arguments it was made with.
        data |= {k: every[k] for k in ("direction", "short_stays") if every.get(k)}
        blank = {k: every[k] for k in ("blank_frames",) if every[k]}
        network = {k: every[k] for k in ("labels", "embedding", "units", "prompt_frames", "frames")}
        training = those_of(every, "epochs", "learning_rate", "decay", "chains", "method")
        long = {"frames": REFERENCE_FACTOR * self.frames, "seed": self.seed + REFERENCE_SEED}
        seeds = [100 * self.seed + k for k in range(self.trainings)]
        jobs = (
            Job("data.npz", simulated, {**data, "frames": self.frames, "seed": self.seed}),
            *(
                Job(f"training-{k:02d}.npz", trained, {**network, **training, "seed": seed}, 1)
                for k, seed in enumerate(seeds)
            ),
            Job("reference.npz", simulated, {**data, **long}, 1),
            Job(
                "controls.npz",
                controls,
                {**network, **blank, "other": self.other, "seed": self.seed},
                1,
            ),
            *self._embedding_job(),
        )
        return Recipe(name, description, every, jobs, verdicts.summarise, hidden)

    def _embedding_job(self) -> tuple[Job, ...]:
        """The job with the controls of E1–E3, where one of these claims is asked."""
        if not any(claim.startswith("E") for claim in self.claims):
            return ()
        names = ("labels", "embedding", "units", "learning_rate", "decay", "trainings", "seed")
        arguments = {name: getattr(self, name) for name in names}
        return (Job("embeddings.npz", control_embeddings, arguments, 1),)


def simulated(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Simulate, and return ``labels``, shape (frames,)."""
    labels = labels_along(
        settings.potential,
        settings.frames,
        settings.seed,
        settings.centres,
        settings.running_mean,
        settings.shortest_stay,
        getattr(settings, "direction", 0.0),
        getattr(settings, "short_stays", "removed"),
    )
    return {"labels": labels}


def controls(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Return what must fail: untrained networks, and the labels of another potential."""
    prompt = load_file(folder / "data.npz")["labels"][: settings.prompt_frames]
    generated = generate_untrained(
        settings.labels,
        settings.embedding,
        settings.units,
        prompt,
        getattr(settings, "blank_frames", 0) or settings.frames,
        settings.seed,
    )
    if not settings.other:
        return {"untrained": generated}
    other = labels_along(settings.other, settings.frames, settings.seed)
    return {"untrained": generated, "other": other}


def learn(
    labels: NDArray[np.unsignedinteger], work: Path, settings: JobSettings, seed: int
) -> tuple[keras.Model, NDArray[np.unsignedinteger], History]:
    """Let a network learn labels and generate; return it, the labels and the losses."""
    network = language_model(
        settings.labels, settings.embedding, settings.units, seed=seed, **of_network(settings)
    )
    generated, history = train_and_generate(
        network,
        labels,
        labels[: settings.prompt_frames],
        settings.frames,
        work,
        n_chains=settings.chains,
        seed=seed,
        **of_training(settings),
    )
    return network, generated, history


def trained(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Train a network on the data, and return what it generates and its weights."""
    labels = load_file(folder / "data.npz")["labels"]
    network, generated, history = learn(labels, work, settings, settings.seed)
    return {
        "generated": np.atleast_2d(generated),
        **vars(history),
        **dict(zip(WEIGHTS, network.get_weights())),
    }


def control_embeddings(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Return embeddings that know no kinetics: before training, and of shuffled labels."""
    labels = load_file(folder / "data.npz")["labels"]
    first = 100 * settings.seed
    untrained = [
        # The embedding is drawn before all other weights, so one unit is as good as many.
        language_model(settings.labels, settings.embedding, 1, seed=seed).get_weights()[0]
        for seed in range(first, first + settings.trainings)
    ]
    shuffled = []
    for seed in range(first, first + N_SHUFFLED):
        model = language_model(settings.labels, settings.embedding, settings.units, seed=seed)
        train(
            model,
            np.random.default_rng(seed).permutation(labels)[:SHUFFLED_FRAMES],
            epochs=SHUFFLED_EPOCHS,
            seed=seed,
            progress=False,
            **settings.only("learning_rate", "decay"),
        )
        shuffled.append(model.get_weights()[0])
    return {"untrained": np.array(untrained), "shuffled": np.array(shuffled)}
