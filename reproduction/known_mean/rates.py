"""Committed rates of labels, and what other models make of the same known population.

A rate is the number of committed transitions from i to j, divided by the frames in i. Pairs without
any transition count as half a transition, so that each rate has a logarithm.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from lstm_md.analysis.caliber import caliber_weights
from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.uncertainty import segments
from lstm_md.judging.null_sample import HALF
from reproduction.known_mean.paths import root_from_zero

Array = NDArray[np.float64]


class Events(NamedTuple):
    """What is counted in trajectories.

    Attributes
    ----------
    counts : ndarray, shape (…, N, N)
        Committed transitions from row to column.
    frames : ndarray, shape (…, N)
        Frames in each label.
    """

    counts: Array
    frames: Array

    @property
    def populations(self) -> Array:
        """The share of the frames in each label, shape (…, N)."""
        return self.frames / self.frames.sum(axis=-1, keepdims=True)

    @property
    def rates(self) -> Array:
        """Transitions per frame in the label that they leave, shape (…, N, N); 0 on the diagonal.

        Transitions of one direction that never happened count as half of one.
        """
        n = self.frames.shape[-1]
        counts = np.where(np.eye(n, dtype=bool), 0.0, np.maximum(self.counts, HALF))
        return counts / np.maximum(self.frames, 1.0)[..., None]

    def pooled(self, weights: ArrayLike | None = None) -> Events:
        """Add up trajectories, with weights of mean 1."""
        n = len(self.frames)
        each = np.ones(n) if weights is None else n * np.asarray(weights)
        return Events(np.tensordot(each, self.counts, 1), each @ self.frames)


def count_events(paths: ArrayLike, commit_time: int, n_labels: int) -> Events:
    """Count in each of some trajectories, shape (trajectories, frames)."""
    rows = [np.asarray(row) for row in np.asarray(paths)]
    counts = [transition_counts(row, [commit_time], n_labels=n_labels)[0] for row in rows]
    frames = [np.bincount(row, minlength=n_labels) for row in rows]
    return Events(np.array(counts, np.float64), np.array(frames, np.float64))


def off_diagonal(rates: ArrayLike) -> Array:
    """Take the rates of all pairs from matrices, shape (…, N, N) to (…, pairs)."""
    matrices = np.asarray(rates, np.float64)
    return matrices[..., ~np.eye(matrices.shape[-1], dtype=bool)]


def distance(rates: ArrayLike, reference: ArrayLike) -> Array:
    """Root mean square of ln(rate / reference) over all pairs: 0.1 is about 10 %."""
    logs = np.log(off_diagonal(rates)) - np.log(off_diagonal(reference))
    return np.sqrt(np.square(logs).mean(axis=-1))


def reversible_rates(events: Events, label: int, target: float) -> Array:
    """Fit a Markov state model in detailed balance, one of whose populations is known.

    The likelihood is that of a process in continuous time: Σ n_ij ln k_ij − t_i k_ij, with
    k_ij = F_ij / π_i and F symmetric. For given populations π, F is known in closed form. The
    populations of the other labels are fitted.
    """
    n = len(events.frames)
    both = off_both(np.maximum(events.counts, HALF))
    others = np.arange(n) != label

    def all_populations(logs: Array) -> Array:
        exponents = np.exp(np.concatenate([[0.0], logs]))
        populations = np.empty(n)
        populations[label] = target
        populations[others] = (1 - target) * exponents / exponents.sum()
        return populations

    def rates_for(populations: Array) -> Array:
        times = events.frames / populations
        return both / (times[:, None] + times) / populations[:, None]

    def cost(logs: Array) -> float:
        rates = rates_for(all_populations(logs))
        leaving = events.frames @ rates.sum(axis=1)
        inside = rates > 0
        return float(
            leaving - (np.maximum(events.counts, HALF) * inside)[inside] @ np.log(rates[inside])
        )

    shares = np.maximum(events.populations[others], 1e-3)
    start = np.log(shares[1:] / shares[0])
    found = minimize(cost, start, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9})
    return rates_for(all_populations(found.x))


def off_both(counts: Array) -> Array:
    """Transitions between two labels in both directions, 0 on the diagonal."""
    both = counts + counts.T
    return both * (1 - np.eye(len(both)))


def tilted_rates(rates: ArrayLike, label: int, target: float) -> Array:
    """Tilt a Markov state model so that one of its populations is the target.

    All infinitely long paths of the model are weighted with exp(−λ × time in the label). The result
    is again a Markov model, k_ij r_j / r_i, with the right eigenvector r of the tilted generator.
    """
    matrix = np.asarray(rates, np.float64)
    generator = matrix - np.diag(matrix.sum(axis=1))
    unit = matrix.sum()
    score = np.eye(len(matrix))[label]

    def vectors(strength: float) -> tuple[Array, Array]:
        tilted = generator - strength * unit * np.diag(score)
        pair = []
        for one in (tilted.T, tilted):
            values, each = np.linalg.eig(one)
            pair.append(np.abs(each[:, np.argmax(values.real)].real))
        return pair[0], pair[1]

    def excess(strength: float) -> float:
        left, right = vectors(strength)
        return float((left * right)[label] / (left @ right) - target)

    _, right = vectors(root_from_zero(excess, first_step=0.1, precision=1e-12))
    return matrix * right / right[:, None]


def segment_rates(
    labels: ArrayLike, label: int, target: float, n_segments: int, commit_time: int, n_labels: int
) -> Array:
    """Weight segments of the data so that they have the known population, and count in them.

    Without weights, if all segments have a larger population than that, or all a smaller one.
    """
    events = count_events(segments(labels, n_segments), commit_time, n_labels)
    values = events.populations[:, label]
    exist = values.min() < target < values.max()
    return events.pooled(caliber_weights(values, target) if exist else None).rates
