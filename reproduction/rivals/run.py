"""Markov models on the riboswitch's record, on the training sets that the LSTM had (Fig 8)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.markov_models import ACCURACY
from lstm_md.training import sequences
from reproduction.riboswitch.states import LABELS, PARTS, extension, labels_of, training_set
from reproduction.rivals.counts import statistics, summed_over_shifts
from reproduction.rivals.models import Rival, fit
from reproduction.rivals.numbers import summarise
from reproduction.runs.recipe import Job, Recipe

Labels = NDArray[np.unsignedinteger]


@dataclass(frozen=True)
class RivalStudy:
    """Every Markov model, fitted to each of the training sets; each fit writes a text.

    Parameters
    ----------
    claims : tuple of str
        Of M1–M4.
    commit_times : tuple of int
        In frames of 0.1 ms.
    lstm : str
        The record of a :class:`reproduction.riboswitch.run.RiboswitchStudy` that is the LSTM. Its
        trainings had the same training sets.
    networks : tuple of str
        The records of networks that the criterion of M3 has to refuse. Neither these nor ``lstm``
        are read before the summary, so that others need no new fits.
    frames : int
        Of the record, from its start; all of it if 0.
    trainings : int
        Fits of each model, one a training set; a divisor of ten.
    msm_lags : tuple of int
        In frames.
    hidden_states, hidden_lags : tuple of int
        Each number at each lag.
    every_frame : tuple of (int, float)
        Hidden states and accuracy of the hidden Markov models at a lag of one frame. (With many,
        the likelihood goes on to rise by a little for thousands of iterations.)
    stride_1 : tuple of (int, int)
        Hidden states and lags that are fitted with a stride of 1 too.
    orders : tuple of int
        Of chains of higher order.
    windows : tuple of int
        In frames, of chains that see a mean over the past. About 8 predicts best.
    seed : int
        Fit k writes with the seed 100 × ``seed`` + k.
    """

    claims: tuple[str, ...]
    commit_times: tuple[int, ...]
    lstm: str
    networks: tuple[str, ...]
    frames: int = 0
    trainings: int = 5
    msm_lags: tuple[int, ...] = (1, 2, 3, 5, 10, 20, 30, 50, 100)
    hidden_states: tuple[int, ...] = (2, 3, 4, 5, 10)
    hidden_lags: tuple[int, ...] = (5, 10, 30, 50, 100)
    every_frame: tuple[tuple[int, float], ...] = (
        (3, ACCURACY),
        (5, ACCURACY),
        (10, 1e-2),
        (20, 1.0),
    )
    stride_1: tuple[tuple[int, int], ...] = ((3, 30),)
    orders: tuple[int, ...] = (2, 4)
    windows: tuple[int, ...] = (8, 20)
    seed: int = 1

    def rivals(self) -> list[Rival]:
        """All models, the scan of M3 first."""
        msms = [Rival("msm", lag) for lag in self.msm_lags]
        hmms = [Rival("hmm", lag, k) for k in self.hidden_states for lag in self.hidden_lags]
        more = [Rival("hmm", lag, k, stride=1) for k, lag in self.stride_1]
        at_once = [Rival("hmm", 1, k, accuracy=accuracy) for k, accuracy in self.every_frame]
        chains = [Rival("higher_order", size=order) for order in self.orders]
        means = [Rival("mean", size=window) for window in self.windows]
        return [*msms, *hmms, *more, *at_once, *chains, Rival("semi_markov"), *means]

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """The recipe with a part for the record itself and one for each model."""
        common = {"frames": self.frames, "commit_times": self.commit_times}
        rivals = self.rivals()
        lags = sorted({rival.lag_frames for rival in rivals} | {1})
        # Not record.npz: its lock would be that of the whole record.
        parts = [Job("actual.npz", read_record, {**common, "lags": lags})]
        for rival in rivals:
            learning = {"sets": self.trainings, "seed": self.seed, **asdict(rival)}
            parts.append(Job(f"{rival.name}.npz", fitted, {**common, **learning}))
        every = {**asdict(self), "labels": LABELS, "rivals": [asdict(rival) for rival in rivals]}
        needs = tuple(dict.fromkeys((self.lstm, *self.networks)))
        return Recipe(name, description, every, tuple(parts), summarise, hidden, needs)


def read_record(
    folder: Path, work: Path, *, frames: int, commit_times: Sequence[int], lags: Sequence[int]
) -> dict[str, Any]:
    """The part with the record's counts, frame by frame and at every lag of a model.

    Returns
    -------
    dict
        ``frames`` of a part; of each lag ``single-LAG`` and ``mean-LAG``, what
        :func:`reproduction.rivals.counts.summed_over_shifts` gives.
    """
    labels = labels_of(extension())[: frames or None]
    part = labels.size // PARTS
    found: dict[str, Any] = {"frames": part}
    for lag in lags:
        single, mean = summed_over_shifts(labels, part, commit_times, lag)
        found |= {f"single-{lag:03d}": single, f"mean-{lag:03d}": mean}
    return found


def fitted(
    folder: Path,
    work: Path,
    *,
    frames: int,
    commit_times: Sequence[int],
    sets: int,
    seed: int,
    **of_model: Any,
) -> dict[str, Any]:
    """The part with what one model, fitted to each training set, writes.

    Returns
    -------
    dict
        A row a training set: what :func:`reproduction.rivals.counts.statistics` gives;
        ``timescales`` in frames; ``seconds`` of the fit; and, of a model that sees each frame,
        ``loss`` in nats a label on what the set holds back, in the sequences in which
        :func:`lstm_md.training.train` predicts it.
    """
    rival, labels = Rival(**of_model), labels_of(extension())[: frames or None]
    part, learned = labels.size // PARTS, PARTS - PARTS // sets
    rows: list[dict[str, Any]] = []
    for number in range(sets):
        text = training_set(labels, number, sets)
        begin = time.perf_counter()
        model = fit(rival, text[:learned])
        seconds = time.perf_counter() - begin
        steps = -(-part * PARTS // rival.lag_frames)
        written = model.write(steps, 100 * seed + number)
        row: dict[str, Any] = dict(statistics(written, rival.lag_frames, part, PARTS, commit_times))
        row |= {"timescales": model.timescales, "seconds": seconds}
        if model.loss is not None:
            row["loss"] = model.loss(sequences(text[learned:]))
        rows.append(row)
    return {name: _stacked([row[name] for row in rows]) for name in rows[0]}


def _stacked(values: list[Any]) -> NDArray:
    """In one array, with nan where a fit has fewer: a label that it never saw."""
    arrays = [np.asarray(value) for value in values]
    if len({array.shape for array in arrays}) > 1:
        size = max(array.size for array in arrays)
        arrays = [np.append(array, np.full(size - array.size, np.nan)) for array in arrays]
    return np.stack(arrays)
