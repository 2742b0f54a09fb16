"""The recorded run: Markov models on the training sets of the riboswitch's LSTM (Fig 8)."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.markov_models import ACCURACY
from lstm_md.training import sequences
from reproduction.riboswitch.states import (
    N_LABELS,
    N_TENTHS,
    extension,
    labels_of,
    training_set,
)
from reproduction.rivals.counts import counts_summed_over_shifts, generated_statistics
from reproduction.rivals.models import Rival, fit
from reproduction.rivals.numbers import summarise
from reproduction.runs.recipe import Job, JobSettings, Recipe


@dataclass(frozen=True)
class RivalStudy:
    """Every Markov model, fitted to each training set. Each fit generates a trajectory.

    Parameters
    ----------
    claims : tuple of str
        Ids of the claims that are judged, of M1–M4.
    commit_times : tuple of int
        In frames of 0.1 ms.
    lstm : str
        The record of a :class:`reproduction.riboswitch.run.RiboswitchStudy` that is the LSTM. Its
        trainings had the same training sets.
    networks : tuple of str
        The records of networks that must fail the criterion of M3. These records and ``lstm`` are
        read by the summary only, so that other networks need no new fits.
    frames : int
        Frames of the record, from its start; all of them if 0.
    trainings : int
        Fits of each model, one for each training set; a divisor of ten.
    msm_lags : tuple of int
        In frames.
    hidden_states, hidden_lags : tuple of int
        Every number of hidden states is fitted at every lag.
    every_frame : tuple of (int, float)
        Hidden states and accuracy of the hidden Markov models at a lag of one frame. With many
        states, the likelihood rises slowly for thousands of iterations.
    stride_1 : tuple of (int, int)
        Hidden states and lags that are also fitted with a stride of 1.
    orders : tuple of int
        Of the chains of higher order.
    windows : tuple of int
        In frames, of the chains that see a mean over the past. A window of 8 predicts best.
    seed : int
        Fit k generates with the seed 100 × ``seed`` + k.
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
        """List all models, those of M3 first."""
        msms = [Rival("msm", lag) for lag in self.msm_lags]
        hmms = [Rival("hmm", lag, k) for k in self.hidden_states for lag in self.hidden_lags]
        stride_1 = [Rival("hmm", lag, k, stride=1) for k, lag in self.stride_1]
        at_lag_1 = [Rival("hmm", 1, k, accuracy=accuracy) for k, accuracy in self.every_frame]
        chains = [Rival("higher_order", size=order) for order in self.orders]
        means = [Rival("mean", size=window) for window in self.windows]
        return [*msms, *hmms, *stride_1, *at_lag_1, *chains, Rival("semi_markov"), *means]

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: one job for the measured record, one for each model."""
        common = {"frames": self.frames, "commit_times": self.commit_times}
        rivals = self.rivals()
        lags = sorted({rival.lag_frames for rival in rivals} | {1})
        # Not record.npz: its lock would be the lock of the whole record.
        jobs = [Job("actual.npz", count_in_record, {**common, "lags": lags})]
        for rival in rivals:
            arguments = {"sets": self.trainings, "seed": self.seed, **asdict(rival)}
            jobs.append(Job(f"{rival.name}.npz", fit_and_generate, {**common, **arguments}))
        settings = {**asdict(self), "labels": N_LABELS, "rivals": [asdict(r) for r in rivals]}
        needs = tuple(dict.fromkeys((self.lstm, *self.networks)))
        return Recipe(name, description, settings, tuple(jobs), summarise, hidden, needs)


def count_in_record(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Count transitions in the measured record, at the lag of every model.

    Returns
    -------
    dict
        ``frames`` in a tenth of the record; for each lag ``single-LAG`` and ``mean-LAG``, from
        :func:`reproduction.rivals.counts.counts_summed_over_shifts`.
    """
    labels = labels_of(extension())[: settings.frames or None]
    n_frames = labels.size // N_TENTHS
    content: dict[str, Any] = {"frames": n_frames}
    for lag in settings.lags:
        single, mean = counts_summed_over_shifts(labels, n_frames, settings.commit_times, lag)
        content |= {f"single-{lag:03d}": single, f"mean-{lag:03d}": mean}
    return content


def fit_and_generate(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Fit one model to each training set, and let each fit generate a trajectory.

    Returns
    -------
    dict
        One row per training set: the results of
        :func:`reproduction.rivals.counts.generated_statistics`; ``timescales`` in frames;
        ``seconds`` of the fit; and, for a model that is compared by its loss, ``loss`` in nats
        per label on the held-back part, in the sequences in which
        :func:`lstm_md.training.train` predicts it.
    """
    rival = Rival(**settings.only("kind", "lag_frames", "size", "stride", "accuracy"))
    labels = labels_of(extension())[: settings.frames or None]
    n_frames, n_learned = labels.size // N_TENTHS, N_TENTHS - N_TENTHS // settings.sets
    rows: list[dict[str, Any]] = []
    for number in range(settings.sets):
        tenths = training_set(labels, number, settings.sets)
        begin = time.perf_counter()
        model = fit(rival, tenths[:n_learned])
        seconds = time.perf_counter() - begin
        n_steps = -(-n_frames * N_TENTHS // rival.lag_frames)
        generated = model.simulate(n_steps, seed=100 * settings.seed + number)
        row: dict[str, Any] = dict(
            generated_statistics(
                generated, rival.lag_frames, n_frames, N_TENTHS, settings.commit_times
            )
        )
        row |= {"timescales": getattr(model, "timescales", np.empty(0)), "seconds": seconds}
        if rival.is_compared_by_loss:
            row["loss"] = model.loss(list(sequences(tenths[n_learned:])))
        rows.append(row)
    return {name: _stacked([row[name] for row in rows]) for name in rows[0]}


def _stacked(values: list[Any]) -> NDArray:
    """Stack arrays, with nan where a fit has fewer values because a label did not occur."""
    arrays = [np.asarray(value) for value in values]
    if len({array.shape for array in arrays}) > 1:
        size = max(array.size for array in arrays)
        arrays = [np.append(array, np.full(size - array.size, np.nan)) for array in arrays]
    return np.stack(arrays)
