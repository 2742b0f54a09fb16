"""Populations of the labels, and their free energies."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import chains_of, finite_array, real_number

# np.bincount converts its input to int64. In blocks, this costs little memory.
BLOCK_FRAMES = 1 << 20


def populations(labels: ArrayLike, *, n_labels: int | None = None) -> NDArray[np.float64]:
    """Compute the fraction of the frames in each label, over all chains.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
    n_labels : int, optional
        The number of labels N; the largest label + 1 if left out.

    Returns
    -------
    ndarray of float64, shape (N,)
        The sum is 1.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not labels, or one is not below ``n_labels``.

    Examples
    --------
    >>> populations([0, 0, 1, 0], n_labels=3)
    array([0.75, 0.25, 0.  ])
    """
    chains = chains_of(labels, n_labels=n_labels)
    flat, size = chains.flat, chains.n_labels
    counts = np.zeros(size, dtype=np.int64)
    for first in range(0, flat.size, BLOCK_FRAMES):
        counts += np.bincount(flat[first : first + BLOCK_FRAMES], minlength=size)
    return counts / flat.size


def free_energies(populations: ArrayLike, beta: float = 1.0) -> NDArray[np.float64]:
    """Compute the free energy of each label, F = −ln(P)/β (Fig 2 d–f, Fig 5).

    Parameters
    ----------
    populations : array_like, shape (N,)
        No number may be negative, nor all zero. The sum need not be 1.
    beta : float
        Inverse temperature. The result is in units of 1/β: in kT with the default.

    Returns
    -------
    ndarray of float64, shape (N,)
        The lowest is 0. A label that was never visited has an infinite free energy.

    Raises
    ------
    TypeError, ValueError
        If a population is negative or not finite, all are zero, or ``beta`` is not above 0.

    Examples
    --------
    >>> free_energies([0.5, 0.5, 0.0], beta=2.0)
    array([ 0.,  0., inf])
    """
    shares = finite_array(populations, "populations").astype(np.float64)
    beta = real_number(beta, "beta", above=0.0)
    if shares.min() < 0:
        raise ValueError(
            f"populations: found {shares.min()} at index {shares.argmin()}; give fractions or "
            f"counts, none of them negative"
        )
    if shares.max() == 0:
        raise ValueError("populations: found only zeros; at least one label must be visited")
    with np.errstate(divide="ignore"):
        energies = -np.log(shares / shares.max()) / beta
    return energies + 0.0  # −0.0 becomes 0.0
