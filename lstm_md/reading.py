"""What a network computes while it reads labels: hidden states, logits, and the loss.

The functions take the weights and not the model, so they need no Keras and also read the networks
of a record.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax

from lstm_md._support.checks import label_array, whole_number
from lstm_md.engine.lstm import COMPILED_UNITS, Weights, forward, forward_compiled


def hidden_states(
    weights: Sequence[NDArray], labels: ArrayLike, *, every: int = 10
) -> NDArray[np.float32]:
    """Compute the hidden state h(t) of Eq 7 while a network reads labels.

    Parameters
    ----------
    weights : sequence of ndarray
        From ``model.get_weights()``, or the ``weights`` of a recorded training.
    labels : array_like of int, shape (frames,) or (chains, frames)
        The network starts each chain with h = c = 0.
    every : int
        Keep the state after every so many frames.

    Returns
    -------
    ndarray of float32, shape (chains, frames // every, units)

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not integers from 0 to N − 1.
    """
    network = Weights(*(np.ascontiguousarray(w, dtype=np.float32) for w in weights))
    every = whole_number(every, "every")
    labels = np.atleast_2d(label_array(labels, n_labels=len(network.embedding)))
    n_chains, units = len(labels), len(network.recurrent)
    n_kept = labels.shape[1] // every
    kept = np.empty((n_kept, n_chains, units), np.float32)
    loop = forward_compiled if units <= COMPILED_UNITS else forward
    h, c = np.zeros((2, every + 1, n_chains, units), np.float32)
    gates = np.empty((every, n_chains, 4 * units), np.float32)
    for k in range(n_kept):
        block = np.ascontiguousarray(labels[:, k * every : (k + 1) * every].T, dtype=np.intp)
        loop(network.table, network.recurrent, block, gates, h, c)
        kept[k] = h[0] = h[-1]
        c[0] = c[-1]
    return kept.transpose(1, 0, 2)


def logits(weights: Sequence[NDArray], labels: ArrayLike) -> NDArray[np.float32]:
    """Compute the logits (the argument of the softmax in Eq 8) after each label.

    Parameters
    ----------
    weights, labels
        As in :func:`hidden_states`.

    Returns
    -------
    ndarray of float32, shape (chains, frames, N)
    """
    return hidden_states(weights, labels, every=1) @ weights[4] + weights[5]


def reading_loss(weights: Sequence[NDArray], labels: ArrayLike, *, skip: int = 20) -> float:
    """Compute the loss (Eq 9) of a network that reads each chain from beginning to end.

    :func:`lstm_md.training.evaluate` cuts the labels into the sequences of the training and starts
    each one with h = c = 0. Here the network keeps its state over the whole chain.

    Parameters
    ----------
    weights, labels
        As in :func:`hidden_states`, with more than ``skip`` + 1 frames per chain.
    skip : int
        Number of frames at the beginning of each chain that are left out of the mean.

    Returns
    -------
    float
        Mean of −ln p(next label), in nats per label.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not integers from 0 to N − 1, or a chain is too short.
    """
    skip = whole_number(skip, "skip", minimum=0)
    labels = np.atleast_2d(label_array(labels, n_labels=len(weights[0]), min_frames=skip + 2))
    guess = log_softmax(logits(weights, labels[:, :-1])[:, skip:].astype(np.float64), axis=-1)
    following = labels[:, skip + 1 :, None].astype(np.intp)
    return float(-np.take_along_axis(guess, following, axis=-1).mean())
