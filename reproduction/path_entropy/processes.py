"""Processes that write labels and whose path entropy is known: a hidden chain, and what shows.

All are of one kind, a hidden Markov process: a Markov chain of hidden states, each of which shows
a label. A chain of the labels themselves hides nothing; one of second order hides the label
before; one that remembers how long it has stayed hides the age of the stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import finite_array, label_dtype
from lstm_md.analysis.markov import simulate_markov_chain, stationary

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HiddenProcess:
    """A Markov chain of K hidden states, each with probabilities for N labels.

    Parameters
    ----------
    transitions : ndarray, shape (K, K)
        Row-stochastic, with unique stationary populations.
    emissions : ndarray, shape (K, N)
        Row k: the probabilities of the labels in hidden state k.

    Raises
    ------
    TypeError, ValueError
        If a row is no distribution, or the shapes do not fit.
    """

    transitions: Array
    emissions: Array

    def __post_init__(self) -> None:
        for name, array in (("transitions", self.transitions), ("emissions", self.emissions)):
            object.__setattr__(self, name, _distributions(array, name))
        states = len(self.emissions)
        if self.transitions.shape != (states, states):
            raise ValueError(
                f"transitions: expected shape {(states, states)} for {states} rows of emissions, "
                f"found {self.transitions.shape}; give a row and a column a hidden state"
            )

    @cached_property
    def stationary(self) -> Array:
        """The populations of the hidden states, shape (K,)."""
        return stationary(self.transitions)

    @property
    def n_labels(self) -> int:
        """Their number, N."""
        return self.emissions.shape[1]


def markov_process(matrix: ArrayLike) -> HiddenProcess:
    """A Markov chain of the labels, shape (N, N): every hidden state shows itself."""
    return HiddenProcess(_distributions(matrix, "matrix"), np.eye(len(np.asarray(matrix))))


def second_order_process(tensor: ArrayLike) -> HiddenProcess:
    """A chain in which the last two labels decide; hidden state i N + j is the pair (i, j).

    Parameters
    ----------
    tensor : array_like, shape (N, N, N)
        [i, j, k] is the probability of k after j after i.
    """
    cube = _distributions(tensor, "tensor", dimensions=3)
    n = cube.shape[-1]
    if cube.shape != (n, n, n):
        raise ValueError(f"tensor: expected shape (N, N, N), found {cube.shape}; give a cube")
    transitions = np.zeros((n, n, n, n))
    for j in range(n):
        transitions[:, j, j, :] = cube[:, j, :]
    return HiddenProcess(transitions.reshape(n * n, n * n), np.tile(np.eye(n), (n, 1)))


def semi_markov_process(jumps: ArrayLike, stays: ArrayLike) -> HiddenProcess:
    """Jumps as in a Markov chain, stays of any length; hidden state i D + d − 1 is label i, age d.

    Parameters
    ----------
    jumps : array_like, shape (N, N)
        Where a stay leads; nothing on the diagonal.
    stays : array_like, shape (N, D)
        [i, d − 1] is the probability that a stay in i lasts d frames.

    Raises
    ------
    TypeError, ValueError
        If a row is no distribution, the shapes do not fit, or a label jumps to itself.
    """
    jump, stay = _distributions(jumps, "jumps"), _distributions(stays, "stays")
    n, longest = stay.shape
    if jump.shape != (n, n) or np.diag(jump).any():
        raise ValueError(
            f"jumps: expected shape {(n, n)}, with nothing on the diagonal, found "
            f"{jump.tolist()}; a stay ends with a jump to another label"
        )
    left = stay[:, ::-1].cumsum(axis=1)[:, ::-1]  # the stay lasts at least that long
    ends = np.divide(stay, left, out=np.ones_like(stay), where=left > 0)
    transitions = np.zeros((n, longest, n, longest))
    for i in range(n):
        for age in range(longest):
            transitions[i, age, :, 0] = ends[i, age] * jump[i]
            if age + 1 < longest:
                transitions[i, age, i, age + 1] = 1 - ends[i, age]
    size = n * longest
    return HiddenProcess(transitions.reshape(size, size), np.repeat(np.eye(n), longest, axis=0))


def simulate_process(
    process: HiddenProcess, frames: int, *, seed: int, chains: int = 1
) -> NDArray[np.unsignedinteger]:
    """Labels of a process, begun from its stationary populations.

    Parameters
    ----------
    process : HiddenProcess
    frames, chains : int
        Labels a chain, and the number of independent chains.
    seed : int
        The same seed gives the same labels.

    Returns
    -------
    ndarray of uint8 or uint16, shape (frames,), or (chains, frames) for more than one chain
    """
    hidden = simulate_markov_chain(process.transitions, frames, seed=seed, n_chains=chains)
    kind = label_dtype(process.n_labels)
    cumulative = process.emissions.cumsum(axis=1)
    shown = process.emissions.argmax(axis=1)
    if (process.emissions.max(axis=1) == 1).all():
        return shown.astype(kind)[hidden]
    # Another stream than that of the hidden chain, whose seed is the same.
    draws = np.random.default_rng([seed, 1]).random(hidden.shape)
    labels = np.zeros(hidden.shape, kind)
    for label in range(process.n_labels - 1):
        labels += draws >= cumulative[hidden, label]
    return labels


def _distributions(values: ArrayLike, name: str, dimensions: int = 2) -> Array:
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
