"""What a network computes while it reads labels: hidden states, logits, and the loss.

The functions take the weights and not the model. So they need no Keras, and they also work with the
weights of a recorded training.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax

from lstm_md._support.checks import Chains, chains_of, whole_number
from lstm_md._support.processes import check_memory
from lstm_md.engine.lstm import COMPILED_UNITS, Weights, forward, forward_compiled

CELLS_PER_CALL = 2_000_000  # LSTM cells, in a call that cannot be interrupted


def hidden_states(
    weights: Sequence[NDArray], labels: ArrayLike | Sequence[ArrayLike], *, every: int = 10
) -> Any:
    """Compute the hidden state h(t) of Eq 7 while a network reads labels.

    Parameters
    ----------
    weights : sequence of ndarray
        From ``model.get_weights()``, or the ``weights`` of a recorded training.
    labels : array_like of int, shape (frames,) or (chains, frames), or list of such (frames,)
        The network starts each chain with h = c = 0. The chains of a list may differ in length.
    every : int
        Row k of a chain is the state after (k + 1) * ``every`` frames. ``every=1`` keeps all.

    Returns
    -------
    ndarray of float32, shape (chains, frames // every, units)
        For labels (frames,) the first axis has length 1. For a list of chains, a list of such
        arrays without the first axis.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not integers from 0 to N − 1, or the shapes of ``weights`` do not fit
        together.
    MemoryError
        If the states do not fit into the memory.
    """
    network = Weights.checked(weights, "weights")
    every = whole_number(every, "every")
    chains = chains_of(labels, n_labels=len(network.embedding))
    n_kept, units = int((chains.lengths // every).sum()), len(network.recurrent)
    check_memory(4 * n_kept * units, "labels", "give fewer frames at a time, or a larger every")
    found = [_states(network, rows, every) for rows in _equal_lengths(chains)]
    return [h for states in found for h in states] if chains.shape is None else found[0]


def _equal_lengths(chains: Chains) -> list[NDArray[np.unsignedinteger]]:
    """Return arrays of shape (chains, frames): one array if all chains have the same length."""
    return [chain[None] for chain in chains] if chains.rows is None else [chains.rows]


def _states(
    network: Weights, labels: NDArray[np.unsignedinteger], every: int
) -> NDArray[np.float32]:
    """Compute hidden states of shape (chains, frames // every, units)."""
    n_chains, units = len(labels), len(network.recurrent)
    n_kept = labels.shape[1] // every
    kept = np.empty((n_kept, n_chains, units), np.float32)
    loop = forward_compiled if units <= COMPILED_UNITS else forward
    block = min(every, 1 + CELLS_PER_CALL // (n_chains * units))
    h, c = np.zeros((2, block + 1, n_chains, units), np.float32)
    gates = np.empty((block, n_chains, 4 * units), np.float32)
    for k in range(n_kept):
        for first in range(k * every, (k + 1) * every, block):
            frames = slice(first, min(first + block, (k + 1) * every))
            read = np.ascontiguousarray(labels[:, frames].T, dtype=np.intp)
            n = len(read)
            loop(network.table, network.recurrent, read, gates[:n], h[: n + 1], c[: n + 1])
            h[0], c[0] = h[n], c[n]
        kept[k] = h[0]
    return kept.transpose(1, 0, 2)


def logits(weights: Sequence[NDArray], labels: ArrayLike | Sequence[ArrayLike]) -> Any:
    """Compute the logits (the argument of the softmax in Eq 8) after each label.

    This function is fast, and takes ``model.get_weights()``. :func:`lstm_md.equations.logits` takes
    the weights by name, and follows the equations line by line.

    Parameters
    ----------
    weights, labels
        As in :func:`hidden_states`.

    Returns
    -------
    ndarray of float32, shape (chains, frames, N)
        For labels (frames,) the first axis has length 1. For a list of chains, a list of such
        arrays without the first axis.

    Raises
    ------
    TypeError, ValueError, MemoryError
        As in :func:`hidden_states`.
    """
    network = Weights.checked(weights, "weights")
    chains = chains_of(labels, n_labels=len(network.embedding))
    found = [_logits(network, rows) for rows in _equal_lengths(chains)]
    return [one for several in found for one in several] if chains.shape is None else found[0]


def _logits(network: Weights, labels: NDArray[np.unsignedinteger]) -> NDArray[np.float32]:
    """Compute the logits of chains of equal length."""
    units, n_labels = network.dense.shape
    n_bytes = 4 * labels.size * (units + 2 * n_labels)
    check_memory(n_bytes, "labels", "give fewer frames at a time")
    return _states(network, labels, 1) @ network.dense + network.dense_bias


def reading_loss(
    weights: Sequence[NDArray], labels: ArrayLike | Sequence[ArrayLike], *, skip: int = 20
) -> float:
    """Compute the loss (Eq 9) of a network that reads each chain from beginning to end.

    :func:`lstm_md.training.evaluate` cuts the labels into the sequences of the training, and by
    default starts each one with h = c = 0. Here the network keeps its state over the whole chain.

    Parameters
    ----------
    weights, labels
        As in :func:`hidden_states`, with more than ``skip`` + 1 frames per chain.
    skip : int
        Number of predictions left out at the beginning of each chain.

    Returns
    -------
    float
        Mean of −ln p(next label), in nats per label.

    Raises
    ------
    TypeError, ValueError, MemoryError
        As in :func:`hidden_states`, or if a chain is too short.
    """
    skip = whole_number(skip, "skip", minimum=0)
    network = Weights.checked(weights, "weights")
    chains = chains_of(labels, n_labels=len(network.embedding), min_frames=skip + 2)
    losses = []
    for rows in _equal_lengths(chains):
        check_memory(20 * rows.size * len(network.embedding), "labels", "give fewer frames")
        guess = _logits(network, rows[:, :-1])[:, skip:].astype(np.float64)
        following = rows[:, skip + 1 :, None].astype(np.intp)
        losses.append(-np.take_along_axis(log_softmax(guess, axis=-1), following, axis=-1))
    if len(losses) == 1:
        return float(losses[0].mean())
    return float(np.concatenate(losses, axis=1).mean())
