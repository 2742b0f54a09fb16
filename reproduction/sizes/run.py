"""The recorded run: some trainings for each embedding dimension M and number of units L.

The paper takes M = 8 and L = 64 for the potentials, and M = 128 and L = 1024 otherwise, and says
that very similar values worked for systems that differ much. Here all sizes learn one set of data
with the same settings, so that only the size differs. A larger network needs a lower learning rate,
so the largest number of units is also trained at the rate that the library would choose for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.populations import populations
from lstm_md.model import language_model
from lstm_md.settings import OURS, Settings
from lstm_md.training import default_learning_rate
from reproduction.common.commit_times import logarithmic_commit_times, place_of_commit_time
from reproduction.common.numbers import round_for_json
from reproduction.common.train_and_generate import train_and_generate
from reproduction.potentials.states import labels_along
from reproduction.potentials.verdicts import COMMIT_TIME
from reproduction.runs.files import load_file
from reproduction.runs.recipe import Job, JobSettings, Recipe
from reproduction.sizes.criteria import compare_sizes

N_LABELS = 3


class Size(NamedTuple):
    """The size of a network, and the learning rate of its first step."""

    embedding: int
    units: int
    learning_rate: float

    @property
    def file(self) -> str:
        """The name of the file with its trainings."""
        return f"M{self.embedding}-L{self.units}-{self.learning_rate:g}.npz"


@dataclass(frozen=True)
class SizeStudy:
    """Trainings of networks of several sizes on the triangular potential.

    Parameters
    ----------
    embeddings, units : tuple of int
        M and L of the grid.
    learning_rate : float
        Of all sizes of the grid.
    base : (int, int)
        M and L of the networks that all others are compared with.
    frames, chains : int
        Of the training data, and of the trajectories that each network generates.
    epochs, trainings, prompt_frames, seed : int
    commit_times : tuple of int
    method : Settings
        All other settings.
    """

    embeddings: tuple[int, ...] = (2, 8, 32)
    units: tuple[int, ...] = (16, 64, 256)
    learning_rate: float = 0.04
    base: tuple[int, int] = (8, 64)
    frames: int = 200_000
    chains: int = 4
    epochs: int = 20
    trainings: int = 5
    prompt_frames: int = 1000
    commit_times: tuple[int, ...] = logarithmic_commit_times(200)
    seed: int = 1
    method: Settings = field(default=OURS)

    @property
    def sizes(self) -> tuple[Size, ...]:
        """The grid, and the largest L at a rate that fits its size."""
        grid = [Size(m, units, self.learning_rate) for units in self.units for m in self.embeddings]
        largest, (m, units) = max(self.units), self.base
        ratio = default_learning_rate(largest) / default_learning_rate(units)
        lower = Size(m, largest, round(self.learning_rate * ratio, 6))
        return tuple(dict.fromkeys([*grid, lower]))

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: the data, and a job for each size."""
        every = asdict(self)
        common = {k: every[k] for k in ("chains", "commit_times", "epochs", "frames", "method")}
        common |= {k: every[k] for k in ("prompt_frames", "trainings")}
        jobs = (
            Job("data.npz", simulated, {"frames": self.frames, "seed": self.seed}),
            *(
                Job(
                    size.file,
                    trained,
                    {**common, **size._asdict(), "seed": 10_000 * self.seed + 100 * place},
                    1,
                )
                for place, size in enumerate(self.sizes)
            ),
        )
        settings = {**every, "sizes": [size._asdict() for size in self.sizes]}
        return Recipe(name, description, settings, jobs, summarise, hidden)


def simulated(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Simulate the triangular potential, and return ``labels``, shape (frames,)."""
    return {"labels": labels_along("triangular_three_state", settings.frames, settings.seed)}


def trained(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Train the networks of one size.

    Returns
    -------
    dict
        ``counts`` of what each network generated, shape (trainings, commit times, 3, 3), its
        ``populations``, shape (trainings, 3), and ``loss`` and ``validation_loss``, shape
        (trainings, epochs).
    """
    labels = load_file(folder / "data.npz")["labels"]
    method = replace(Settings(**settings.method), learning_rate=settings.learning_rate)
    rows = []
    for k in range(settings.trainings):
        seed, own = settings.seed + k, work / f"training-{k}"
        own.mkdir(exist_ok=True)
        network = language_model(
            N_LABELS, settings.embedding, settings.units, seed=seed, **method.network
        )
        generated, history = train_and_generate(
            network, labels, labels[: settings.prompt_frames], settings.frames, own,
            seed=seed, n_chains=settings.chains, epochs=settings.epochs, **method.training,
        )  # fmt: skip
        rows.append(
            {
                "counts": transition_counts(generated, settings.commit_times, n_labels=N_LABELS),
                "populations": populations(generated, n_labels=N_LABELS),
                "loss": history.loss,
                "validation_loss": history.validation_loss,
            }
        )
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def committed(counts: NDArray[Any], commit_times: list[int]) -> NDArray[Any]:
    """Take the counts of all pairs at the committed commit time, shape (…, pairs)."""
    at = place_of_commit_time(commit_times, COMMIT_TIME[N_LABELS])
    return counts[..., at, :, :][..., ~np.eye(N_LABELS, dtype=bool)]


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Compare each size with the base, and with the training data."""
    times = list(settings["commit_times"])
    sizes = [Size(*(size[name] for name in Size._fields)) for size in settings["sizes"]]
    found = {size: load_file(folder / size.file) for size in sizes}
    rates = {size: committed(each["counts"], times) for size, each in found.items()}
    embedding, units = settings["base"]
    base = rates[Size(embedding, units, settings["learning_rate"])]
    labels = load_file(folder / "data.npz")["labels"]
    data = committed(transition_counts(labels, times, n_labels=N_LABELS), times)
    numbers = []
    for size in sizes:
        compared = compare_sizes(rates[size], base)
        numbers.append(
            {
                **size._asdict(),
                "outcome": compared.outcome,
                "worst": compared.worst,
                **{k: round_for_json(getattr(compared, k)) for k in ("ratio", "low", "high")},
                "of_data": round_for_json(rates[size].mean(axis=0) / settings["chains"] / data),
                "validation_loss": round_for_json(found[size]["validation_loss"][:, -1]),
            }
        )
    return {"numbers": {"sizes": numbers}}
