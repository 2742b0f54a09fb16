"""The ensemble of all paths of a Markov chain under a constraint, exactly, by transfer matrices.

A path x has an observable s: the mean of a score of its frames, plus the mean of a score of its
steps. Weights exp(−λ s) multiply each element of the transition matrix by a factor, so sums over
all paths are products of matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from lstm_md.analysis.markov import stationary

Array = NDArray[np.float64]


class PathAverages(NamedTuple):
    """Means over all paths, with their weights.

    Attributes
    ----------
    observable : float
        The mean of s.
    populations : ndarray, shape (N,)
        The mean share of the frames in each label.
    pairs : ndarray, shape (N, N)
        The mean share of the steps from row to column.
    """

    observable: float
    populations: Array
    pairs: Array


class Observable(NamedTuple):
    """What a path is weighted by: the mean of one score per frame and of one per step.

    Attributes
    ----------
    frames : ndarray, shape (N,)
        The score of each label.
    steps : ndarray, shape (N, N)
        The score of each step from row to column.
    """

    frames: Array
    steps: Array

    def of(self, labels: ArrayLike) -> Array:
        """Return s of paths, shape (paths, frames), as an array of shape (paths,)."""
        paths = np.asarray(labels)
        return self.frames[paths].mean(axis=1) + self.steps[paths[:, :-1], paths[:, 1:]].mean(
            axis=1
        )


def population_of(label: int, n_labels: int) -> Observable:
    """The share of the frames in one label."""
    return Observable(np.eye(n_labels)[label], np.zeros((n_labels, n_labels)))


def label_changes(n_labels: int) -> Observable:
    """The share of the steps that lead to another label."""
    return Observable(np.zeros(n_labels), 1.0 - np.eye(n_labels))


def weighted_paths(
    matrix: ArrayLike, observable: Observable, n_frames: int, strength: float
) -> PathAverages:
    """Average over all paths of a stationary chain with the weights exp(−λ s).

    Parameters
    ----------
    matrix : array_like, shape (N, N)
        Each row sums to 1.
    observable : Observable
    n_frames : int
        Labels of a path, at least 2.
    strength : float
        λ.
    """
    transition = np.asarray(matrix, np.float64)
    of_frame = np.exp(-strength / n_frames * observable.frames)
    step = transition * np.exp(-strength / (n_frames - 1) * observable.steps) * of_frame
    forward = [stationary(transition) * of_frame]
    backward = [np.ones(len(transition))]
    # Each vector is divided by its sum, so that long paths do not leave the range of numbers.
    for _ in range(n_frames - 1):
        forward.append(forward[-1] @ step / (forward[-1] @ step).sum())
        backward.append(step @ backward[-1] / (step @ backward[-1]).sum())
    backward.reverse()
    frames = [a * b / (a @ b) for a, b in zip(forward, backward, strict=True)]
    steps = [np.outer(a, b) * step for a, b in zip(forward[:-1], backward[1:], strict=True)]
    populations = np.mean(frames, axis=0)
    pairs = np.mean([one / one.sum() for one in steps], axis=0)
    mean = populations @ observable.frames + (pairs * observable.steps).sum()
    return PathAverages(float(mean), populations, pairs)


def constrained_paths(
    matrix: ArrayLike, observable: Observable, n_frames: int, target: float
) -> PathAverages:
    """Average over all paths with the weights for which the mean of s is the target."""

    def excess(strength: float) -> float:
        return weighted_paths(matrix, observable, n_frames, strength).observable - target

    strength = root_from_zero(excess, first_step=1.0, precision=1e-10)
    return weighted_paths(matrix, observable, n_frames, strength)


def root_from_zero(
    excess: Callable[[float], float], *, first_step: float, precision: float
) -> float:
    """Solve for the λ at which a falling function is zero, with steps from 0 that double."""
    start = excess(0.0)
    if start == 0:
        return 0.0
    end = float(np.copysign(first_step, start))
    while excess(end) * end > 0:
        end *= 2
    return float(brentq(excess, 0.0, end, xtol=precision))
