"""Times between states: those that an embedding suggests, and those that are counted (Fig 7)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax

from lstm_md._support.checks import finite_array, whole_number


def embedding_transition_matrix(embedding: ArrayLike) -> NDArray[np.float64]:
    r"""Compute the transition probabilities Q_lm that Eq 20 assumes for an embedding.

    .. math:: Q_{lm} = \frac{\exp(x_m \cdot x_l)}{\sum_k \exp(x_k \cdot x_l)}

    Eq 20 takes the row of a label for its column in the output layer, and leaves out all memory.

    Parameters
    ----------
    embedding : array_like, shape (N, M)
        Row l is x_l.

    Returns
    -------
    ndarray of float64, shape (N, N)
        Row = from, column = to; each row sums to 1.

    Raises
    ------
    TypeError, ValueError
        If the embedding is not a finite array with two axes.

    Examples
    --------
    >>> embedding_transition_matrix([[0.0, 0.0], [0.0, 0.0]])
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    rows = finite_array(embedding, "embedding", dimensions=(2,)).astype(np.float64)
    return softmax(rows @ rows.T, axis=1)


def embedding_times(embedding: ArrayLike, populations: ArrayLike) -> NDArray[np.float64]:
    """Compute the times t_lm between states that an embedding suggests (Eqs 20, 21).

    Parameters
    ----------
    embedding : array_like, shape (N, M)
    populations : array_like, shape (N,)
        Q_l, of the labels that the network generates.

    Returns
    -------
    ndarray of float64, shape (N, N)
        In frames; as :func:`one_step_times` of :func:`embedding_transition_matrix`.

    Raises
    ------
    TypeError, ValueError
        As both.
    """
    return one_step_times(embedding_transition_matrix(embedding), populations)


def one_step_times(probabilities: ArrayLike, populations: ArrayLike) -> NDArray[np.float64]:
    """Compute t_lm = 1 / (Q_l Q_lm + Q_m Q_ml) from one-step probabilities (Eq 21).

    This is one over the number of steps between l and m per frame, both ways together. Where
    Q_lm is exact, it is half of what :func:`transition_times` gives for a commit time of one
    frame.

    Parameters
    ----------
    probabilities : array_like, shape (N, N)
        Row = from, column = to.
    populations : array_like, shape (N,)

    Returns
    -------
    ndarray of float64, shape (N, N)
        In frames. Symmetric; nan on the diagonal, inf where no step is possible.

    Raises
    ------
    TypeError, ValueError
        If an array is not finite, a value is negative, or the shapes do not fit.

    Examples
    --------
    >>> print(one_step_times([[0.5, 0.5], [0.5, 0.5]], [0.5, 0.5]))
    [[nan  2.]
     [ 2. nan]]
    """
    matrix = finite_array(probabilities, "probabilities", dimensions=(2,)).astype(np.float64)
    shares = finite_array(populations, "populations").astype(np.float64)
    if matrix.shape != (shares.size, shares.size):
        raise ValueError(
            f"probabilities: expected shape ({shares.size}, {shares.size}) for as many "
            f"populations, found {matrix.shape}; give both for the same labels"
        )
    for name, array in (("probabilities", matrix), ("populations", shares)):
        if array.min() < 0:
            raise ValueError(f"{name}: found {array.min()}; give none below 0")
    flow = shares[:, None] * matrix
    return _inverse(flow + flow.T)


def transition_times(counts: ArrayLike, n_frames: int) -> NDArray[np.float64]:
    """Compute the times τ_lm = T / ⟨N_lm⟩ between states from transition counts (Eq 22).

    N_lm is the mean of both directions, (N_l→m + N_m→l) / 2, and ⟨ ⟩ the mean over the commit
    times. The paper names neither the directions nor the commit times.

    Parameters
    ----------
    counts : array_like, shape (commit times, N, N)
        From :func:`lstm_md.analysis.kinetics.transition_counts`.
    n_frames : int
        T, the number of frames that were counted, in all chains together.

    Returns
    -------
    ndarray of float64, shape (N, N)
        In frames. Symmetric; nan on the diagonal, inf where no transition was seen.

    Raises
    ------
    TypeError, ValueError
        If the counts are not finite, are negative, or are not square at each commit time.

    Examples
    --------
    >>> print(transition_times([[[0, 4], [2, 0]], [[0, 1], [1, 0]]], n_frames=100))
    [[nan 50.]
     [50. nan]]
    """
    every = finite_array(counts, "counts", dimensions=(3,)).astype(np.float64)
    if every.shape[1] != every.shape[2]:
        raise ValueError(f"counts: expected shape (commit times, N, N), found {every.shape}")
    if every.min() < 0:
        raise ValueError(f"counts: found {every.min()}; give none below 0")
    mean = every.mean(axis=0)
    return whole_number(n_frames, "n_frames") * _inverse((mean + mean.T) / 2)


def scaled(times: ArrayLike) -> NDArray[np.float64]:
    """Shift and stretch times so that they lie between 0 and 1 over all pairs, as in Fig 7.

    One pair is always at 0 and one at 1, however similar their times are.

    Parameters
    ----------
    times : array_like, shape (N, N)
        Symmetric; the diagonal does not count.

    Returns
    -------
    ndarray of float64, shape (N, N)
        nan on the diagonal. Infinite times stay infinite and do not affect the others. If all
        times are equal, they become 0.

    Raises
    ------
    ValueError
        If the times are not square, or none is finite.

    Examples
    --------
    >>> print(scaled([[0, 2, 4], [2, 0, 3], [4, 3, 0]]))
    [[nan 0.  1. ]
     [0.  nan 0.5]
     [1.  0.5 nan]]
    """
    square = np.array(times, dtype=np.float64)
    if square.ndim != 2 or square.shape[0] != square.shape[1]:
        raise ValueError(f"times: expected shape (N, N), found {square.shape}; give a square")
    np.fill_diagonal(square, np.nan)
    finite = square[np.isfinite(square)]
    if not finite.size:
        raise ValueError("times: found no finite one; give at least one pair that exchanges")
    width = finite.max() - finite.min()
    return (square - finite.min()) / (width or 1.0)


def _inverse(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        times = 1 / rates
    np.fill_diagonal(times, np.nan)
    return times
