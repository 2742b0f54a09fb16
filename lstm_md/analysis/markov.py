"""First-order Markov chains: the control that a model with a memory must beat."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from lstm_md._support.checks import chains_of, label_dtype, whole_number
from lstm_md._support.compiled import compiled
from lstm_md._support.processes import check_memory
from lstm_md.analysis._probabilities import (
    check_lag_of_loss,
    relaxation_times,
    row_stochastic,
    with_chance,
)

Array = NDArray[np.float64]

FRAMES_PER_CALL = 1 << 24


@dataclass(frozen=True, eq=False)
class MarkovModel:
    """A Markov model whose states are the labels.

    Parameters
    ----------
    transition_matrix : array_like, shape (N, N)
        Probabilities from row to column within ``lag_frames``; each row sums to 1.
    lag_frames : int
        Frames in one step of the model.
    connected : array_like of int, optional
        The labels that lead to each other, if these are not all. All other labels have a uniform
        row, and no connected label leads to them.

    Raises
    ------
    TypeError, ValueError
        If a row of the matrix is not a distribution.

    Examples
    --------
    >>> model = MarkovModel([[0.5, 0.5], [0.25, 0.75]])
    >>> print(model.stationary.round(3))
    [0.333 0.667]
    >>> round(model.loss([0, 1, 0]), 5)  # ln 8 / 2
    1.03972
    """

    transition_matrix: Array
    lag_frames: int = 1
    connected: NDArray[np.intp] | None = None

    def __post_init__(self) -> None:
        matrix = row_stochastic(self.transition_matrix, "transition_matrix")
        object.__setattr__(self, "transition_matrix", matrix)

    @property
    def n_labels(self) -> int:
        """The number of labels, N."""
        return len(self.transition_matrix)

    @cached_property
    def stationary(self) -> Array:
        """The stationary populations, shape (N,); 0 for a label that is not connected."""
        return stationary(self.transition_matrix)

    @cached_property
    def timescales(self) -> Array:
        """Relaxation times −lag/ln|λ| of the connected labels, in frames, the slowest first."""
        return relaxation_times(self.transition_matrix, self.lag_frames, self.connected)

    def loss(self, labels: ArrayLike) -> float:
        """Cross-entropy on labels, in nats per label, to compare with the loss of Eq 9.

        The mean of −ln p(x_t | x_{t−1}) over all labels but the first of each chain. Each p is
        replaced by (1 − ε) p + ε / N, with ε = 10⁻⁶. So a transition that never occurred in the
        data of the fit has a finite loss.

        Parameters
        ----------
        labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
            At least two frames per chain.

        Raises
        ------
        TypeError, ValueError
            If ``labels`` are not labels below N, a chain has one frame only, or the model has a
            lag above 1. A loss of every lag-th label cannot be compared with a loss of all labels.
        """
        check_lag_of_loss(self.lag_frames)
        matrix = with_chance(self.transition_matrix)
        chains = chains_of(labels, n_labels=self.n_labels, min_frames=2)
        return float(-np.log(np.concatenate([matrix[c[:-1], c[1:]] for c in chains])).mean())

    def simulate(
        self, n_frames: int, *, seed: int = 0, n_chains: int = 1
    ) -> NDArray[np.unsignedinteger]:
        """Generate labels; see :func:`simulate_markov_chain`."""
        return simulate_markov_chain(self.transition_matrix, n_frames, seed=seed, n_chains=n_chains)


def fit_markov_chain(
    labels: ArrayLike, *, n_labels: int | None = None, lag_frames: int = 1
) -> MarkovModel:
    """Fit a Markov chain by maximum likelihood: T[i, j] = C[i, j] / Σ_k C[i, k].

    C[i, j] counts the frames t with label i at t and label j at t + lag, within a chain.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
        At least lag + 1 frames per chain.
    n_labels : int, optional
        The number of labels N; the largest label + 1 if left out.
    lag_frames : int
        The lag time, in frames.

    Returns
    -------
    MarkovModel
        A label that never occurs has no data for its row, and no label that occurs leads to it.
        Its row is uniform, which changes neither the populations nor a simulation.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not labels, or a label occurs only in the last ``lag_frames`` frames,
        so that nothing shows where it leads.

    Examples
    --------
    >>> fit_markov_chain([0, 0, 1, 0, 1, 1]).transition_matrix
    array([[0.33333333, 0.66666667],
           [0.5       , 0.5       ]])
    """
    lag_frames = whole_number(lag_frames, "lag_frames")
    chains = chains_of(labels, n_labels=n_labels, min_frames=lag_frames + 1)
    size = chains.n_labels
    check_memory(2 * 8 * size**2, "n_labels", "give fewer labels")
    counts = np.zeros((size, size), dtype=np.int64)
    _count_pairs(chains.flat, chains.starts, lag_frames, counts)
    entered, left = counts.sum(axis=0) > 0, counts.sum(axis=1) > 0
    if (entered & ~left).any():
        raise ValueError(
            f"labels: label {np.flatnonzero(entered & ~left)[0]} occurs only in the last "
            f"{lag_frames} frame(s), which leaves its row of the transition matrix without data; "
            f"give a longer trajectory or fewer labels"
        )
    seen = np.flatnonzero(left)
    counts[~left] = 1
    matrix = counts / counts.sum(axis=1, keepdims=True)
    return MarkovModel(matrix, lag_frames, None if seen.size == size else seen)


def stationary(matrix: ArrayLike) -> Array:
    """Compute the stationary populations π of a Markov chain: π T = π, Σ π = 1.

    Parameters
    ----------
    matrix : array_like, shape (N, N)
        Each row sums to 1.

    Returns
    -------
    ndarray of float64, shape (N,)

    Raises
    ------
    TypeError, ValueError
        If a row is not a distribution, or π is not unique, because there are two or more sets of
        labels that are never left.

    Examples
    --------
    >>> stationary([[0.9, 0.1], [0.3, 0.7]])
    array([0.75, 0.25])
    """
    square = row_stochastic(matrix)
    # SciPy is slow to make a sparse matrix of a dense one itself.
    n_parts, part = connected_components(csr_array(square > 0), connection="strong")
    never_left = [k for k in range(n_parts) if not square[part == k][:, part != k].any()]
    if len(never_left) > 1:
        sets = " and ".join(str(np.flatnonzero(part == k).tolist()) for k in never_left[:2])
        raise ValueError(
            f"matrix: the sets of labels {sets} are never left, and the populations depend on "
            f"the start; give a chain that leads from each label to each other"
        )
    inside = np.flatnonzero(part == never_left[0])
    # One equation of π (T − 1) = 0 follows from the others; the norm takes its place.
    equations = square[np.ix_(inside, inside)].T - np.eye(inside.size)
    equations[-1] = 1.0
    right = np.zeros(inside.size)
    right[-1] = 1.0
    result = np.zeros(square.shape[0])
    result[inside] = np.clip(np.linalg.solve(equations, right), 0.0, None)
    return result / result.sum()


def simulate_markov_chain(
    matrix: ArrayLike, n_frames: int, *, seed: int = 0, n_chains: int = 1
) -> NDArray[np.unsignedinteger]:
    """Generate labels with a Markov chain, starting from its stationary populations.

    Parameters
    ----------
    matrix : array_like, shape (N, N)
        Each row sums to 1. The stationary populations must be unique.
    n_frames : int
        Labels per chain.
    seed : int
        The same seed gives the same labels.
    n_chains : int
        Number of independent chains.

    Returns
    -------
    ndarray of uint8 or uint16, shape (n_frames,), or (n_chains, n_frames) for several chains

    Raises
    ------
    TypeError, ValueError
        As :func:`stationary`, and if a number is not whole or too small.

    Examples
    --------
    >>> simulate_markov_chain([[0.0, 1.0], [1.0, 0.0]], n_frames=4, seed=1)
    array([1, 0, 1, 0], dtype=uint8)
    """
    square = row_stochastic(matrix)
    n_frames = whole_number(n_frames, "n_frames")
    n_chains = whole_number(n_chains, "n_chains")
    check_memory(2 * n_chains * n_frames, "n_frames", "give fewer frames or chains")
    generator = np.random.default_rng(whole_number(seed, "seed", minimum=0))
    # The start is one more row, so that the first label is drawn like all others.
    cumulative = np.cumsum(np.vstack([square, stationary(square)]), axis=1)
    cumulative /= cumulative[:, -1:]
    labels = np.empty((n_chains, n_frames), dtype=label_dtype(square.shape[0]))
    # A compiled loop cannot be interrupted, so that a long walk is made in several calls.
    per_call = max(1, FRAMES_PER_CALL // n_frames)
    for first in range(0, n_chains, per_call):
        rows = labels[first : first + per_call]
        states = np.full(len(rows), square.shape[0])
        for begin in range(0, n_frames, FRAMES_PER_CALL):
            _walk(cumulative, rows[:, begin : begin + FRAMES_PER_CALL], states, generator)
    return labels[0] if n_chains == 1 else labels


@compiled()
def _count_pairs(labels, starts, lag, counts):
    for chain in range(starts.size - 1):
        for frame in range(starts[chain], starts[chain + 1] - lag):
            counts[labels[frame], labels[frame + lag]] += 1


@compiled()
def _walk(cumulative, labels, states, generator):
    n_labels = cumulative.shape[1]
    for chain in range(labels.shape[0]):
        state = states[chain]
        for frame in range(labels.shape[1]):
            draw = generator.random()
            # Bisection for the first label whose cumulative probability is above the draw.
            low, high = 0, n_labels - 1
            while low < high:
                middle = (low + high) // 2
                if cumulative[state, middle] > draw:
                    high = middle
                else:
                    low = middle + 1
            labels[chain, frame] = low
            state = low
        states[chain] = state
