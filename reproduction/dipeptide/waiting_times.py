"""Waiting times in C7eq and C7ax (Table 1): each of them, their means, and their distribution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from lstm_md.analysis.kinetics import waiting_times
from lstm_md.analysis.uncertainty import Estimate, over_trainings
from lstm_md.labels import remove_short_excursions
from reproduction.dipeptide.states import AX, EQ, PS_PER_FRAME, states

COMMIT_FRAMES = 30  #: The commit time: recrossings have ended along both angles

Waits = tuple[NDArray[np.floating], NDArray[np.floating]]  #: In C7eq and in C7ax, in ps
MeanWaits = tuple[Estimate, Estimate]  #: In C7eq and in C7ax, in ps; ``n`` is the number of waits


def waits(labels: ArrayLike, angle: str, commit_frames: int = COMMIT_FRAMES) -> Waits:
    """Measure the complete waiting times in C7eq for C7ax, and in C7ax for C7eq (Table 1).

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    angle : {"phi", "psi"}
    commit_frames : int
        The commit time: a stay counts if it has at least so many frames.

    Returns
    -------
    two ndarrays of float, shape (waits,)
        In ps; empty where nothing commits.
    """
    from_eq: list[NDArray[np.floating]] = [np.empty(0)]
    from_ax: list[NDArray[np.floating]] = [np.empty(0)]
    for chain in np.atleast_2d(states(labels, angle)):
        try:
            committed = remove_short_excursions(chain, commit_frames)
        except ValueError:  # no stay is long enough
            continue
        from_eq.append(PS_PER_FRAME * waiting_times(committed, EQ, AX))
        from_ax.append(PS_PER_FRAME * waiting_times(committed, AX, EQ))
    return np.concatenate(from_eq), np.concatenate(from_ax)


def mean_waits(
    trajectories: Sequence[ArrayLike], angle: str, commit_frames: int = COMMIT_FRAMES
) -> MeanWaits:
    """Estimate the mean waiting times in C7eq and C7ax (Table 1), in ps.

    Parameters
    ----------
    trajectories : sequence of array_like of int, each (frames,) or (chains, frames)
        One per training, or a single one.
    angle : {"phi", "psi"}
    commit_frames : int
        The commit time: a stay counts if it has at least so many frames.
    """
    return estimate_means([waits(labels, angle, commit_frames) for labels in trajectories])


def estimate_means(waits_of_each: Sequence[Waits]) -> MeanWaits:
    """Estimate the mean waiting times from the waits in each trajectory."""
    from_eq, from_ax = (_mean(one) for one in zip(*waits_of_each))
    return from_eq, from_ax


def _mean(waits_of_each: Sequence[NDArray]) -> Estimate:
    """Take the mean over all waits. Its error is over waits or over trainings, if larger."""
    together = np.concatenate(waits_of_each)
    if together.size < 2:
        return Estimate(float("nan"), float("nan"), 0)
    error = together.std(ddof=1) / np.sqrt(together.size)
    means = [one.mean() for one in waits_of_each if one.size]
    if len(means) > 1:
        error = max(error, over_trainings(means).error)
    return Estimate(together.mean(), error, together.size)


def p_same_distribution(one: NDArray, other: NDArray) -> float:
    """Compute p of the Kolmogorov–Smirnov test of two samples; nan if one is empty."""
    return float(stats.ks_2samp(one, other).pvalue) if one.size and other.size else float("nan")


def p_exponential(sample: NDArray, *, seed: int = 0, n_replicas: int = 999) -> float:
    """Compute p of the Kolmogorov–Smirnov test against an exponential with the sample's mean.

    Because the mean is fitted, the distribution of the statistic is found by simulation
    (Lilliefors's test). The result is nan for fewer than 3 waits.
    """
    if sample.size < 3:
        return float("nan")

    def distance(values: NDArray) -> NDArray:
        ordered = np.sort(values / values.mean(axis=-1, keepdims=True), axis=-1)
        n = ordered.shape[-1]
        expected = 1 - np.exp(-ordered)
        steps = np.arange(n + 1) / n
        return np.maximum(steps[1:] - expected, expected - steps[:-1]).max(axis=-1)

    drawn = distance(np.random.default_rng(seed).exponential(size=(n_replicas, sample.size)))
    return float((1 + np.sum(drawn >= distance(sample))) / (n_replicas + 1))
