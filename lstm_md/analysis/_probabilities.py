"""Checks of probabilities, relaxation times, and the small ε that keeps a loss finite."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import finite_array

CHANCE = 1e-6  #: ε of ``with_chance``, so that every label has a finite loss

Array = NDArray[np.float64]


def with_chance(probabilities: ArrayLike) -> Array:
    """Replace each p by (1 − ε) p + ε / N, with ε = ``CHANCE`` and N numbers per row."""
    array = np.asarray(probabilities, dtype=np.float64)
    return (1 - CHANCE) * array + CHANCE / array.shape[1]


def check_lag_of_loss(lag_frames: int) -> None:
    """Refuse the loss of a model that does not see every label."""
    if lag_frames != 1:
        raise ValueError(
            f"model: its lag_frames is {lag_frames}, and the losses of every {lag_frames}-th "
            f"label cannot be compared with those of all labels; fit the model with lag_frames=1"
        )


def row_stochastic(values: ArrayLike, name: str = "matrix") -> Array:
    """Check that an array is square and that each row is a distribution; return it normalised."""
    square = finite_array(values, name, dimensions=(2,))
    if square.shape[0] != square.shape[1]:
        raise ValueError(f"{name}: expected shape (N, N), found {square.shape}; give a square")
    return distributions(square, name)


def distributions(values: ArrayLike, name: str, *, dimensions: int = 2) -> Array:
    """Check that each row is a distribution over the last axis; return it normalised.

    Raises
    ------
    TypeError, ValueError
        If the values are not finite, or a row is negative somewhere or does not sum to 1.
    """
    array = finite_array(values, name, dimensions=(dimensions,)).astype(np.float64)
    sums = array.sum(axis=-1)
    wrong = np.argwhere((array < 0).any(axis=-1) | (np.abs(sums - 1) > 1e-6))
    if wrong.size:
        row = tuple(wrong[0].tolist())
        raise ValueError(
            f"{name}: row {row if len(row) > 1 else row[0]} is {array[row].tolist()}; each row "
            f"must be a distribution: none negative, with the sum 1"
        )
    return np.ascontiguousarray(array / sums[..., None])


def relaxation_times(
    matrix: ArrayLike, lag_frames: int = 1, states: ArrayLike | None = None
) -> Array:
    """Compute the relaxation times −lag/ln|λ| of a transition matrix, the slowest first.

    Parameters
    ----------
    matrix : array_like, shape (N, N)
        Each row sums to 1.
    lag_frames : int
        Frames in one step.
    states : array_like of int, optional
        The states that lead to each other, if these are not all.

    Returns
    -------
    ndarray of float64, shape (states − 1,)
        In frames: 0 for an eigenvalue that is 0 within rounding, inf for one of magnitude 1.

    Examples
    --------
    >>> print(relaxation_times([[0.9, 0.1], [0.1, 0.9]]).round(2))  # −1 / ln 0.8
    [4.48]
    """
    square = row_stochastic(matrix)
    inside = np.arange(len(square)) if states is None else np.asarray(states)
    sizes = np.sort(np.abs(np.linalg.eigvals(square[np.ix_(inside, inside)])))[::-1][1:]
    # Rounding makes some 1e-17 of an eigenvalue of 0, whose logarithm would be an arbitrary time.
    rounding = inside.size * np.finfo(np.float64).eps
    sizes[sizes < rounding] = 0.0
    sizes[sizes > 1 - rounding] = 1.0
    with np.errstate(divide="ignore"):
        return lag_frames / np.abs(np.log(sizes))
