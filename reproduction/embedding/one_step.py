"""The one-step probabilities that a network really gives, beside those that Eq 20 assumes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax

from lstm_md._support.checks import whole_number
from lstm_md.reading import logits
from lstm_md.training import sequences

BATCH_SIZE = 64  # sequences


def one_step_probabilities(
    weights: Sequence[NDArray], labels: ArrayLike, *, sequence_length: int = 100, skip: int = 20
) -> NDArray[np.float64]:
    """Average the network's softmax (Eq 8) over the frames of each label.

    Parameters
    ----------
    weights : sequence of ndarray
        As ``model.get_weights()`` or a training of a record gives them.
    labels : array_like of int, shape (frames,) or (chains, frames)
        The labels that the network reads, in sequences that follow each other.
    sequence_length : int
        Frames per sequence.
    skip : int
        Frames at the beginning of each sequence that do not count, because the network has read
        almost nothing there.

    Returns
    -------
    ndarray of float64, shape (N, N)
        Row = the label that was just read, column = the next one; nan for a label never read.

    Raises
    ------
    ValueError
        If ``skip`` leaves nothing of a sequence, a label is not below N, or there are fewer
        labels than in one sequence.
    """
    n_labels = len(weights[0])
    if whole_number(skip, "skip", minimum=0) >= sequence_length:
        raise ValueError(
            f"skip: expected less than sequence_length, {sequence_length}, found {skip}; give fewer"
        )
    windows = sequences(labels, sequence_length)
    if windows.max() >= n_labels:
        raise ValueError(
            f"labels: found {windows.max()}, but the network has {n_labels}; give labels that it "
            f"learned"
        )
    total, count = np.zeros((n_labels, n_labels)), np.zeros(n_labels)
    for first in range(0, len(windows), BATCH_SIZE):
        read = windows[first : first + BATCH_SIZE, :-1]
        probabilities = softmax(logits(weights, read).astype(np.float64), axis=2)[:, skip:]
        for label in range(n_labels):
            here = read[:, skip:] == label
            total[label] += probabilities[here].sum(axis=0)
            count[label] += here.sum()
    with np.errstate(invalid="ignore"):
        return total / count[:, None]
