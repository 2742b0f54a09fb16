"""The recorded run: networks generate, trajectories with a known mean are selected, networks learn.

The method is that of Tsai, Fields, Xu, Kuo and Tiwary, Nature Communications 13, 7231 (2022). The
system is the triangular potential. The rules are in :mod:`reproduction.known_mean.criteria`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.analysis.caliber import (
    caliber_weights,
    effective_sample_size,
    select_trajectories,
)
from lstm_md.model import language_model
from lstm_md.settings import OURS, Settings
from lstm_md.systems import potentials
from reproduction.common.train_and_generate import train_and_generate
from reproduction.known_mean.criteria import LEAST_DEVIATION
from reproduction.known_mean.exact import deviations, limits
from reproduction.known_mean.numbers import summarise
from reproduction.known_mean.rates import count_events
from reproduction.potentials.states import labels_along, project_states
from reproduction.runs.files import load_file
from reproduction.runs.recipe import Job, JobSettings, Recipe

POTENTIAL = "triangular_three_state"
N_LABELS, STATE = 3, 0  # the population of A is known
PROMPT_FRAMES, WARM_UP = 100, 1000  # frames that a network reads, and that are dropped then
MOST_CANDIDATES = 400  # simulations among which ten are far enough from equilibrium


@dataclass(frozen=True)
class KnownMeanStudy:
    """Networks that learn selected trajectories, and the same knowledge in other models.

    Parameters
    ----------
    frames, short_frames, reference_frames : int
        Of the long simulation, of each short one, and of the reference.
    paths, path_frames, selected : int
        Trajectories that a network generates, their frames, and how many of them are selected.
    epochs, short_epochs, selected_epochs : int
        For the long simulation, a short one, and selected trajectories: as many steps each.
    population, changes, false : float
        The targets: over the mean of the first network (population of A, label changes), and over
        the exact population of A.
    trainings : int
        Networks for each target of X2b, and short simulations of X2c.
    own, wrong : int
        Networks with the own mean, and with the false target.
    chain_paths, chain_frames, repetitions, few_paths : int
        Of the Markov chain.
    shifts : tuple of float
        Strengths of the constraint, in standard deviations of a path.
    commit_time, units, learning_rate, seed, method
    """

    frames: int = 200_000
    short_frames: int = 50_000
    reference_frames: int = 6_000_000
    paths: int = 300
    path_frames: int = 10_000
    selected: int = 60
    epochs: int = 18
    short_epochs: int = 70
    selected_epochs: int = 6
    population: float = 1.25
    changes: float = 1.1
    false: float = 1.6
    trainings: int = 10
    own: int = 6
    wrong: int = 4
    chain_paths: int = 20_000
    chain_frames: int = 200
    repetitions: int = 200
    few_paths: int = 300
    shifts: tuple[float, ...] = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
    commit_time: int = 10
    units: int = 64
    learning_rate: float = 0.04
    seed: int = 60
    # Nothing is held back: the trajectories without the held-back ones would have another mean.
    method: Settings = field(default=replace(OURS, validation_fraction=0.0))

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: the chain, the simulations, the networks."""
        every = asdict(self)
        shared = ("paths", "path_frames", "units", "learning_rate", "commit_time", "method")
        network = {k: every[k] for k in shared}
        chosen = {**network, **{k: every[k] for k in ("selected", "selected_epochs")}}
        chain = ("chain_paths", "chain_frames", "repetitions", "few_paths", "shifts", "seed")
        simulated = ("frames", "short_frames", "reference_frames", "commit_time", "seed")
        first = 1000 * self.seed
        jobs = (
            Job("chain.npz", weighted_chain, {k: every[k] for k in chain}),
            Job(
                "data.npz",
                simulations,
                {**{k: every[k] for k in simulated}, "n_short": self.trainings},
            ),
            Job("first.npz", first_network, {**network, "epochs": self.epochs, "seed": first}, 1),
            *(
                Job(
                    file,
                    short_simulation,
                    {
                        **chosen,
                        "epochs": self.short_epochs,
                        "place": k,
                        "seed": first + 100 + 2 * k,
                    },
                    1,
                )
                for k, file in enumerate(short_files(self.trainings))
            ),
            *(
                Job(f"{file}.npz", imposed, {**chosen, **target, "seed": first + 200 + 20 * k}, 2)
                for k, (file, target) in enumerate(self._targets().items())
            ),
        )
        return Recipe(name, description, every, jobs, summarise, hidden)

    def _targets(self) -> dict[str, dict[str, Any]]:
        return {
            "population": {
                "observable": "population", "factor": self.population, "of": "own",
                "trainings": self.trainings,
            },
            "changes": {
                "observable": "changes", "factor": self.changes, "of": "own",
                "trainings": self.trainings,
            },
            "own": {
                "observable": "population", "factor": 1.0, "of": "own", "trainings": self.own,
            },
            "false": {
                "observable": "population", "factor": self.false, "of": "exact",
                "trainings": self.wrong,
            },
        }  # fmt: skip


def short_files(n: int) -> list[str]:
    """Return the names of the files of the short simulations."""
    return [f"short-{k:02d}.npz" for k in range(n)]


def weighted_chain(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Weight paths of a Markov chain.

    Returns
    -------
    dict
        ``population`` and ``changes``: deviations from the exact ensemble. ``size``, ``found``,
        ``ratio`` and ``spread`` against the strength of the constraint.
    """
    exact = deviations(settings.chain_paths, settings.chain_frames, settings.seed)
    shape = (settings.few_paths, settings.chain_frames, settings.repetitions)
    return {**exact, **limits(tuple(settings.shifts), *shape, settings.seed + 1)}


def exact_population() -> float:
    """The exact population of the state whose population is known."""
    system = getattr(potentials, POTENTIAL)
    centres = np.sort(project_states(system, 0.0).centres)
    edges = [-np.inf, *(centres[:-1] + centres[1:]) / 2, np.inf]
    # The labels are in the order of the states, A at the largest x.
    return float(system.probability(edges)[::-1][STATE])


def simulations(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Simulate.

    Returns
    -------
    dict
        ``labels``, shape (frames,); ``short``, shape (simulations, frames), whose population of A
        is far from the exact one, with their ``seeds``; ``counts`` and ``frames`` of the reference;
        and ``population``, the exact one.
    """
    exact, short, seeds = exact_population(), [], []
    for k in range(MOST_CANDIDATES):
        seed = 1000 * settings.seed + k
        labels = labels_along(POTENTIAL, settings.short_frames, seed)
        if abs((labels == STATE).mean() / exact - 1) >= LEAST_DEVIATION:
            short.append(labels)
            seeds.append(seed)
        if len(short) == settings.n_short:
            break
    reference = labels_along(POTENTIAL, settings.reference_frames, settings.seed + 1)
    events = count_events([reference], settings.commit_time, N_LABELS).pooled()
    return {
        "labels": labels_along(POTENTIAL, settings.frames, settings.seed),
        "short": np.array(short),
        "seeds": np.array(seeds),
        "counts": events.counts,
        "frames": events.frames,
        "population": exact,
    }


def learned_paths(
    labels: NDArray, epochs: int, seed: int, work: Path, settings: JobSettings
) -> NDArray:
    """Let a new network learn labels and generate, shape (paths, frames).

    The network reads a different part of the labels before each path, and the first frames are
    dropped, so that the paths begin in its own equilibrium.
    """
    work.mkdir(exist_ok=True)
    method = replace(Settings(**settings.method), learning_rate=settings.learning_rate)
    network = language_model(N_LABELS, 8, settings.units, seed=seed, **method.network)
    flat = labels.reshape(-1)
    starts = np.linspace(0, flat.size - PROMPT_FRAMES, settings.paths).astype(int)
    prompts = np.stack([flat[start : start + PROMPT_FRAMES] for start in starts])
    generated, _ = train_and_generate(
        network, labels, list(prompts), settings.path_frames + WARM_UP, work,
        seed=seed, n_chains=settings.paths, epochs=epochs, **method.training,
    )  # fmt: skip
    return generated[:, WARM_UP:]


def observable(name: str, paths: ArrayLike) -> NDArray[np.float64]:
    """Return the population of A or the label changes per frame of each path, shape (paths,)."""
    rows = np.asarray(paths)
    if name == "population":
        return (rows == STATE).mean(axis=1)
    return (rows[:, 1:] != rows[:, :-1]).mean(axis=1)


def first_network(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Let a network learn the long simulation.

    Returns
    -------
    dict
        ``paths``, and their ``counts`` and ``frames``, one row for each path.
    """
    labels = load_file(folder / "data.npz")["labels"]
    paths = learned_paths(labels, settings.epochs, settings.seed, work / "first", settings)
    events = count_events(paths, settings.commit_time, N_LABELS)
    return {"paths": paths, "counts": events.counts, "frames": events.frames}


def short_simulation(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Let a network learn a short simulation, impose the exact population, and train again.

    Returns
    -------
    dict
        ``first_counts`` and ``first_frames`` of each path of the first network, and
        ``second_counts`` and ``second_frames`` of those of the second.
    """
    data = load_file(folder / "data.npz")
    labels, seed = data["short"][settings.place], settings.seed
    paths = learned_paths(labels, settings.epochs, seed, work / "first", settings)
    weights = caliber_weights(observable("population", paths), float(data["population"]))
    chosen = paths[select_trajectories(weights, settings.selected, seed=seed)]
    again = learned_paths(chosen, settings.selected_epochs, seed + 1, work / "second", settings)
    first, second = (count_events(p, settings.commit_time, N_LABELS) for p in (paths, again))
    return {
        "first_counts": first.counts,
        "first_frames": first.frames,
        "second_counts": second.counts,
        "second_frames": second.frames,
    }


def imposed(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Impose a mean on the first network, several times, and train each time.

    Returns
    -------
    dict
        ``target``, ``size`` (the effective sample size), ``values`` of the paths of the first
        network, ``chosen`` and ``reached``, the means of the selected paths and of those of the new
        networks, shape (networks,), and ``counts`` and ``frames`` of each network.
    """
    paths = load_file(folder / "first.npz")["paths"]
    values = observable(settings.observable, paths)
    own = settings.of == "own"
    target = settings.factor * (float(values.mean()) if own else exact_population())
    weights = caliber_weights(values, target)
    rows = []
    for k in range(settings.trainings):
        seed = settings.seed + k
        selected = select_trajectories(weights, settings.selected, seed=seed)
        again = learned_paths(
            paths[selected], settings.selected_epochs, seed, work / f"network-{k}", settings
        )
        events = count_events(again, settings.commit_time, N_LABELS).pooled()
        rows.append(
            {
                "chosen": values[selected].mean(),
                "reached": observable(settings.observable, again).mean(),
                "counts": events.counts,
                "frames": events.frames,
            }
        )
    return {
        "target": target,
        "size": effective_sample_size(weights),
        "values": values,
        **{name: np.array([row[name] for row in rows]) for name in rows[0]},
    }
