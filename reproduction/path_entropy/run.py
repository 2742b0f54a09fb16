"""The long run of T1 and T2: networks on texts of processes whose path entropy is known.

:mod:`reproduction.path_entropy.verdicts` reads its record and judges it. The record holds losses, no
texts: every text comes from the seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.uncertainty import Estimate
from lstm_md.model import language_model
from lstm_md.training import evaluate, sequences, train
from reproduction.path_entropy import entropy as path_entropy
from reproduction.path_entropy import verdicts as theory_verdicts
from reproduction.path_entropy.processes import simulate_process
from reproduction.path_entropy.states import TITLES, closed_rate, known
from reproduction.runs.recipe import Job, Recipe

TOGETHER = 10  # trainings a part: two minutes, and few files
HELD_BACK = 0.1  # of a training text, its end
EVALUATION, RATE, FIRST = 0, 1, 2  # the texts of a process: for all networks, for its rate, learned

Labels = NDArray[np.unsignedinteger]


@dataclass(frozen=True)
class EntropyStudy:
    """Trainings on each of the known processes, and what else is tried on the same texts.

    Parameters
    ----------
    processes : tuple of str
        Of :mod:`reproduction.path_entropy.states`.
    frames : int
        Labels of a training text; each training has its own.
    text_frames, rate_frames : int
        Labels of the text that all are evaluated on, and of the one for the entropy rate of a
        process that has no closed form.
    blocks, context_frames : int
        The evaluation text is cut into so many blocks, and these into sequences of so many
        frames, ten times those of the training; each begins with an empty state.
    orders : int
        Chains of order 0 up to this are fitted to each training text.
    shuffled : int
        Networks a process that learn shuffled labels.
    embedding, units, epochs, learning_rate, decay, trainings, seed
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

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """The recipe with a part for each process, its shuffled labels and every ten trainings."""
        every = asdict(self)
        common = {k: every[k] for k in ("seed", "text_frames", "blocks", "context_frames")}
        network = {k: every[k] for k in ("embedding", "units")}
        learning = {k: every[k] for k in ("frames", "orders", "epochs", "learning_rate", "decay")}
        numbers = list(range(self.trainings))
        parts = []
        for process in self.processes:
            of = {"process": process, **common, **network}
            exact = {"rate_frames": self.rate_frames, "orders": self.orders, "numbers": numbers}
            parts.append(Job(f"exact-{process}.npz", bounds, {**of, **exact}))
            few = {**of, **learning, "numbers": numbers[: self.shuffled], "shuffled": True}
            parts.append(Job(f"shuffled-{process}.npz", learned, few))
            for first in range(0, self.trainings, TOGETHER):
                some = {**of, **learning, "numbers": numbers[first : first + TOGETHER]}
                file = f"learned-{process}-{first // TOGETHER}.npz"
                parts.append(Job(file, learned, some))
        return Recipe(name, description, every, tuple(parts), theory_verdicts.summarise, hidden)


def text(process: str, frames: int, seed: int, number: int) -> Labels:
    """One of the texts of a process, shape (frames,); all numbers of all seeds are independent."""
    place = [seed, list(TITLES).index(process), number]
    own = int(np.random.SeedSequence(place).generate_state(1)[0])
    return simulate_process(known(process), frames, seed=own)


def blocks_of(labels: Labels, blocks: int) -> Labels:
    """Neighbouring blocks of a text, shape (blocks, frames)."""
    return labels[: labels.size // blocks * blocks].reshape(blocks, -1)


def bounds(
    folder: Path,
    work: Path,
    *,
    process: str,
    text_frames: int,
    rate_frames: int,
    blocks: int,
    context_frames: int,
    orders: int,
    embedding: int,
    units: int,
    numbers: Sequence[int],
    seed: int,
) -> dict[str, Any]:
    """The part with what is known of a process, and what untrained networks lose on its text.

    Returns
    -------
    dict
        ``rate`` and its error; ``exact`` (blocks,), the loss of the process itself; ``whole``,
        ``short``, the same without a break, and in sequences of 100; ``entropies`` (orders + 1,),
        what the best chain of each order loses; ``untrained`` (networks, blocks). Nats a label.
    """
    source = known(process)
    written = text(process, text_frames, seed, EVALUATION)
    rate = Estimate(closed_rate(process) or 0.0, 0.0)
    if not rate.value:
        rate = path_entropy.entropy_rate(source, text(process, rate_frames, seed, RATE), 100)
    parts = blocks_of(written, blocks)
    blank = [
        language_model(source.n_labels, embedding, units, seed=100 * seed + k) for k in numbers
    ]
    return {
        "rate": rate.value,
        "rate_error": rate.error,
        "exact": [_after_first(path_entropy.path_losses(source, sequences(part, context_frames)))
                  for part in parts],
        "whole": path_entropy.path_losses(source, written).mean(),
        "short": _after_first(path_entropy.path_losses(source, sequences(written))),
        "entropies": path_entropy.conditional_entropies(source, orders),
        "untrained": [_evaluated(model, parts, context_frames) for model in blank],
    }  # fmt: skip


def learned(
    folder: Path,
    work: Path,
    *,
    process: str,
    frames: int,
    text_frames: int,
    blocks: int,
    context_frames: int,
    orders: int,
    embedding: int,
    units: int,
    epochs: int,
    learning_rate: float,
    decay: bool,
    numbers: Sequence[int],
    seed: int,
    shuffled: bool = False,
) -> dict[str, Any]:
    """The part of some trainings, each on its own text, with chains fitted to the same text.

    Returns
    -------
    dict
        ``losses`` (trainings, blocks), on the evaluation text; ``loss`` and ``validation_loss``
        (trainings, epochs), as in the training; ``chains`` (trainings, orders + 1), and
        ``first_chains`` (trainings, 2, blocks) for order 0 and 1.
    """
    parts = blocks_of(text(process, text_frames, seed, EVALUATION), blocks)
    n_labels = known(process).n_labels
    found: dict[str, list] = {
        name: [] for name in ("losses", "loss", "validation_loss", "chains", "first_chains")
    }
    for number in numbers:
        own = text(process, frames, seed, FIRST + number)
        if shuffled:
            own = np.random.default_rng([seed, number]).permutation(own)
        model = language_model(n_labels, embedding, units, seed=100 * seed + number)
        history = train(
            model, own, epochs=epochs, learning_rate=learning_rate, decay=decay,
            validation_fraction=HELD_BACK, seed=100 * seed + number, progress=False,
            checkpoint=work / f"{number}.npz",
        )  # fmt: skip
        chain = path_entropy.context_chain(own, orders, n_labels)
        by_order = np.array(
            [
                [_after_first(chain.losses(sequences(part, context_frames), k)) for part in parts]
                for k in range(orders + 1)
            ]
        )
        found["losses"].append(_evaluated(model, parts, context_frames))
        found["loss"].append(history.loss)
        found["validation_loss"].append(history.validation_loss)
        found["chains"].append(by_order.mean(axis=1))
        found["first_chains"].append(by_order[:2])
    return found


def held_back_bounds(process: str, settings: Mapping[str, Any]) -> list[float]:
    """The exact loss on what each training of a record held back, nats a label.

    Parameters
    ----------
    process : str
    settings : mapping
        Of the record: the texts are written anew from its seed.
    """
    bounds_of_each = []
    for number in range(settings["trainings"]):
        own = sequences(text(process, settings["frames"], settings["seed"], FIRST + number))
        held = own[len(own) - round(HELD_BACK * len(own)) :]
        bounds_of_each.append(_after_first(path_entropy.path_losses(known(process), held)))
    return bounds_of_each


def _evaluated(model: Any, parts: Labels, context_frames: int) -> list[float]:
    return [evaluate(model, part, sequence_length=context_frames) for part in parts]


def _after_first(losses: NDArray[np.float64]) -> float:
    """A network predicts all labels of a sequence but the first, which it is given."""
    return float(losses[:, 1:].mean())
