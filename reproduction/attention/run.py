"""The recorded run: transformers and LSTMs learn the same labels, prepared in several ways.

The rules are in :mod:`reproduction.attention.criteria`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import stays_of
from lstm_md.analysis.markov import fit_markov_chain
from reproduction.attention.networks import (
    Learned,
    Lengths,
    learn_lstm,
    learn_transformer,
    loss_of_groups,
)
from reproduction.attention.numbers import PARTITIONS, RESOLUTIONS, summarise
from reproduction.attention.processes import (
    N_FAST,
    SYSTEMS,
    Labels,
    Process,
    process,
    relaxation_rate,
    views,
)
from reproduction.attention.transformer import CONTEXT
from reproduction.dipeptide.recorded_simulations import LONG, VARIED
from reproduction.runs.files import load_file
from reproduction.runs.recipe import Job, JobSettings, Recipe

VIEWED = (*RESOLUTIONS, *PARTITIONS, "removed", "fast")  # learned beside the raw labels
#: The arms of X1f: the network, its initial state and its window.
WINDOWS: dict[str, dict[str, Any]] = {
    "zero": {"start": "zero"},
    "carried": {"start": "carried"},
    "continued": {"start": "continued"},
    "warmed_50": {"window": 50},
    "warmed_200": {"window": 200},
    "transformer_50": {"window": 50},
    "transformer_200": {"window": 200},
}
FIRST_NETWORK, UNSEEN, RULE = 50, 95, 90  # are added to the seed of a data set
MOST_SETS = 8
LONGEST_STAY = 400  # frames, in the counts of stays


@dataclass(frozen=True)
class AttentionStudy:
    """Eight data sets of each of five systems, learned by two kinds of networks.

    Parameters
    ----------
    systems : tuple of str
    frames : tuple of int
        Of a data set of each system.
    unseen_frames : int
        Of the labels for the loss.
    steps : int
        Of each training, about; 6,400 labels each.
    chains, chain_frames : int
        That each network generates.
    lstm_rates, transformer_rates : tuple of float
        Learning rates among which the rule chooses.
    trainings : int
        Data sets of each question; from 6 to 8.
    seed : int
        Data set k has the seed 100 × ``seed`` + k. For the dipeptide, k is the number of a piece.
    """

    systems: tuple[str, ...] = SYSTEMS
    frames: tuple[int, ...] = (600_000, 200_000, 500_000, 200_000, 200_000)
    unseen_frames: int = 50_000
    steps: int = 400
    chains: int = 60
    chain_frames: int = 5_000
    lstm_rates: tuple[float, ...] = (0.01, 0.02, 0.04)
    transformer_rates: tuple[float, ...] = (0.001, 0.003, 0.01)
    trainings: int = 8
    seed: int = 71

    def __post_init__(self) -> None:
        if not {"triangular", "semi_markov"} <= set(self.systems):
            raise ValueError(
                f"systems: found {self.systems}; X1a to X1d need 'triangular', and X1f needs "
                f"'semi_markov', so give both"
            )
        if len(self.frames) != len(self.systems):
            raise ValueError(
                f"frames: expected {len(self.systems)} numbers, one for each of the systems, found "
                f"{len(self.frames)}; give as many as there are systems"
            )
        if not 6 <= self.trainings <= MOST_SETS:
            raise ValueError(
                f"trainings: found {self.trainings}; give 6 to {MOST_SETS}: with fewer, no test by "
                f"sign flips rejects, and the dipeptide has {MOST_SETS} pieces"
            )

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: the rule for the rates, and then a job for each data set."""
        settings = asdict(self)
        lengths = {
            k: settings[k] for k in ("unseen_frames", "steps", "chains", "chain_frames", "seed")
        }
        tried = {k: settings[k] for k in ("lstm_rates", "transformer_rates")}
        frames = dict(zip(self.systems, self.frames, strict=True))
        rule = [
            Job(f"rates-{s}.npz", choose_rates, {"system": s, "frames": n, **lengths, **tried})
            for s, n in frames.items()
        ]

        def learn(file: str, function: Any, system: str) -> list[Job]:
            own = {"system": system, "frames": frames[system], **lengths, **tried}
            return [
                Job(f"{file}-{k}.npz", function, {**own, "number": k}, 1)
                for k in range(self.trainings)
            ]

        jobs = (
            *rule,
            *(job for s in self.systems for job in learn(s, learn_pair, s)),
            *learn("views", learn_views, "triangular"),
            *learn("windows", learn_windows, "semi_markov"),
        )
        needs = (LONG, VARIED) if "dipeptide" in self.systems else ()
        return Recipe(name, description, settings, jobs, summarise, hidden, needs)


def data_of(folder: Path, settings: JobSettings) -> tuple[Process, Labels]:
    """Simulate the data set of a job, and the unseen labels."""
    system, k, first = settings.system, settings.number, 100 * settings.seed
    if system == "dipeptide":  # the next piece
        unseen = process(system, settings.unseen_frames, k + 1, folder.parent).labels
        return process(system, settings.frames, k, folder.parent), unseen
    unseen = process(system, settings.unseen_frames, first + UNSEEN).labels
    return process(system, settings.frames, first + k), unseen


def lengths_of(settings: JobSettings) -> Lengths:
    """Return how long the networks of a job learn and generate."""
    return Lengths(settings.steps, settings.chains, settings.chain_frames)


def choose_rates(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Train with each learning rate, on data that are not used again.

    Of the dipeptide, the data are a recorded simulation with the same settings.

    Returns
    -------
    dict
        ``lstm`` and ``transformer``: the loss of unseen labels for each rate.
    """
    system, seed, n = settings.system, 100 * settings.seed + RULE, settings.unseen_frames
    if system == "dipeptide":
        both = process(system, settings.frames, -1, folder.parent)
        labels, unseen = both.labels[:-n], both.labels[-n:]
    else:
        both = process(system, settings.frames, seed)
        labels, unseen = both.labels, process(system, n, seed + 1).labels
    found = {}
    for name, learn, rates in (
        ("lstm", learn_lstm, settings.lstm_rates),
        ("transformer", learn_transformer, settings.transformer_rates),
    ):
        lengths = lengths_of(settings)._replace(chain_frames=1)  # only the loss counts
        every = [learn(labels, unseen, both.n_labels, rate, lengths, seed) for rate in rates]
        found[name] = np.array([one.test_loss for one in every])
    return found


def chosen_rates(folder: Path, settings: JobSettings) -> tuple[float, float]:
    """Return the rates that the rule chooses for a system: of the LSTM, and of the transformer."""
    found = load_file(folder / f"rates-{settings.system}.npz")
    lstm, transformer = (int(np.argmin(found[name])) for name in ("lstm", "transformer"))
    return settings.lstm_rates[lstm], settings.transformer_rates[transformer]


def learn_pair(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Let both networks learn one data set.

    Returns
    -------
    dict
        ``data_rate`` and ``chain_loss``. For "lstm" and "transformer": ``…_rate``, ``…_loss``,
        ``…_train`` and ``…_stays``.
    """
    data, unseen = data_of(folder, settings)
    seed, lengths = network_seed(settings), lengths_of(settings)
    common = (data.labels, unseen, data.n_labels)
    lstm_rate, transformer_rate = chosen_rates(folder, settings)
    lstm = learn_lstm(*common, lstm_rate, lengths, seed)
    transformer = learn_transformer(*common, transformer_rate, lengths, seed)
    return {
        "data_rate": data.rate(data.labels),
        "data_stays": count_stays(data.labels),
        "chain_loss": chain_loss(data, unseen),
        **numbers_of("lstm", data, lstm),
        **numbers_of("transformer", data, transformer),
    }


def learn_views(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Let LSTMs learn one simulation of the triangular potential, labelled in several ways.

    Returns
    -------
    dict
        For each way: ``…_data_rate``, ``…_chain_loss``, ``…_rate``, ``…_loss``, ``…_train`` and
        ``…_stays``. ``fast_slow_loss``, the loss of the slow label. ``raw_msm_rate``,
        ``removed_msm_rate``: of Markov models with a lag of one frame.
    """
    first = 100 * settings.seed
    every = views(settings.frames, first + settings.number, ("raw", *VIEWED))
    unseen = views(settings.unseen_frames, first + UNSEEN, VIEWED)
    rate, _ = chosen_rates(folder, settings)
    found: dict[str, Any] = {
        f"{name}_msm_rate": relaxation_rate([every[name].labels], 1) for name in ("raw", "removed")
    }
    for name in VIEWED:
        data, own = every[name], unseen[name].labels
        learned = learn_lstm(
            data.labels, own, data.n_labels, rate, lengths_of(settings), network_seed(settings)
        )
        found[f"{name}_data_rate"] = data.rate(data.labels)
        found[f"{name}_chain_loss"] = chain_loss(data, own)
        found |= numbers_of(name, data, learned)
        if name == "fast":
            found["fast_slow_loss"] = loss_of_groups(learned, N_FAST)
    return found


def learn_windows(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Let networks with other initial states and windows learn one semi-Markov chain.

    Returns
    -------
    dict
        For each arm: ``…_rate``, ``…_loss``, ``…_train`` and ``…_stays``.
    """
    data, unseen = data_of(folder, settings)
    rates = chosen_rates(folder, settings)
    found: dict[str, Any] = {}
    for name, arm in WINDOWS.items():
        is_transformer = name.startswith("transformer")
        learn: Any = learn_transformer if is_transformer else learn_lstm
        learned = learn(
            data.labels, unseen, data.n_labels, rates[is_transformer], lengths_of(settings),
            network_seed(settings), **arm,
        )  # fmt: skip
        found |= numbers_of(name, data, learned)
    return found


def network_seed(settings: JobSettings) -> int:
    """Return the seed of all networks of a data set."""
    return int(100 * settings.seed + FIRST_NETWORK + settings.number)


def numbers_of(name: str, data: Process, learned: Learned) -> dict[str, Any]:
    """Return what a file keeps of a network."""
    return {
        f"{name}_rate": data.rate(learned.generated),
        f"{name}_loss": learned.test_loss,
        f"{name}_train": learned.train_loss,
        f"{name}_stays": count_stays(learned.generated),
    }


def count_stays(labels: NDArray) -> NDArray[np.int64]:
    """Count the complete stays in label 0 by their frames; the last place holds longer ones."""
    stays = stays_of(np.atleast_2d(labels))
    inner = (stays.chain[1:-1] == stays.chain[:-2]) & (stays.chain[1:-1] == stays.chain[2:])
    lengths = stays.length[1:-1][inner & (stays.label[1:-1] == 0)]
    return np.bincount(np.minimum(lengths, LONGEST_STAY), minlength=LONGEST_STAY + 1)


def chain_loss(data: Process, unseen: Labels) -> float:
    """Compute the loss of a first-order Markov chain of the data on unseen labels."""
    chain = fit_markov_chain(data.labels, n_labels=data.n_labels)
    return float(chain.loss(unseen[CONTEXT // 2 - 1 :]))
