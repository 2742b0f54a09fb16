"""Eqs 1–8 of the paper in NumPy, line by line. They are slow; other code is tested against them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import instance, label_array


def sigmoid(v: NDArray) -> NDArray:
    """Compute the logistic function 1 / (1 + exp(−v)), elementwise."""
    return 1.0 / (1.0 + np.exp(-v))


def softmax(v: NDArray) -> NDArray:
    """Compute exp(v_i) / Σ_j exp(v_j) along the last axis (below Eq 9)."""
    e = np.exp(v - v.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def logits(weights: Mapping[str, NDArray], labels: ArrayLike) -> NDArray[np.float64]:
    """Compute the logits (the argument of the softmax in Eq 8) at every frame of one chain.

    This function takes the weights by name. :func:`lstm_md.reading.logits` is fast, and takes
    ``model.get_weights()``.

    Parameters
    ----------
    weights : mapping
        From :func:`lstm_md.model.named_weights`.
    labels : array_like of int, shape (frames,)
        The network starts with h = c = 0.

    Returns
    -------
    ndarray, shape (frames, N)
        The softmax of row t is the probability of each label at frame t + 1.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not integers from 0 to N − 1, or not one chain.
    """
    instance(weights, Mapping, "weights", "give what lstm_md.model.named_weights returns")
    missing = sorted({"Lambda", "D_d", "b_d"} - set(weights))
    if missing:
        raise ValueError(
            f"weights: expected the names of lstm_md.model.named_weights, found no {missing[0]!r}; "
            f"give all of them"
        )
    w = {name: np.asarray(value, dtype=np.float64) for name, value in weights.items()}
    n_labels = w["Lambda"].shape[1]
    labels = label_array(labels, n_labels=n_labels)
    if labels.ndim != 1:
        raise ValueError(f"labels: expected shape (frames,), found {labels.shape}; give one chain")
    h = np.zeros(w["U_f"].shape[0])
    c = np.zeros_like(h)
    out = []
    for label in labels:
        s = np.eye(n_labels)[label]
        x = w["Lambda"] @ s  # Eq 1
        f = sigmoid(w["W_f"] @ x + w["U_f"] @ h + w["b_f"])  # Eq 2
        i = sigmoid(w["W_i"] @ x + w["U_i"] @ h + w["b_i"])  # Eq 3
        o = sigmoid(w["W_o"] @ x + w["U_o"] @ h + w["b_o"])  # Eq 4
        candidate = np.tanh(w["W_c"] @ x + w["U_c"] @ h + w["b_c"])  # Eq 5
        c = f * c + i * candidate  # Eq 6
        h = o * np.tanh(c)  # Eq 7
        out.append(w["D_d"] @ h + w["b_d"])  # Eq 8
    return np.array(out)
