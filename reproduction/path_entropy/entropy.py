"""Entropy rates of known processes: in closed form, by recursion, and for chains of finite order.

All values are in nats per label. The loss of a model Q, averaged over the true process P, is the
entropy rate of P plus the Kullback–Leibler rate D(P‖Q) (Eq 10). So no model has a lower mean loss
than the entropy rate. The loss of P itself is :meth:`HiddenMarkovModel.losses`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import entr

from lstm_md._support.checks import whole_number
from lstm_md.analysis._probabilities import distributions, row_stochastic
from lstm_md.analysis.markov import stationary
from lstm_md.analysis.markov_models import HiddenMarkovModel
from lstm_md.analysis.uncertainty import Estimate, over_trainings
from reproduction.path_entropy.processes import semi_markov_process

Array = NDArray[np.float64]


def entropy_rate(process: HiddenMarkovModel, labels: ArrayLike, n_blocks: int = 20) -> Estimate:
    """Estimate the entropy rate of a process from labels that it generated.

    By the theorem of Shannon, McMillan and Breiman the mean of −ln P(x_t | x_0 … x_{t−1}) along
    one long trajectory is the entropy rate.

    Parameters
    ----------
    process : HiddenMarkovModel
    labels : array_like of int, shape (frames,)
        Such as ``process.simulate(n_frames)``.
    n_blocks : int
        Blocks for the standard error, at least 2. Each should be much longer than the slowest
        relaxation time of the process.

    Returns
    -------
    Estimate
        In nats per label.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not labels that the process can generate, or there are more blocks than
        labels.
    """
    return over_trainings(block_means(process.losses(labels), n_blocks))


def block_means(losses: ArrayLike, n_blocks: int) -> Array:
    """Average losses over blocks of neighbouring labels.

    Parameters
    ----------
    losses : array_like, shape (frames,)
    n_blocks : int
        Losses that do not fill a block are left out.

    Returns
    -------
    ndarray of float64, shape (n_blocks,)

    Raises
    ------
    TypeError, ValueError
        If there are more blocks than losses.
    """
    flat = np.asarray(losses, dtype=np.float64).reshape(-1)
    n_blocks = whole_number(n_blocks, "n_blocks")
    length = flat.size // n_blocks
    if length == 0:
        raise ValueError(f"n_blocks: found {n_blocks} for {flat.size} losses; give fewer blocks")
    return flat[: n_blocks * length].reshape(n_blocks, length).mean(axis=1)


def markov_entropy_rate(matrix: ArrayLike) -> float:
    """Compute the entropy rate of a Markov chain, −Σ_i π_i Σ_j T_ij ln T_ij.

    Parameters
    ----------
    matrix : array_like, shape (N, N)
        Each row sums to 1, with unique stationary populations π.

    Raises
    ------
    TypeError, ValueError
        If a row is not a distribution, or π is not unique.

    Examples
    --------
    >>> round(markov_entropy_rate([[0.5, 0.5], [0.5, 0.5]]), 6)  # a fair coin: ln 2
    0.693147
    """
    square = row_stochastic(matrix)
    return float(stationary(square) @ entr(square).sum(axis=1))


def semi_markov_entropy_rate(jumps: ArrayLike, stays: ArrayLike) -> float:
    """Compute the entropy rate of a semi-Markov process.

    It is the entropy of the length of a stay and of the jump after it, divided by the mean length
    of a stay.

    Parameters
    ----------
    jumps : array_like, shape (N, N)
    stays : array_like, shape (N, D)
        As for :func:`reproduction.path_entropy.processes.semi_markov_process`.

    Raises
    ------
    TypeError, ValueError
        If they are not those of a semi-Markov process.
    """
    semi_markov_process(jumps, stays)  # raises if they are not
    jump, stay = distributions(jumps, "jumps"), distributions(stays, "stays")
    visits = stationary(jump)
    mean_lengths = stay @ np.arange(1, stay.shape[1] + 1)
    entropies = entr(stay).sum(axis=1) + entr(jump).sum(axis=1)
    return float(visits @ entropies / (visits @ mean_lengths))


def conditional_entropies(process: HiddenMarkovModel, order: int) -> Array:
    """Compute H(x_k | x_0 … x_{k−1}) exactly for k = 0 … ``order``.

    This is the lowest possible loss of a chain of order k. It falls with k to the entropy rate.

    Parameters
    ----------
    process : HiddenMarkovModel
    order : int
        The largest k. The sum runs over all N^(order + 1) words that the process can generate.

    Returns
    -------
    ndarray of float64, shape (order + 1,)

    Raises
    ------
    TypeError, ValueError
        If ``order`` is not a whole number from 0.
    """
    order = whole_number(order, "order", minimum=0)
    words, entropies = process.stationary[None], [0.0]
    for _ in range(order + 1):
        # [word, label, hidden state]: the word, extended by the label that this state shows.
        longer = words[:, None, :] * process.output_probabilities.T[None]
        longer = longer.reshape(-1, longer.shape[2])
        longer = longer[longer.sum(axis=1) > 0]
        entropies.append(float(entr(longer.sum(axis=1)).sum()))
        words = longer @ process.transition_matrix
    return np.diff(entropies)
