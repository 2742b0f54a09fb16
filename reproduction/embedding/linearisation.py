"""The three steps from the network to the ansatz of Eq 20, one by one (Eqs 17–20).

The paper drops the memory of the network, replaces it by the linear term of its Taylor series, and
puts the embedding in the place of the output layer. Each function here gives the next-label
probabilities after one of these steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.equations import sigmoid, softmax
from lstm_md.model import GATES
from lstm_md.training import sequences
from reproduction.embedding.times import embedding_transition_matrix

Floats = NDArray[np.float64]


class State(NamedTuple):
    """The hidden state h and the cell state c before a label is read, each of shape (…, L)."""

    hidden: Floats
    cell: Floats


class _Gates(NamedTuple):
    i: Floats
    f: Floats
    c: Floats  # the candidate value, written as c with a tilde in the paper
    o: Floats


def zero_state(weights: Sequence[NDArray]) -> State:
    """Return h = c = 0."""
    units = len(weights[2])
    return State(np.zeros(units), np.zeros(units))


def mean_state(
    weights: Sequence[NDArray], labels: ArrayLike, *, length: int = 1000, skip: int = 100
) -> State:
    """Average the states of a network over a trajectory that it reads.

    Parameters
    ----------
    weights : sequence of ndarray
        As ``model.get_weights()`` or a training of a record gives them.
    labels : array_like of int, shape (frames,)
        They are read in pieces of ``length`` frames, each of which begins at zero.
    length, skip : int
        The first ``skip`` frames of each piece do not count.
    """
    rows = np.asarray(weights[0], np.float64)
    pieces = sequences(labels, length)
    state = State(*np.zeros((2, len(pieces), len(weights[2]))))
    total = np.zeros((2, len(weights[2])))
    for frame in range(length):
        state = next_state(weights, rows[pieces[:, frame]], state)
        if frame >= skip:
            total += [state.hidden.mean(axis=0), state.cell.mean(axis=0)]
    return State(*total / (length - skip))


def next_state(weights: Sequence[NDArray], x: ArrayLike, state: State) -> State:
    """Compute the states after an embedding vector x was read (Eqs 2–7).

    Parameters
    ----------
    weights : sequence of ndarray
    x : array_like, shape (…, M)
    state : State
        Before the vector was read.
    """
    gates = _gates(weights, x, state)
    cell = gates.f * state.cell + gates.i * gates.c
    return State(gates.o * np.tanh(cell), cell)


def derivative(weights: Sequence[NDArray], at: ArrayLike, state: State) -> Floats:
    r"""Compute :math:`(A_\theta)_{ij} = \partial (f_\theta)_i / \partial x_j` (Eq 18).

    Here :math:`f_\theta(x)` is the hidden state after x was read, and all else is held fixed.

    Parameters
    ----------
    weights : sequence of ndarray
    at : array_like, shape (M,)
        The point a of the Taylor series.
    state : State
        Before x is read, each part of shape (L,).

    Returns
    -------
    ndarray of float64, shape (L, M)
    """
    gates = _gates(weights, at, state)
    squashed = np.tanh(gates.f * state.cell + gates.i * gates.c)
    kernels = np.split(np.asarray(weights[1], np.float64).T, len(GATES))
    w = dict(zip(GATES, kernels, strict=True))
    of_cell = (
        (state.cell * gates.f * (1 - gates.f))[:, None] * w["f"]
        + (gates.c * gates.i * (1 - gates.i))[:, None] * w["i"]
        + (gates.i * (1 - gates.c**2))[:, None] * w["c"]
    )
    through_gate = (squashed * gates.o * (1 - gates.o))[:, None] * w["o"]
    return through_gate + (gates.o * (1 - squashed**2))[:, None] * of_cell


def after_each_step(weights: Sequence[NDArray], labels: ArrayLike) -> dict[str, Floats]:
    """Compute Q_lm of one network after each step, by the name of the step.

    Parameters
    ----------
    weights : sequence of ndarray
    labels : array_like of int, shape (frames,)
        For the mean state.
    """
    zero, mean = zero_state(weights), mean_state(weights, labels)
    return {
        "no memory, from zero": without_memory(weights, zero),
        "no memory, mean state": without_memory(weights, mean),
        "linear, from zero": linearised(weights, zero),
        "linear, mean state": linearised(weights, mean),
        "ansatz": embedding_transition_matrix(weights[0]),
        "ansatz, wrong rows": embedding_transition_matrix(np.roll(weights[0], 1, axis=0)),
    }


def without_memory(weights: Sequence[NDArray], state: State) -> Floats:
    """Compute Q_lm after the first step: every label is read in the same state (Eq 17).

    Returns
    -------
    ndarray of float64, shape (N, N)
        Row = the label that was just read, column = the next one.
    """
    hidden = next_state(weights, weights[0], _for_each(state, len(weights[0]))).hidden
    return softmax(hidden @ weights[4] + weights[5])


def linearised(weights: Sequence[NDArray], state: State, at: ArrayLike | None = None) -> Floats:
    """Compute Q_lm after the second step: the linear term of the Taylor series (Eqs 18, 19).

    Parameters
    ----------
    weights : sequence of ndarray
    state : State
    at : array_like, shape (M,), optional
        The point a; the mean of the embedding vectors if left out.
    """
    rows = np.asarray(weights[0], np.float64)
    point = rows.mean(axis=0) if at is None else np.asarray(at, np.float64)
    matrix = derivative(weights, point, state)
    hidden = next_state(weights, point, state).hidden + (rows - point) @ matrix.T
    return softmax(hidden @ weights[4] + weights[5])


def output_embedding(
    weights: Sequence[NDArray], state: State, at: ArrayLike | None = None
) -> Floats:
    """Compute D_d A_θ, which the paper calls the output embedding matrix (below Eq 19).

    Returns
    -------
    ndarray of float64, shape (N, M)
        Row m stands where the ansatz of Eq 20 puts the embedding vector of m.
    """
    point = np.asarray(weights[0], np.float64).mean(axis=0) if at is None else at
    return np.asarray(weights[4], np.float64).T @ derivative(weights, point, state)


def alignment(output: ArrayLike, embedding: ArrayLike) -> float:
    """Correlate an output embedding with an embedding, row by row.

    A vector that is added to all rows of the output embedding changes no probability, so the mean
    row of both is taken away first. 1 means that the one is a positive multiple of the other.

    Parameters
    ----------
    output, embedding : array_like, shape (N, M)

    Examples
    --------
    >>> rows = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    >>> round(alignment(3 * rows + 1, rows), 3), round(alignment(-rows, rows), 3)
    (1.0, -1.0)
    """
    first, second = (np.asarray(each, np.float64) for each in (output, embedding))
    first, second = first - first.mean(axis=0), second - second.mean(axis=0)
    return float((first * second).sum() / np.sqrt((first**2).sum() * (second**2).sum()))


def divergence(own: ArrayLike, predicted: ArrayLike, populations: ArrayLike) -> float:
    """Compute the distance D(own ‖ predicted) per label, in nats.

    Parameters
    ----------
    own, predicted : array_like, shape (N, N)
        Next-label probabilities. No predicted one is 0.
    populations : array_like, shape (N,)
        The weight of each row.

    Examples
    --------
    >>> round(divergence([[0.5, 0.5], [0.5, 0.5]], [[0.9, 0.1], [0.5, 0.5]], [0.5, 0.5]), 4)
    0.2554
    """
    p, q = np.asarray(own, np.float64), np.asarray(predicted, np.float64)
    terms = np.where(p > 0, p * np.log(np.where(p > 0, p, 1) / q), 0)
    return float(np.asarray(populations, np.float64) @ terms.sum(axis=1))


def _for_each(state: State, n_rows: int) -> State:
    return State(*(np.tile(each, (n_rows, 1)) for each in state))


def _gates(weights: Sequence[NDArray], x: ArrayLike, state: State) -> _Gates:
    kernel, recurrent, bias = (np.asarray(each, np.float64) for each in weights[1:4])
    total = np.asarray(x, np.float64) @ kernel + state.hidden @ recurrent + bias
    parts = dict(zip(GATES, np.split(total, len(GATES), axis=-1), strict=True))
    i, f, o = (sigmoid(parts[gate]) for gate in "ifo")
    return _Gates(i, f, np.tanh(parts["c"]), o)
