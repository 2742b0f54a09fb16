"""The recorded run on the double well: models that regress, and one that samples labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.generation import generate
from lstm_md.judging.null_sample import HALF
from lstm_md.model import language_model
from lstm_md.settings import OURS, Settings
from lstm_md.training import train
from reproduction.common.numbers import round_for_json
from reproduction.common.sets import all_of
from reproduction.less_data import criteria, regression
from reproduction.less_data.criteria import interval, ratio_interval
from reproduction.less_data.regression import N_BINS, bins, double_well, feed_back, middle
from reproduction.runs.files import load_file
from reproduction.runs.recipe import Job, JobSettings, Recipe

PROMPT_FRAMES, DROPPED = 100, 200  # that are read before, and that are left out
COLD = 1e-3  # A temperature at which the most probable label is taken
REFERENCE_SEED = 500  # is added to the seed of the data
#: All models. The first line has no noise.
QUIET = ("reservoir", "regression", "most_probable")
NOISY = ("reservoir_noise", "regression_noise")
SAMPLING, DATA = "sampling", "data"
MODELS = (DATA, *QUIET, *NOISY, SAMPLING)
SHORT, LONG = 0, -1  # places of the spacings


@dataclass(frozen=True)
class NoiseStudy:
    """Models of a noisy double well.

    Parameters
    ----------
    spacings : tuple of float
        Times between two frames.
    frames, sets : int
        Of a data set, and the number of data sets.
    reference_frames, reference_chains : int
        Of the simulation that the rates are compared with.
    chains, chain_frames : int
        What each model generates.
    epochs, regression_epochs : int
    stored : int
        Frames of one generated trajectory that are kept for a figure.
    units, learning_rate, seed, method
    """

    spacings: tuple[float, ...] = (0.1, 2.0)
    frames: int = 50_000
    sets: int = 10
    reference_frames: int = 40_000
    reference_chains: int = 25
    chains: int = 100
    chain_frames: int = 2000
    epochs: int = 40
    regression_epochs: int = 20
    stored: int = 1000
    units: int = 64
    learning_rate: float = 0.02
    seed: int = 90
    method: Settings = field(default=OURS)

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: a job for each data set of each spacing, and a reference for each."""
        every = asdict(self)
        left_out = ("spacings", "sets", "reference_frames", "reference_chains", "seed")
        own = {k: v for k, v in every.items() if k not in left_out}
        first = 1000 * self.seed
        jobs = [
            Job(
                f"well-{place}-reference.npz",
                reference,
                {
                    "frames": self.reference_frames, "chains": self.reference_chains,
                    "spacing": spacing, "seed": first + REFERENCE_SEED + place,
                },
            )
            for place, spacing in enumerate(self.spacings)
        ]  # fmt: skip
        jobs += [
            Job(
                f"well-{place}-{k:02d}.npz",
                one_well,
                {**own, "spacing": spacing, "seed": first + 100 * place + k},
            )
            for place, spacing in enumerate(self.spacings)
            for k in range(self.sets)
        ]
        return Recipe(name, description, every, tuple(jobs), summarise, hidden)


def reference(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Simulate: ``transitions``, ``frames`` and the ``histogram``, shape (bins,)."""
    x = double_well(settings.frames, settings.spacing, settings.seed, settings.chains)
    return _measured(x)


def _measured(x: ArrayLike) -> dict[str, Any]:
    return {
        "transitions": regression.transitions(x),
        "frames": np.size(x),
        "histogram": regression.histogram(x),
    }


def one_well(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Let all models learn one data set and generate.

    Returns
    -------
    dict
        For each model, such as ``sampling``: ``sampling_transitions``, ``sampling_frames``,
        ``sampling_histogram``, shape (bins,), and ``sampling_piece``, the positions of one
        trajectory. ``residual`` of the reservoir and the regression, and ``loss`` of the label
        LSTM on the part that is held back.
    """
    seed, n_frames = settings.seed, settings.chain_frames + DROPPED
    x = double_well(settings.frames, settings.spacing, seed)[0]
    starts = np.linspace(0, len(x) - PROMPT_FRAMES, settings.chains).astype(int)
    prompts = np.stack([x[start : start + PROMPT_FRAMES] for start in starts])
    models = {
        "reservoir": regression.reservoir(x, seed),
        "regression": regression.regressing_lstm(x, settings.regression_epochs, seed),
    }
    made: dict[str, NDArray[np.float64]] = {DATA: x[None]}
    for name, model in models.items():
        for ending, noise in (("", 0.0), ("_noise", model.residual)):
            made[name + ending] = feed_back(model, prompts, n_frames, noise, seed)
    method = replace(Settings(**settings.method), learning_rate=settings.learning_rate)
    network = language_model(N_BINS, 8, settings.units, seed=seed, **method.network)
    history = train(
        network, bins(x), epochs=settings.epochs, seed=seed, progress=False,
        checkpoint=work / "learned.npz", **method.training,
    )  # fmt: skip
    for name, temperature in ((SAMPLING, 1.0), ("most_probable", COLD)):
        labels = generate(
            network, list(bins(prompts)), n_frames, n_chains=settings.chains, seed=seed,
            temperature=temperature, progress=False,
        )  # fmt: skip
        made[name] = middle(labels)
    found: dict[str, Any] = {
        "residual": np.array([model.residual for model in models.values()]),
        "loss": np.array(history.validation_loss),
    }
    for name in MODELS:
        kept = made[name] if name == DATA else made[name][:, DROPPED:]
        found |= {f"{name}_{what}": value for what, value in _measured(kept).items()}
        found[f"{name}_piece"] = kept[0, : settings.stored].astype(np.float32)
    return found


def measure(folder: Path, place: int) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Compare all models at one spacing with the reference.

    Returns
    -------
    dict
        For each model: ``rate`` over that of the reference, and ``difference`` of the histograms,
        shape (sets,).
    """
    long = load_file(folder / f"well-{place}-reference.npz")
    sets = [load_file(path) for path in sorted(folder.glob(f"well-{place}-[0-9]*.npz"))]
    found = {}
    for name in MODELS:
        counts = np.array([max(float(one[f"{name}_transitions"]), HALF) for one in sets])
        frames = np.array([float(one[f"{name}_frames"]) for one in sets])
        shapes = np.array([one[f"{name}_histogram"] for one in sets])
        found[name] = {
            "rate": counts / frames * float(long["frames"]) / float(long["transitions"]),
            "difference": np.abs(shapes - long["histogram"]).sum(axis=1) / 2,
        }
    return found


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the claims X3h to X3j of a finished record."""
    n = len(settings["spacings"])
    tables = [measure(folder, place) for place in range(n)]
    says = [
        {m: criteria.follows(one["rate"], one["difference"]) for m, one in t.items()}
        for t in tables
    ]
    few = [
        {m: criteria.below(ratio_interval(t[m]["rate"]), criteria.FEW_TRANSITIONS) for m in MODELS}
        for t in tables
    ]
    quiet = all_of([one[m] for one in few for m in QUIET])
    shown = [
        {
            model: {
                "rate": round_for_json(ratio_interval(one["rate"])),
                "difference": round_for_json(interval(one["difference"])),
                "follows": says[place][model],
                "makes_none": few[place][model],
            }
            for model, one in table.items()
        }
        for place, table in enumerate(tables)
    ]
    return {
        "numbers": {
            "X3h": {"outcome": criteria.controlled(quiet, [], [one[SAMPLING] for one in few])},
            "X3i": {"outcome": criteria.noise_is_enough([says[SHORT][m] for m in NOISY])},
            "X3j": {
                "outcome": criteria.softmax_is_needed(
                    says[LONG][SAMPLING], [says[LONG][m] for m in NOISY]
                )
            },
            "wells": shown,
        }
    }
