"""What followed every context of a record: the counts of a chain with a long memory, as a tree."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from lstm_md._support.checks import label_array, label_dtype
from lstm_md._support.compiled import compiled

# Where the concentration is looked for, as powers of e: from "the counts alone" to "never mind
# them". What a context of n frames adds at a concentration of 10⁶ n cannot be seen.
_LOG_CONCENTRATIONS = (-7.0, 21.0)


class ContextTree(NamedTuple):
    """What followed every context of a record; the children of one are longer by one label.

    Context 0 is the empty one. They are in order of length and then of the contexts they extend,
    so that the children of one lie side by side.

    Attributes
    ----------
    oldest : ndarray of uint8 or uint16, shape (contexts,)
        The label by which a context is longer than the one it extends.
    first_child : ndarray of int64, shape (contexts + 1,)
    followed_by : ndarray of uint8 or uint16, shape (pairs,)
        The labels that followed the contexts, ascending within each.
    cumulative : ndarray of int64, shape (pairs,)
        How often that label or one before it followed the context.
    first_pair : ndarray of int64, shape (contexts + 1,)
    """

    oldest: NDArray[np.unsignedinteger]
    first_child: NDArray[np.int64]
    followed_by: NDArray[np.unsignedinteger]
    cumulative: NDArray[np.int64]
    first_pair: NDArray[np.int64]


def smoothed_contexts(
    array: NDArray[np.unsignedinteger], order: int, n_labels: int
) -> tuple[ContextTree, NDArray[np.float64]]:
    """Count what follows each context of up to ``order`` labels, and find the concentrations.

    As :func:`reproduction.rivals.higher_order.fit_higher_order_chain` documents, for labels of
    shape (chains, frames) that are already checked.
    """
    flat, dtype = array.reshape(-1).astype(np.int64), label_dtype(n_labels)
    frame = np.arange(flat.size)  # those with so long a context in their chain
    context = np.zeros(flat.size, np.int64)  # of each of them, numbered anew for each length
    probability = np.full(flat.size, 1 / n_labels)  # of each of them, given all others
    oldest, concentrations = [np.zeros(1, np.int64)], []
    children: list[NDArray] = []  # how many each context has, one array for each length
    pairs: list[NDArray] = []  # with how many labels after it
    followed_by, cumulative = [], []
    for length in range(order + 1):
        if length:
            longer = frame % array.shape[1] >= length
            frame, context, probability = frame[longer], context[longer], probability[longer]
            extended = context * n_labels + flat[frame - length]
            key, context = np.unique(extended, return_inverse=True)
            oldest.append(key % n_labels)
            children.append(np.bincount(key // n_labels, minlength=pairs[-1].size))
        followed = context * n_labels + flat[frame]
        key, pair, count = np.unique(followed, return_inverse=True, return_counts=True)
        owner, total = key // n_labels, np.bincount(context)
        shorter = np.empty(key.size)
        shorter[pair] = probability  # the same for all frames of a pair
        alpha = concentration(count, total[owner], shorter)
        probability = ((count - 1 + alpha * shorter) / (total[owner] - 1 + alpha))[pair]
        concentrations.append(alpha)
        followed_by.append(key % n_labels)
        pairs.append(np.bincount(owner))
        cumulative.append(np.cumsum(count) - (np.cumsum(total) - total)[owner])
    children.append(np.zeros(pairs[-1].size, np.int64))
    tree = ContextTree(
        np.concatenate(oldest).astype(dtype),
        _starts(children, 1),
        np.concatenate(followed_by).astype(dtype),
        np.concatenate(cumulative),
        _starts(pairs, 0),
    )
    return tree, np.array(concentrations)


def concentration(
    count: NDArray[np.int64], total: NDArray[np.int64], shorter: NDArray[np.float64]
) -> float:
    """The α under which all frames, each left out in its turn, are likeliest."""

    def loss(log_alpha: float) -> float:
        alpha = np.exp(log_alpha)
        left_out = (count - 1 + alpha * shorter) / (total - 1 + alpha)
        return -float(count @ np.log(left_out))

    found = minimize_scalar(
        loss, bounds=_LOG_CONCENTRATIONS, method="bounded", options={"xatol": 0.01}
    )
    return float(np.exp(found.x))


def with_prompt(
    prompt: ArrayLike | None, steps: int, chains: int, n_labels: int, most: int | None = None
) -> tuple[NDArray[np.unsignedinteger], int]:
    """Room for the labels of chains that begin with a prompt, and how much of it is kept.

    Parameters
    ----------
    prompt : array_like of int, shape (frames,) or (chains, frames), or None
        One row for every chain, or one for all.
    steps, chains, n_labels : int
    most : int, optional
        The last frames of the prompt that are kept; all if left out.

    Raises
    ------
    TypeError, ValueError
        If the prompt does not fit.
    """
    before = np.empty((1, 0), label_dtype(n_labels))
    if prompt is not None:
        before = np.atleast_2d(label_array(prompt, "prompt", n_labels=n_labels))
    if len(before) > 1 and chains not in (1, len(before)):
        raise ValueError(
            f"chains: expected {len(before)}, one a row of prompt, found {chains}; "
            f"leave it out, or give one prompt for all"
        )
    frames = before.shape[1]
    seen = frames if most is None else min(frames, most)
    labels = np.empty((max(chains, len(before)), seen + steps), label_dtype(n_labels))
    labels[:, :seen] = before[:, frames - seen :]
    return labels, seen


def _starts(numbers: list[NDArray[np.int64]], begin: int) -> NDArray[np.int64]:
    return np.concatenate([[begin], begin + np.cumsum(np.concatenate(numbers))])


@compiled()
def _find(values, first, last, value):
    """Where the value is in the sorted values[first:last], or −1."""
    at = first + np.searchsorted(values[first:last], value)
    return at if at < last and values[at] == value else -1


@compiled()
def follow(labels, frame, tree, path):
    """Put the known contexts of a frame into the path, the shortest first; return how many."""
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
def total_loss(labels, n_labels, concentrations, tree):
    total = 0.0
    path = np.empty(concentrations.size, np.int64)
    for chain in range(labels.shape[0]):
        for frame in range(1, labels.shape[1]):
            probability = 1 / n_labels
            for length in range(follow(labels[chain], frame, tree, path)):
                first, last = tree.first_pair[path[length]], tree.first_pair[path[length] + 1]
                at = _find(tree.followed_by, first, last, labels[chain, frame])
                count = 0 if at < 0 else tree.cumulative[at]
                if at > first:
                    count -= tree.cumulative[at - 1]
                alpha = concentrations[length]
                probability = count + alpha * probability
                probability /= tree.cumulative[last - 1] + alpha
            total -= np.log(probability)
    return total


@compiled()
def write(labels, begin, n_labels, concentrations, tree, generator):
    path = np.empty(concentrations.size, np.int64)
    for chain in range(labels.shape[0]):
        for frame in range(begin, labels.shape[1]):
            # A context of n frames decides with probability n / (n + α), else the shorter one.
            length = follow(labels[chain], frame, tree, path) - 1
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
