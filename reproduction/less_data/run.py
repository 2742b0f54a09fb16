"""The recorded run: T(t) by counting and by models, from a tenth, a quarter and all of the data.

The rules are in :mod:`reproduction.less_data.criteria`. A piece of a tenth is a part of a piece of
a quarter. Pieces of one length have no frame in common.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.markov_models import fit_hmm, fit_msm
from lstm_md.model import language_model
from lstm_md.settings import OURS, Settings
from reproduction.common.train_and_generate import train_and_generate
from reproduction.dipeptide.recorded_simulations import LONG
from reproduction.less_data import systems
from reproduction.less_data.memory import igme, of_hidden_markov_model, predict_igme, qmsm
from reproduction.less_data.numbers import summarise
from reproduction.less_data.systems import N_LABELS, Labels, pair_counts, probabilities
from reproduction.runs.recipe import Job, JobSettings, Recipe

PROMPT_FRAMES = 100  # that a network reads before each trajectory
DROPPED = 10  # one in so many of the generated frames, from the beginning of each trajectory
TENTH, QUARTER, ALL = "tenth", "quarter", "all"
PARTS = {TENTH: 10, QUARTER: 4, ALL: 1}
PER_QUARTER = 2  # pieces of a tenth of the dipeptide in each piece of a quarter
RUNS = 2  # recorded simulations of the dipeptide
REFERENCE_SEED = 500  # is added to the seed of the data


@dataclass(frozen=True)
class LessDataStudy:
    """Models on pieces of two systems.

    Parameters
    ----------
    frames, sets : int
        Of four states: the frames of a simulation, and the number of fresh simulations.
    reference_frames, references : int
        More simulations of four states, for the reference only.
    dipeptide_frames : int
        Of each recorded simulation of the dipeptide, in ps.
    quarters : int
        Pieces of a quarter of the dipeptide in each recorded simulation.
    step, dipeptide_step : int
        Frames per step of the models.
    memory : int
        Steps: of the kernels of the qMSM, and the lag of the Markov state model. The IGME is
        fitted from here to twice as far.
    times, dipeptide_times : tuple of int
        At which T(t) is compared, in frames.
    epochs, dipeptide_epochs : tuple of int
        Of a tenth, a quarter, and all of the data.
    generated, chains : int
        Frames that each network generates, in so many trajectories.
    units, learning_rate, seed, method
    """

    frames: int = 1_000_000
    sets: int = 10
    reference_frames: int = 2_000_000
    references: int = 4
    dipeptide_frames: int = 200_000
    quarters: int = 4
    step: int = 50
    dipeptide_step: int = 1
    memory: int = 10
    times: tuple[int, ...] = (2000, 4000, 8000, 16_000)
    dipeptide_times: tuple[int, ...] = (20, 40, 80, 160)
    epochs: tuple[int, ...] = (40, 24, 8)
    dipeptide_epochs: tuple[int, ...] = (60, 60, 20)
    generated: int = 2_000_000
    chains: int = 20
    units: int = 64
    learning_rate: float = 0.02
    seed: int = 80
    method: Settings = field(default=OURS)

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: a job for each simulation of four states, and each dipeptide piece."""
        every = asdict(self)
        shared = ("memory", "generated", "chains", "units", "learning_rate", "method")
        common = {k: every[k] for k in shared}
        own = {**common, "step": self.step, "times": self.times, "epochs": self.epochs}
        molecule = {
            **common, "step": self.dipeptide_step, "times": self.dipeptide_times,
            "epochs": self.dipeptide_epochs, "frames": self.dipeptide_frames,
        }  # fmt: skip
        first = 1000 * self.seed
        jobs = [
            Job(file, one_simulation, {**own, "frames": self.frames, "seed": first + k})
            for k, file in enumerate(set_files(self.sets))
        ]
        jobs += [
            Job(
                file,
                reference,
                {
                    "frames": self.reference_frames, "times": self.times,
                    "seed": first + REFERENCE_SEED + k,
                },
            )
            for k, file in enumerate(reference_files(self.references))
        ]  # fmt: skip
        jobs += [
            Job(file, one_quarter, {**molecule, "quarters": self.quarters, "place": k, "seed": k})
            for k, file in enumerate(quarter_files(self.quarters))
        ]
        jobs += [
            Job(file, one_whole, {**molecule, "place": k, "seed": 100 + k})
            for k, file in enumerate(whole_files())
        ]
        return Recipe(name, description, every, tuple(jobs), summarise, hidden, (LONG,))


def set_files(n: int) -> list[str]:
    """Return the names of the files of the simulations of four states."""
    return [f"four-{k:02d}.npz" for k in range(n)]


def reference_files(n: int) -> list[str]:
    """Return the names of the files of the other simulations of four states."""
    return [f"reference-{k}.npz" for k in range(n)]


def quarter_files(quarters: int) -> list[str]:
    """Return the names of the files of the quarters of the dipeptide."""
    return [f"dipeptide-{k:02d}.npz" for k in range(RUNS * quarters)]


def whole_files() -> list[str]:
    """Return the names of the files of whole simulations of the dipeptide."""
    return [f"dipeptide-all-{k}.npz" for k in range(RUNS)]


def one_simulation(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Simulate four states, and let all models learn its beginning and all of it.

    Returns
    -------
    dict
        ``labels``, shape (frames,), and for each part what :func:`learn` returns, such as
        ``quarter_lstm``.
    """
    labels = systems.four_states(settings.frames, settings.seed)
    found: dict[str, Any] = {"labels": labels}
    for place, (part, share) in enumerate(PARTS.items()):
        found |= learn(labels[: len(labels) // share], part, place, work, settings)
    return found


def reference(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Simulate four states, and return ``counts`` of all pairs, shape (times, N, N)."""
    labels = systems.four_states(settings.frames, settings.seed)
    return {"counts": pair_counts(labels, settings.times)}


def one_quarter(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Let all models learn a quarter of the dipeptide, and two tenths of it.

    Returns
    -------
    dict
        What :func:`learn` returns for ``quarter``, ``tenth0`` and ``tenth1``.
    """
    run, piece = divmod(settings.place, settings.quarters)
    whole = systems.dipeptide(run, folder.parent)[: settings.frames]
    length = len(whole) // PARTS[QUARTER]
    labels = whole[piece * length : (piece + 1) * length]
    found = learn(labels, QUARTER, 1, work, settings)
    short = len(whole) // PARTS[TENTH]
    for k in range(PER_QUARTER):
        part = labels[k * short : (k + 1) * short]
        found |= learn(part, f"{TENTH}{k}", 0, work, settings)
    return found


def one_whole(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Let all models learn a whole simulation of the dipeptide: :func:`learn` for ``all``."""
    labels = systems.dipeptide(settings.place, folder.parent)[: settings.frames]
    return learn(labels, ALL, 2, work, settings)


def learn(
    labels: Labels, part: str, place: int, work: Path, settings: JobSettings
) -> dict[str, Any]:
    """Let all models learn a piece and predict T(t).

    Parameters
    ----------
    labels : ndarray of int, shape (frames,)
    part : str
        The beginning of the names.
    place : int
        Of the length among the numbers of epochs.

    Returns
    -------
    dict
        ``PART_count``, the pairs in the piece, ``PART_MODEL``, the predicted T(t), both of shape
        (times, N, N), and ``PART_loss`` of the network on the part that is held back.
    """
    step, memory = settings.step, settings.memory
    times = np.array(settings.times) // step
    own = pair_counts(labels, settings.times)
    early = np.arange(1, 2 * memory + 1)
    matrices = probabilities(pair_counts(labels, [step * t for t in early.tolist()]))
    populations = np.bincount(labels, minlength=N_LABELS) / len(labels)
    generator = {lag: fit_msm(labels, lag * step, n_labels=N_LABELS) for lag in (1, memory)}
    shuffled = np.broadcast_to(populations, (len(times), N_LABELS, N_LABELS))
    late = slice(memory - 1, None)
    first, hat = igme(matrices[late], early[late], populations)
    network, losses = _network(labels, part, settings.epochs[place], work, settings)
    predicted = {
        "counts": probabilities(own),
        "chain": systems.of_markov_model(generator[1], times),
        "msm": systems.of_markov_model(generator[memory], times // memory),
        "hmm": _hidden(labels, step, times, shuffled),
        "qmsm": qmsm(matrices[:memory], int(times.max()))[times - 1],
        "igme": predict_igme(first, hat, times),
        "lstm": network,
        "shuffled": shuffled,
    }
    named = {f"{part}_{name}": np.array(value) for name, value in predicted.items()}
    return {**named, f"{part}_count": own, f"{part}_loss": losses}


def _hidden(
    labels: Labels, step: int, times: NDArray[Any], instead: NDArray[np.float64]
) -> NDArray[np.float64]:
    """T(t) of a hidden Markov model with as many hidden states as labels.

    Very short data can hold too few transitions for a fit. Then the populations are the prediction.
    """
    try:
        model = fit_hmm(labels, N_LABELS, step, n_labels=N_LABELS)
    except ValueError:
        return instead
    return of_hidden_markov_model(model, times)


def _network(
    labels: Labels, part: str, epochs: int, work: Path, settings: JobSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """T(t) of what a network generates, from prompts all over the data."""
    folder = work / part
    folder.mkdir(exist_ok=True)
    method = replace(Settings(**settings.method), learning_rate=settings.learning_rate)
    network = language_model(N_LABELS, 8, settings.units, seed=settings.seed, **method.network)
    starts = np.linspace(0, len(labels) - PROMPT_FRAMES, settings.chains).astype(int)
    prompts = [labels[start : start + PROMPT_FRAMES] for start in starts]
    generated, history = train_and_generate(
        network, labels, prompts, settings.generated // settings.chains, folder,
        seed=settings.seed, n_chains=settings.chains, epochs=epochs, **method.training,
    )  # fmt: skip
    kept = generated[:, generated.shape[1] // DROPPED :]
    counts = pair_counts(list(kept), settings.times)
    return probabilities(counts), np.array(history.validation_loss)
