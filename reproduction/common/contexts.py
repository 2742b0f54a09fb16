"""Contexts of a trajectory: the labels before each frame, what followed them, and smoothing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from lstm_md._support.checks import label_array, label_dtype, whole_number
from lstm_md._support.compiled import compiled
from lstm_md._support.processes import check_memory

# Bounds of ln α. At the lower one the counts decide alone. At the upper one, 10⁹, contexts of up
# to some thousands of frames add nothing that could be seen.
_LOG_CONCENTRATIONS = (-7.0, 21.0)


class ContextTree(NamedTuple):
    """A tree of all contexts of a trajectory. A child is longer than its parent by one label.

    Context 0 is the empty one. Contexts are sorted by length, and then by the contexts that they
    extend, so that the children of a context are neighbours.

    Attributes
    ----------
    oldest : ndarray of uint8 or uint16, shape (contexts,)
        The label by which a context is longer than its parent.
    first_child : ndarray of int64, shape (contexts + 1,)
    followed_by : ndarray of uint8 or uint16, shape (pairs,)
        The labels that followed each context, in ascending order.
    cumulative : ndarray of int64, shape (pairs,)
        How often that label, or a smaller one, followed the context.
    first_pair : ndarray of int64, shape (contexts + 1,)
    """

    oldest: NDArray[np.unsignedinteger]
    first_child: NDArray[np.int64]
    followed_by: NDArray[np.unsignedinteger]
    cumulative: NDArray[np.int64]
    first_pair: NDArray[np.int64]


def smoothed_contexts(
    chains: NDArray[np.unsignedinteger], order: int, n_labels: int
) -> tuple[ContextTree, NDArray[np.float64]]:
    """Count what follows each context of up to ``order`` labels, and find the concentrations.

    :func:`reproduction.common.higher_order.fit_higher_order_chain` gives the equation.

    Parameters
    ----------
    chains : ndarray of uint8 or uint16, shape (chains, frames)
        Labels that are already checked.
    order, n_labels : int

    Returns
    -------
    ContextTree, ndarray of float64, shape (order + 1,)

    Raises
    ------
    MemoryError
        If the contexts of the next length do not fit into the memory.
    """
    flat, dtype = chains.reshape(-1).astype(np.int64), label_dtype(n_labels)
    frame = np.arange(flat.size)  # the frames that have a context of the current length
    context = np.zeros(flat.size, np.int64)  # their contexts, numbered from 0 for each length
    probability = np.full(flat.size, 1 / n_labels)  # of their labels, given all other frames
    oldest, concentrations = [np.zeros(1, np.int64)], []
    n_children: list[NDArray] = []  # of each context, one array per length
    n_pairs: list[NDArray] = []  # how many labels followed each context
    followed_by, cumulative = [], []
    for length in range(order + 1):
        # How many contexts there are is known only when they are counted, so each length asks.
        check_memory(100 * frame.size, "order", f"give fewer labels, or an order below {length}")
        if length:
            longer = frame % chains.shape[1] >= length
            frame, context, probability = frame[longer], context[longer], probability[longer]
            extended = context * n_labels + flat[frame - length]
            key, context = np.unique(extended, return_inverse=True)
            oldest.append(key % n_labels)
            n_children.append(np.bincount(key // n_labels, minlength=n_pairs[-1].size))
        followed = context * n_labels + flat[frame]
        key, pair, count = np.unique(followed, return_inverse=True, return_counts=True)
        owner, total = key // n_labels, np.bincount(context)
        shorter = np.empty(key.size)
        shorter[pair] = probability  # the same for all frames of a pair
        alpha = concentration(count, total[owner], shorter)
        probability = ((count - 1 + alpha * shorter) / (total[owner] - 1 + alpha))[pair]
        concentrations.append(alpha)
        followed_by.append(key % n_labels)
        n_pairs.append(np.bincount(owner))
        cumulative.append(np.cumsum(count) - (np.cumsum(total) - total)[owner])
    n_children.append(np.zeros(n_pairs[-1].size, np.int64))
    tree = ContextTree(
        np.concatenate(oldest).astype(dtype),
        _starts(n_children, 1),
        np.concatenate(followed_by).astype(dtype),
        np.concatenate(cumulative),
        _starts(n_pairs, 0),
    )
    return tree, np.array(concentrations)


def concentration(
    count: NDArray[np.int64], total: NDArray[np.int64], shorter: NDArray[np.float64]
) -> float:
    """Find the α that maximises the probability of every frame, given all other frames.

    Parameters
    ----------
    count : ndarray of int, shape (pairs,)
        How often a label followed a context.
    total : ndarray of int, shape (pairs,)
        How often the context occurred.
    shorter : ndarray of float64, shape (pairs,)
        The probability of the label after the next shorter context, given all other frames.
    """

    def loss(log_alpha: float) -> float:
        alpha = np.exp(log_alpha)
        left_out = (count - 1 + alpha * shorter) / (total - 1 + alpha)
        return -float(count @ np.log(left_out))

    found = minimize_scalar(
        loss, bounds=_LOG_CONCENTRATIONS, method="bounded", options={"xatol": 0.01}
    )
    return float(np.exp(found.x))


def with_prompt(
    prompt: ArrayLike | None,
    n_frames: int,
    n_chains: int,
    n_labels: int,
    *,
    longest: int | None = None,
) -> tuple[NDArray[np.unsignedinteger], int]:
    """Allocate the labels of several chains, and write the prompt at their beginning.

    Parameters
    ----------
    prompt : array_like of int, shape (frames,) or (chains, frames), or None
        One row for every chain, or one for all.
    n_frames, n_chains : int
        Labels per chain that will follow the prompt, and the number of chains.
    n_labels : int
    longest : int, optional
        How many of the last frames of the prompt are kept; all if left out.

    Returns
    -------
    ndarray of uint8 or uint16, shape (chains, kept + n_frames)
        All but the first ``kept`` frames are not set.
    int
        How many frames of the prompt are kept.

    Raises
    ------
    TypeError, ValueError
        If a number is not whole or too small, or the prompt does not fit.
    """
    n_frames = whole_number(n_frames, "n_frames")
    n_chains = whole_number(n_chains, "n_chains")
    before = np.empty((1, 0), label_dtype(n_labels))
    if prompt is not None:
        before = np.atleast_2d(label_array(prompt, "prompt", n_labels=n_labels, one_frame=True))
    if len(before) > 1 and n_chains not in (1, len(before)):
        raise ValueError(
            f"n_chains: found {n_chains}, but the prompt has {len(before)} rows; leave n_chains "
            f"out, or give one prompt for all chains"
        )
    frames = before.shape[1]
    kept = frames if longest is None else min(frames, longest)
    labels = np.empty((max(n_chains, len(before)), kept + n_frames), label_dtype(n_labels))
    labels[:, :kept] = before[:, frames - kept :]
    return labels, kept


def _starts(numbers: list[NDArray[np.int64]], begin: int) -> NDArray[np.int64]:
    return np.concatenate([[begin], begin + np.cumsum(np.concatenate(numbers))])


@compiled()
def _find(values, first, last, value):
    """Return the place of the value in the sorted values[first:last], or −1."""
    at = first + np.searchsorted(values[first:last], value)
    return at if at < last and values[at] == value else -1


@compiled()
def _follow(labels, frame, tree, path):
    """Fill ``path`` with the known contexts of a frame, the shortest first; return how many."""
    path[0] = 0
    for length in range(1, min(path.size - 1, frame) + 1):
        at = path[length - 1]
        child = _find(
            tree.oldest, tree.first_child[at], tree.first_child[at + 1], labels[frame - length]
        )
        if child < 0:
            return length
        path[length] = child
    return min(path.size - 1, frame) + 1


@compiled()
def fill_losses(labels, n_labels, concentrations, tree, losses):
    """Fill ``losses`` with −ln p of each label; the concentrations give the longest context."""
    path = np.empty(concentrations.size, np.int64)
    for chain in range(labels.shape[0]):
        for frame in range(labels.shape[1]):
            probability = 1 / n_labels
            for length in range(_follow(labels[chain], frame, tree, path)):
                first, last = tree.first_pair[path[length]], tree.first_pair[path[length] + 1]
                at = _find(tree.followed_by, first, last, labels[chain, frame])
                count = 0 if at < 0 else tree.cumulative[at]
                if at > first:
                    count -= tree.cumulative[at - 1]
                alpha = concentrations[length]
                probability = count + alpha * probability
                probability /= tree.cumulative[last - 1] + alpha
            losses[chain, frame] = -np.log(probability)


@compiled()
def fill_labels(labels, begin, n_labels, concentrations, tree, generator):
    """Draw all labels from frame ``begin`` on."""
    path = np.empty(concentrations.size, np.int64)
    for chain in range(labels.shape[0]):
        for frame in range(begin, labels.shape[1]):
            # A context of n frames decides with probability n / (n + α), else the shorter one.
            length = _follow(labels[chain], frame, tree, path) - 1
            while length >= 0:
                first, last = tree.first_pair[path[length]], tree.first_pair[path[length] + 1]
                total = tree.cumulative[last - 1]
                draw = generator.random() * (total + concentrations[length])
                if draw < total:
                    at = np.searchsorted(tree.cumulative[first:last], draw, side="right")
                    labels[chain, frame] = tree.followed_by[first + at]
                    break
                length -= 1
            if length < 0:
                labels[chain, frame] = int(generator.random() * n_labels)
