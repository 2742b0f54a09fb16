"""A model that copies more, the more labels it looks back: the last k labels decide.

It looks for the places in its data where the last k labels occur, takes one of them at random, and
generates the label that follows there. For k = 1 this is a first-order Markov chain. For large k,
the last labels occur at one place only, and the model copies its data. Shannon generated English
in this way (Bell Syst. Tech. J. 27, 379 (1948)).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import label_array, whole_number
from lstm_md._support.compiled import compiled

LARGEST_CODE = 2**62


def generate_by_last_labels(
    data: ArrayLike, order: int, n_frames: int, *, seed: int = 0
) -> NDArray[np.unsignedinteger]:
    """Generate labels, each from the ``order`` labels before it.

    Parameters
    ----------
    data : array_like of int, shape (frames,)
    order : int
        How many labels decide, at least 1.
    n_frames : int
        How many labels to generate.
    seed : int

    Returns
    -------
    ndarray of uint8 or uint16, shape (n_frames,)
        Each passage of ``order`` + 1 labels occurs in the data. (The end of the data is followed by
        their beginning, so that each passage is followed by a label.)

    Raises
    ------
    TypeError, ValueError
        If the data are no labels of one chain, or if ``order`` is too large for them.

    Examples
    --------
    >>> generate_by_last_labels([0, 1, 2, 0, 1, 2, 0], order=1, n_frames=4, seed=0)
    array([0, 1, 2, 0], dtype=uint8)
    """
    labels = label_array(data, "data")
    order = whole_number(order, "order", minimum=1)
    n_frames = whole_number(n_frames, "n_frames", minimum=1)
    n_labels = int(labels.max()) + 1
    if labels.ndim != 1 or labels.size <= order or max(n_labels, 2) ** order > LARGEST_CODE:
        raise ValueError(
            f"data, order: expected one chain of more than {order} labels, and at most 2^62 "
            f"possible passages, found the shape {labels.shape} and {n_labels}^{order} passages; "
            f"give another chain, or a smaller order"
        )
    # A passage of k labels is a number with k digits. It ends before the label that follows it.
    codes = np.zeros(labels.size, np.int64)
    for k in range(order, 0, -1):
        codes = codes * n_labels + np.roll(labels, k)
    following = np.argsort(codes, kind="stable")
    generated = np.empty(n_frames, labels.dtype)
    random = np.random.default_rng(seed)
    _walk(labels, codes[following], following, n_labels, n_labels ** (order - 1), random, generated)
    return generated


@compiled()
def _walk(labels, codes, following, n_labels, highest, random, generated):
    code = codes[random.integers(0, codes.size)]
    for frame in range(generated.size):
        low = np.searchsorted(codes, code, side="left")
        high = np.searchsorted(codes, code, side="right")
        label = labels[following[random.integers(low, high)]]
        generated[frame] = label
        code = (code % highest) * n_labels + label
