"""What a network knows beside the label: a linear probe of its hidden state.

Where an axis shows two states as one label, the network may still carry in h(t) (Eq 7) which of
the two it reads about. A linear probe is fitted to tell them apart on one part of a simulation
whose states are known, and judged on another.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, log_softmax

from lstm_md._support.checks import label_array, whole_number
from lstm_md.analysis.uncertainty import Estimate, over_trainings
from lstm_md.engine.lstm import COMPILED_UNITS, Weights, forward, forward_compiled

SPANS = (1, 3, 10, 30, 100, 300)  # frames of the running averages that stand for the text itself
RIDGE = 1e-5  # on the slopes of features of variance 1: keeps them finite where all is told right
STEPS = 30  # of Newton's method; it takes fewer


def hidden_states(
    weights: Sequence[NDArray], labels: ArrayLike, *, every: int = 10
) -> NDArray[np.float32]:
    """h(t) of Eq 7 while a network reads.

    Parameters
    ----------
    weights : sequence of ndarray
        As ``model.get_weights()`` or a training of a record gives them.
    labels : array_like of int, shape (frames,) or (chains, frames)
        Each chain is read from an empty memory.
    every : int
        Every how many frames one is kept, the first after so many.

    Returns
    -------
    ndarray of float32, shape (chains, frames // every, units)

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels, or one is not below the network's N.
    """
    network = Weights(*(np.ascontiguousarray(w, dtype=np.float32) for w in weights))
    every = whole_number(every, "every")
    text = np.atleast_2d(label_array(labels, n_labels=len(network.embedding)))
    chains, units = len(text), len(network.recurrent)
    n_kept = text.shape[1] // every
    kept = np.empty((n_kept, chains, units), np.float32)
    loop = forward_compiled if units <= COMPILED_UNITS else forward
    h, c = np.zeros((2, every + 1, chains, units), np.float32)
    gates = np.empty((every, chains, 4 * units), np.float32)
    for k in range(n_kept):
        read = np.ascontiguousarray(text[:, k * every : (k + 1) * every].T, dtype=np.intp)
        loop(network.table, network.recurrent, read, gates, h, c)
        kept[k] = h[0] = h[-1]
        c[0] = c[-1]
    return kept.transpose(1, 0, 2)


def logits(weights: Sequence[NDArray], labels: ArrayLike) -> NDArray[np.float32]:
    """What Eq 8 holds inside its softmax after each label, shape (chains, frames, N).

    ``weights`` and ``labels`` as in :func:`hidden_states`.
    """
    return hidden_states(weights, labels, every=1) @ weights[4] + weights[5]


def reading_loss(weights: Sequence[NDArray], labels: ArrayLike, *, skip: int = 20) -> float:
    """The loss (Eq 9) of a network that reads on and on, not in the windows that it was taught in.

    Parameters
    ----------
    weights, labels
        As in :func:`hidden_states`; more than ``skip`` + 1 frames a chain.
    skip : int
        Frames at the beginning of each chain that do not count.

    Returns
    -------
    float
        −ln of the probability of the next label, in nats, its mean over all frames that count.
    """
    text = np.atleast_2d(label_array(labels, n_labels=len(weights[0]), min_frames=skip + 2))
    guess = log_softmax(logits(weights, text[:, :-1])[:, skip:].astype(np.float64), axis=-1)
    read = np.take_along_axis(guess, text[:, skip + 1 :, None].astype(np.intp), axis=-1)
    return float(-read.mean())


def averages(values: ArrayLike, *, every: int = 10) -> NDArray[np.float64]:
    """Running averages over the past with several spans: what a text says, read without a network.

    Parameters
    ----------
    values : array_like, shape (chains, frames)
        A number a frame, such as the label.
    every : int
        As in :func:`hidden_states`.

    Returns
    -------
    ndarray of float64, shape (chains, frames // every, len(SPANS))
        Over each of ``SPANS`` in turn, and over what there is at a chain's beginning.
    """
    chains = np.atleast_2d(np.asarray(values, np.float64))
    sums = np.concatenate([np.zeros((len(chains), 1)), np.cumsum(chains, axis=1)], axis=1)
    ends = np.arange(every, chains.shape[1] + 1, every)
    starts = [np.maximum(ends - span, 0) for span in SPANS]
    return np.stack([(sums[:, ends] - sums[:, s]) / (ends - s) for s in starts], axis=-1)


def probe(features: ArrayLike, truth: ArrayLike) -> Estimate:
    """How often a linear probe says which of two states it is.

    A logistic regression, both states weighing alike, fitted on the first half of the chains.

    Parameters
    ----------
    features : array_like, shape (chains, frames, features)
    truth : array_like of int, shape (chains, frames)
        0 or 1; −1 where it is neither and the frame does not count.

    Returns
    -------
    Estimate
        Balanced accuracy on the second half of the chains: the mean of the shares of either state
        that are told right, 0.5 for who knows nothing. The error is over these chains.

    Raises
    ------
    ValueError
        If a state is missing in either half, or there are fewer than two chains to judge by.
    """
    x, known = np.asarray(features, np.float64), np.asarray(truth)
    half = len(x) // 2
    weights = _fitted(x[:half][known[:half] >= 0], known[:half][known[:half] >= 0])
    said = x[half:] @ weights[:-1] + weights[-1] > 0
    tested = known[half:]
    n = [(tested == state).sum() for state in (0, 1)]
    if min(n) == 0 or len(tested) < 2:
        raise ValueError(
            f"truth: found {n[0]} frame(s) of one state and {n[1]} of the other in the second "
            f"half of {len(x)} chain(s); give more"
        )
    right = [((said == state) & (tested == state)).sum(axis=1) / n[state] for state in (0, 1)]
    shares = np.sum(right, axis=0) / 2 * len(tested)
    # Of a ratio: what a chain adds beyond its share of the frames.
    weight = np.sum([(tested == s).sum(axis=1) / n[s] for s in (0, 1)], axis=0) / 2 * len(tested)
    value = float(shares.mean())
    return Estimate(value, float(over_trainings(shares - value * weight).error), len(tested))


def _fitted(x: NDArray[np.float64], state: NDArray) -> NDArray[np.float64]:
    """Logistic regression by Newton's method, each state with half of the weight.

    Returns a slope a feature, and the constant.
    """
    shares = np.bincount(state, minlength=2)
    if shares.min() == 0:
        raise ValueError(
            f"truth: found {shares[0]} frame(s) of one state and {shares[1]} of the other in the "
            f"first half of the chains; give more"
        )
    weight = 0.5 / shares[state]
    mean, spread = x.mean(axis=0), x.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    moved = np.column_stack([(x - mean) / scale, np.ones(len(x))])
    # The ridge leaves the constant alone.
    ridge = RIDGE * np.append(np.ones(x.shape[1]), 0.0)
    slope = np.zeros(moved.shape[1])
    for _ in range(STEPS):
        p = expit(moved @ slope)
        gradient = moved.T @ (weight * (p - state)) + ridge * slope
        curvature = (moved * (weight * p * (1 - p))[:, None]).T @ moved + np.diag(ridge)
        step = np.linalg.solve(curvature + 1e-12 * np.eye(len(slope)), gradient)
        slope -= step
        if np.abs(step).max() < 1e-6:
            break
    slope[:-1] /= scale
    slope[-1] -= mean @ slope[:-1]
    return slope
