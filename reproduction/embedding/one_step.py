"""The probabilities of one step that a network really gives, to set beside the ansatz of Eq 20."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax

from lstm_md._support.checks import whole_number
from lstm_md.training import sequences
from reproduction.projections.probe import logits

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
    n_labels = len(weights[0])
    if whole_number(skip, "skip", minimum=0) >= length:
        raise ValueError(f"skip: expected less than length, {length}, found {skip}; give fewer")
    text = sequences(labels, length)
    if text.max() >= n_labels:
        raise ValueError(
            f"labels: found {text.max()}, but the network has {n_labels}; give the text it learned"
        )
    total, seen = np.zeros((n_labels, n_labels)), np.zeros(n_labels)
    for first in range(0, len(text), AT_ONCE):
        read = text[first : first + AT_ONCE, :-1]
        next_ = softmax(logits(weights, read).astype(np.float64), axis=2)[:, skip:]
        for label in range(n_labels):
            here = read[:, skip:] == label
            total[label] += next_[here].sum(axis=0)
            seen[label] += here.sum()
    with np.errstate(invalid="ignore"):
        return total / seen[:, None]
