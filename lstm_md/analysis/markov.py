"""First-order Markov chains: the control that a model with a memory has to beat."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import connected_components

from lstm_md._support.checks import finite_array, label_array, label_dtype, whole_number
from lstm_md._support.compiled import compiled


def markov_chain(
    labels: ArrayLike, n_labels: int | None = None, *, lag_frames: int = 1
) -> NDArray[np.float64]:
    """Maximum-likelihood transition matrix: T[i, j] = C[i, j] / Σ_k C[i, k].

    C[i, j] counts the frames t with label i at t and j at t + lag, within a chain.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
        At least lag + 1 frames a chain.
    n_labels : int, optional
        How many labels N there are; the largest label + 1 if left out.
    lag_frames : int
        The lag, in frames.

    Returns
    -------
    ndarray of float64, shape (N, N)
        Each row sums to 1. A label that never occurs has no data for its row and is entered
        from nowhere; its row is uniform, which changes neither the populations nor a simulation.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels, or a label occurs, but only in the last ``lag_frames``
        frames, so that nothing says where it leads.

    Examples
    --------
    >>> markov_chain([0, 0, 1, 0, 1, 1])
    array([[0.33333333, 0.66666667],
           [0.5       , 0.5       ]])
    """
    lag_frames = whole_number(lag_frames, "lag_frames")
    if n_labels is not None:
        n_labels = whole_number(n_labels, "n_labels")
    array = label_array(labels, n_labels=n_labels, min_frames=lag_frames + 1)
    size = n_labels if n_labels is not None else int(array.max()) + 1
    counts = np.zeros((size, size), dtype=np.int64)
    _count_pairs(np.ascontiguousarray(np.atleast_2d(array)), lag_frames, counts)
    entered, left = counts.sum(axis=0) > 0, counts.sum(axis=1) > 0
    if (entered & ~left).any():
        raise ValueError(
            f"labels: label {np.flatnonzero(entered & ~left)[0]} occurs only in the last "
            f"{lag_frames} frame(s), which leaves its row of the transition matrix without data; "
            f"give a longer trajectory or fewer labels"
        )
    counts[~left] = 1
    return counts / counts.sum(axis=1, keepdims=True)


def stationary(matrix: ArrayLike) -> NDArray[np.float64]:
    """The populations π that a Markov chain settles to: π T = π, Σ π = 1.

    Parameters
    ----------
    matrix : array_like, shape (N, N)
        Row-stochastic.

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
    square = _row_stochastic(matrix)
    n_parts, part = connected_components(square > 0, directed=True, connection="strong")
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
    matrix: ArrayLike, frames: int, *, seed: int, chains: int = 1
) -> NDArray[np.unsignedinteger]:
    """Labels drawn from a Markov chain, begun from its stationary populations.

    Parameters
    ----------
    matrix : array_like, shape (N, N)
        Row-stochastic, with unique stationary populations.
    frames : int
        Labels a chain.
    seed : int
        The same seed gives the same labels.
    chains : int
        Number of independent chains.

    Returns
    -------
    ndarray of uint8 or uint16, shape (frames,), or (chains, frames) for more than one chain

    Raises
    ------
    TypeError, ValueError
        As :func:`stationary`, and if a number is not whole or too small.

    Examples
    --------
    >>> simulate_markov_chain([[0.0, 1.0], [1.0, 0.0]], frames=4, seed=1)
    array([1, 0, 1, 0], dtype=uint8)
    """
    square = _row_stochastic(matrix)
    frames, chains = whole_number(frames, "frames"), whole_number(chains, "chains")
    generator = np.random.default_rng(whole_number(seed, "seed", minimum=0))
    # The start is one more row, so that the first label is drawn like all others.
    cumulative = np.cumsum(np.vstack([square, stationary(square)]), axis=1)
    cumulative /= cumulative[:, -1:]
    labels = np.empty((chains, frames), dtype=label_dtype(square.shape[0]))
    _walk(cumulative, labels, generator)
    return labels[0] if chains == 1 else labels


@compiled()
def _count_pairs(labels, lag, counts):
    for chain in range(labels.shape[0]):
        for frame in range(labels.shape[1] - lag):
            counts[labels[chain, frame], labels[chain, frame + lag]] += 1


@compiled()
def _walk(cumulative, labels, generator):
    n_labels = cumulative.shape[1]
    for chain in range(labels.shape[0]):
        state = n_labels
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


def _row_stochastic(matrix: ArrayLike) -> NDArray[np.float64]:
    square = finite_array(matrix, "matrix", dimensions=(2,)).astype(np.float64)
    if square.shape[0] != square.shape[1]:
        raise ValueError(f"matrix: expected shape (N, N), found {square.shape}; give a square")
    wrong = np.flatnonzero((square < 0).any(axis=1) | (np.abs(square.sum(axis=1) - 1) > 1e-6))
    if wrong.size:
        raise ValueError(
            f"matrix: row {wrong[0]} is {square[wrong[0]].tolist()}; each row must be a "
            f"distribution: none negative, with the sum 1"
        )
    return square / square.sum(axis=1, keepdims=True)
