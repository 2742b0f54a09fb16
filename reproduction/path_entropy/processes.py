"""Processes with a known path entropy, each written as a hidden Markov model.

The hidden states of a Markov chain are its labels. Those of a second-order chain are pairs of
labels, and those of a semi-Markov process are a label with the age of its stay. So one class
simulates all of them and computes their exact losses.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lstm_md.analysis._probabilities import distributions, row_stochastic
from lstm_md.analysis.markov_models import HiddenMarkovModel


def markov_process(matrix: ArrayLike) -> HiddenMarkovModel:
    """Make a Markov chain of labels; every hidden state shows its own label.

    Parameters
    ----------
    matrix : array_like, shape (N, N)
        Each row sums to 1.

    Raises
    ------
    TypeError, ValueError
        If the matrix is not square, or a row is not a distribution.
    """
    square = row_stochastic(matrix)
    return HiddenMarkovModel(square, np.eye(len(square)))


def second_order_process(tensor: ArrayLike) -> HiddenMarkovModel:
    """Make a chain whose next label depends on the last two.

    Parameters
    ----------
    tensor : array_like, shape (N, N, N)
        [i, j, k] is the probability of label k after i and then j.

    Returns
    -------
    HiddenMarkovModel
        Its hidden state i N + j is the pair (i, j).

    Raises
    ------
    TypeError, ValueError
        If the shape is not (N, N, N), or a row is not a distribution.
    """
    cube = distributions(tensor, "tensor", dimensions=3)
    n = cube.shape[-1]
    if cube.shape != (n, n, n):
        raise ValueError(f"tensor: expected shape (N, N, N), found {cube.shape}; give a cube")
    transitions = np.zeros((n, n, n, n))
    for j in range(n):
        transitions[:, j, j, :] = cube[:, j, :]
    return HiddenMarkovModel(transitions.reshape(n * n, n * n), np.tile(np.eye(n), (n, 1)))


def semi_markov_process(jumps: ArrayLike, stays: ArrayLike) -> HiddenMarkovModel:
    """Make a process whose stays have lengths of any distribution.

    Parameters
    ----------
    jumps : array_like, shape (N, N)
        [i, j] is the probability that a stay in i leads to j; the diagonal is 0.
    stays : array_like, shape (N, D)
        [i, d − 1] is the probability that a stay in i lasts d frames.

    Returns
    -------
    HiddenMarkovModel
        Its hidden state i D + d − 1 is label i in the d-th frame of its stay.

    Raises
    ------
    TypeError, ValueError
        If the shapes do not fit, a row is not a distribution, or a label jumps to itself.
    """
    jump, stay = distributions(jumps, "jumps"), distributions(stays, "stays")
    n, longest = stay.shape
    if jump.shape != (n, n) or np.diag(jump).any():
        raise ValueError(
            f"jumps: expected shape {(n, n)} with zeros on the diagonal, found {jump.tolist()}; "
            f"let every stay end with a jump to another label"
        )
    reached = stay[:, ::-1].cumsum(axis=1)[:, ::-1]  # the stay lasts at least that long
    ends = np.divide(stay, reached, out=np.ones_like(stay), where=reached > 0)
    transitions = np.zeros((n, longest, n, longest))
    for i in range(n):
        for age in range(longest):
            transitions[i, age, :, 0] = ends[i, age] * jump[i]
            if age + 1 < longest:
                transitions[i, age, i, age + 1] = 1 - ends[i, age]
    size = n * longest
    return HiddenMarkovModel(transitions.reshape(size, size), np.repeat(np.eye(n), longest, axis=0))
