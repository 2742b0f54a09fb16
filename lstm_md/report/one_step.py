"""The probabilities of one step that a network really gives, to set beside the ansatz of Eq 20."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax

from lstm_md._checks import whole_number
from lstm_md._lstm import COMPILED_UNITS, Weights, forward, forward_compiled
from lstm_md.training import sequences

AT_ONCE = 64  # sequences


def one_step_probabilities(
    weights: Sequence[NDArray], labels: ArrayLike, *, length: int = 100, skip: int = 20
) -> NDArray[np.float64]:
    """Mean of the network's softmax (Eq 8) over the frames of each label.

    Parameters
    ----------
    weights : sequence of ndarray
        As ``model.get_weights()`` or a training of a record gives them.
    labels : array_like of int, shape (frames,) or (chains, frames)
        The text that the network reads, in sequences that follow each other.
    length : int
        Frames a sequence.
    skip : int
        Frames at the beginning of each sequence that do not count: the network has read nothing.

    Returns
    -------
    ndarray of float64, shape (N, N)
        Row = the label that was just read, column = the next one; nan for a label never read.

    Raises
    ------
    ValueError
        If ``skip`` leaves nothing of a sequence, a label is not below N, or the text is shorter
        than a sequence.
    """
    network = Weights(*(np.ascontiguousarray(w, dtype=np.float32) for w in weights))
    n_labels = len(network.embedding)
    if whole_number(skip, "skip", minimum=0) >= length:
        raise ValueError(f"skip: expected less than length, {length}, found {skip}; give fewer")
    text = sequences(labels, length)
    if text.max() >= n_labels:
        raise ValueError(
            f"labels: found {text.max()}, but the network has {n_labels}; give the text it learned"
        )
    total, seen = np.zeros((n_labels, n_labels)), np.zeros(n_labels)
    for first in range(0, len(text), AT_ONCE):
        read = np.ascontiguousarray(text[first : first + AT_ONCE, :-1].T, dtype=np.intp)
        next_ = softmax(_logits(network, read).astype(np.float64), axis=2)[skip:]
        for label in range(n_labels):
            here = read[skip:] == label
            total[label] += next_[here].sum(axis=0)
            seen[label] += here.sum()
    with np.errstate(invalid="ignore"):
        return total / seen[:, None]


def _logits(network: Weights, read: NDArray[np.intp]) -> NDArray[np.float32]:
    """What Eq 8 holds inside its softmax, shape (frames, rows, N), for labels (frames, rows)."""
    (frames, rows), units = read.shape, len(network.recurrent)
    gates = np.empty((frames, rows, 4 * units), np.float32)
    h = np.zeros((frames + 1, rows, units), np.float32)
    loop = forward_compiled if units <= COMPILED_UNITS else forward
    loop(network.table, network.recurrent, read, gates, h, np.zeros_like(h))
    return h[1:] @ network.dense + network.dense_bias
