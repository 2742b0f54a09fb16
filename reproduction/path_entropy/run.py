"""The long run of T1 and T2: networks learn processes whose path entropy is known.

The record holds losses and no labels, because every trajectory can be generated from its seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.checks import rows_are_chains
from lstm_md.analysis.uncertainty import Estimate
from lstm_md.model import language_model
from lstm_md.settings import Settings
from lstm_md.training import evaluate, sequences, train
from reproduction.common.higher_order import fit_higher_order_chain
from reproduction.common.method import of_network, of_training, settings_of, those_of
from reproduction.path_entropy.entropy import conditional_entropies, entropy_rate
from reproduction.path_entropy.states import TITLES, closed_form_rate, known_process
from reproduction.path_entropy.verdicts import summarise
from reproduction.runs.recipe import Job, JobSettings, Recipe

TRAININGS_PER_FILE = 10  # two minutes per job, and few files
VALIDATION_FRACTION = 0.1  # the end of the training data
# Trajectories of a process are numbered: one to evaluate all networks on, one for the entropy
# rate, and one for each training.
EVALUATION, RATE, FIRST_TRAINING = 0, 1, 2

Labels = NDArray[np.unsignedinteger]


@dataclass(frozen=True)
class EntropyStudy:
    """Trainings on each of the known processes, with controls on the same trajectories.

    Parameters
    ----------
    processes : tuple of str
        Of :mod:`reproduction.path_entropy.states`.
    frames : int
        Labels of the training data; each training has its own trajectory.
    text_frames, rate_frames : int
        Labels of the trajectory on which all networks are evaluated, and of the one for the
        entropy rate of a process that has no closed form.
    blocks, context_frames : int
        Number of blocks of the evaluation trajectory, and frames of the sequences into which each
        block is cut. These are ten times as long as in training; each starts with a zero state.
    orders : int
        Chains of order 0 up to this one are fitted to the training data of each network.
    shuffled : int
        Networks per process that learn shuffled labels.
    embedding, units, epochs, learning_rate, decay, trainings, seed, method
        As in :class:`reproduction.potentials.run.PotentialStudy`.
    """

    processes: tuple[str, ...] = tuple(TITLES)
    frames: int = 400_000
    text_frames: int = 1_000_000
    rate_frames: int = 10_000_000
    blocks: int = 10
    context_frames: int = 1_000
    orders: int = 8
    shuffled: int = 2
    embedding: int = 8
    units: int = 64
    epochs: int = 20
    learning_rate: float = 0.02
    decay: bool = True
    trainings: int = 20
    seed: int = 1
    method: Settings | None = None

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Return the recipe: jobs for exact losses, shuffled labels, and every ten trainings."""
        every = settings_of(self)
        common = {k: every[k] for k in ("seed", "text_frames", "blocks", "context_frames")}
        network = those_of(every, "embedding", "units", "method")
        learning = {k: every[k] for k in ("frames", "orders", "epochs", "learning_rate", "decay")}
        numbers = list(range(self.trainings))
        jobs = []
        for process in self.processes:
            evaluation = {"process": process, **common, **network}
            exact = {"rate_frames": self.rate_frames, "orders": self.orders, "numbers": numbers}
            jobs.append(Job(f"exact-{process}.npz", exact_losses, {**evaluation, **exact}))
            few = {"numbers": numbers[: self.shuffled], "shuffled": True}
            arguments = {**evaluation, **learning, **few}
            jobs.append(Job(f"shuffled-{process}.npz", train_networks, arguments))
            for first in range(0, self.trainings, TRAININGS_PER_FILE):
                some = {"numbers": numbers[first : first + TRAININGS_PER_FILE]}
                file = f"learned-{process}-{first // TRAININGS_PER_FILE}.npz"
                jobs.append(Job(file, train_networks, {**evaluation, **learning, **some}))
        return Recipe(name, description, every, tuple(jobs), summarise, hidden)


def exact_losses(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Do the job of one process: its exact losses, and those of untrained networks.

    Returns
    -------
    dict
        ``rate``, ``rate_error``: the entropy rate. ``exact`` (blocks,): the loss of the process
        on the evaluation trajectory. ``whole``, ``short``: the same without a break, and in
        sequences of 100. ``entropies`` (orders + 1,): the lowest possible loss of a chain of each
        order. ``untrained`` (networks, blocks). All in nats per label.
    """
    process = known_process(settings.process)
    labels = trajectory(settings.process, settings.text_frames, settings.seed, EVALUATION)
    blocks = blocks_of(labels, settings.blocks)
    closed = closed_form_rate(settings.process)
    if closed is None:
        long = trajectory(settings.process, settings.rate_frames, settings.seed, RATE)
        rate = entropy_rate(process, long, 100)
    else:
        rate = Estimate(closed, 0.0)
    return {
        "rate": rate.value,
        "rate_error": rate.error,
        "exact": [
            loss_after_first(process, sequences(block, settings.context_frames)) for block in blocks
        ],
        "whole": process.losses(labels).mean(),
        "short": loss_after_first(process, sequences(labels)),
        "entropies": conditional_entropies(process, settings.orders),
        "untrained": [
            _evaluated(_network(settings, number), blocks, settings) for number in settings.numbers
        ],
    }


def train_networks(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Do the job of some trainings, with chains fitted to the same training data.

    Returns
    -------
    dict
        ``losses`` (trainings, blocks): on the evaluation trajectory. ``loss``,
        ``validation_loss`` (trainings, epochs): during training. ``chains`` (trainings, orders
        + 1): the losses of chains on the evaluation trajectory. ``first_chains`` (trainings, 2,
        blocks): the same of orders 0 and 1, by block. All in nats per label.
    """
    labels = trajectory(settings.process, settings.text_frames, settings.seed, EVALUATION)
    blocks = blocks_of(labels, settings.blocks)
    rows: list[dict[str, Any]] = []
    for number in settings.numbers:
        data = trajectory(settings.process, settings.frames, settings.seed, FIRST_TRAINING + number)
        if getattr(settings, "shuffled", False):
            data = np.random.default_rng([settings.seed, number]).permutation(data)
        network = _network(settings, number)
        training = {**of_training(settings), "validation_fraction": VALIDATION_FRACTION}
        history = train(
            network, data, seed=100 * settings.seed + number, progress=False,
            checkpoint=work / f"{number}.npz", **training,
        )  # fmt: skip
        by_order = _losses_of_chains(data, blocks, settings)
        rows.append(
            {
                "losses": _evaluated(network, blocks, settings),
                "loss": history.loss,
                "validation_loss": history.validation_loss,
                "chains": by_order.mean(axis=1),
                "first_chains": by_order[:2],
            }
        )
    return {name: [row[name] for row in rows] for name in rows[0]}


def trajectory(process: str, n_frames: int, seed: int, number: int) -> Labels:
    """Simulate one of the independent trajectories of a known process.

    Parameters
    ----------
    process : str
        A key of :data:`reproduction.path_entropy.states.TITLES`.
    n_frames : int
    seed : int
        Of the study.
    number : int
        ``EVALUATION``, ``RATE``, or ``FIRST_TRAINING`` + k for training k.

    Returns
    -------
    ndarray of uint8, shape (n_frames,)
    """
    place = [seed, list(TITLES).index(process), number]
    own_seed = int(np.random.SeedSequence(place).generate_state(1)[0])
    return known_process(process).simulate(n_frames, seed=own_seed)


def blocks_of(labels: Labels, n_blocks: int) -> Labels:
    """Cut a trajectory into neighbouring blocks, shape (n_blocks, frames)."""
    return labels[: labels.size // n_blocks * n_blocks].reshape(n_blocks, -1)


def validation_bounds(process: str, settings: Mapping[str, Any]) -> list[float]:
    """Compute the exact loss on the validation data of each training of a record.

    Parameters
    ----------
    process : str
    settings : mapping
        Of the record. The training data are generated again from its seed.

    Returns
    -------
    list of float
        In nats per label. No network can have a lower validation loss, but by chance.
    """
    bounds = []
    for number in range(settings["trainings"]):
        data = trajectory(process, settings["frames"], settings["seed"], FIRST_TRAINING + number)
        rows = sequences(data)
        validation = rows[len(rows) - round(VALIDATION_FRACTION * len(rows)) :]
        bounds.append(loss_after_first(known_process(process), validation))
    return bounds


def loss_after_first(process: Any, rows: Labels, *order: int) -> float:
    """Average the losses of rows over all labels but the first, which a network is given."""
    with rows_are_chains():  # there are more rows than labels in each
        return float(process.losses(rows, *order)[:, 1:].mean())


def _network(settings: JobSettings, number: int) -> Any:
    n_labels, seed = known_process(settings.process).n_labels, 100 * settings.seed + number
    return language_model(
        n_labels, settings.embedding, settings.units, seed=seed, **of_network(settings)
    )


def _evaluated(network: Any, blocks: Labels, settings: JobSettings) -> list[float]:
    return [evaluate(network, block, sequence_length=settings.context_frames) for block in blocks]


def _losses_of_chains(data: Labels, blocks: Labels, settings: JobSettings) -> NDArray[np.float64]:
    """Losses of chains that were fitted to the training data, shape (orders + 1, blocks)."""
    n_labels = known_process(settings.process).n_labels
    chain = fit_higher_order_chain(data, settings.orders, n_labels=n_labels)
    rows = [sequences(block, settings.context_frames) for block in blocks]
    return np.array(
        [[loss_after_first(chain, row, k) for row in rows] for k in range(settings.orders + 1)]
    )
