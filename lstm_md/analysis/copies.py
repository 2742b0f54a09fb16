"""How long the stretches are that a text shares with another: what tells copying from physics.

Any two texts of one process share stretches. Their length grows with the logarithm of the texts'
length, divided by the entropy rate; that of copied stretches grows with what was copied.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import label_array
from lstm_md._support.compiled import compiled


class SuffixAutomaton:
    """All substrings of a source, made once and read with as many texts as you like.

    It has at most two states a label of the source; with N labels a state takes 4 N + 8 bytes,
    which is 48 MB for a million labels of N = 4.

    Parameters
    ----------
    source : array_like of int, shape (frames,)

    Raises
    ------
    TypeError, ValueError
        If ``source`` are no labels, or has more than one axis.
    """

    def __init__(self, source: ArrayLike) -> None:
        array = label_array(source, "source")
        if array.ndim != 1:
            raise ValueError(
                f"source: expected shape (frames,), found {array.shape}; give one chain at a time"
            )
        states, n_labels = 2 * array.size, int(array.max()) + 1
        following = np.full((states, n_labels), -1, dtype=np.int32)
        link, length = np.empty(states, dtype=np.int32), np.empty(states, dtype=np.int32)
        size = _build(array, following, link, length)
        self._following, self._link, self._length = following[:size], link[:size], length[:size]

    def match_lengths(self, labels: ArrayLike) -> NDArray[np.int32]:
        """As :func:`match_lengths`, with this source."""
        array = label_array(labels)
        matched = np.empty(array.shape, dtype=np.int32)
        chains = np.ascontiguousarray(np.atleast_2d(array))
        _read(chains, self._following, self._link, self._length, np.atleast_2d(matched))
        return matched


def match_lengths(labels: ArrayLike, source: ArrayLike) -> NDArray[np.int32]:
    """For each frame, the length of the longest substring that ends there and occurs in a source.

    A million labels of a source and ten million labels of text take a few seconds, ten where no
    label tells anything of the next; for the memory see :class:`SuffixAutomaton`.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
        No substring goes from one chain to the next.
    source : array_like of int, shape (frames,)

    Returns
    -------
    ndarray of int32, of the shape of ``labels``
        In frames; 0 where the label itself does not occur.

    Raises
    ------
    TypeError, ValueError
        If either are no labels, or ``source`` has more than one axis.

    Examples
    --------
    >>> match_lengths([1, 0, 2, 0, 1], source=[0, 1, 0, 0, 2])
    array([1, 2, 2, 1, 2], dtype=int32)
    """
    return SuffixAutomaton(source).match_lengths(labels)


def longest_common_substring(labels: ArrayLike, source: ArrayLike) -> NDArray[np.unsignedinteger]:
    """The longest substring of a text that also occurs in a source; the first, if there are more.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    source : array_like of int, shape (frames,)

    Returns
    -------
    ndarray of uint8 or uint16, shape (length,)
        Empty if they have no label in common.

    Raises
    ------
    TypeError, ValueError
        As :func:`match_lengths`.

    Examples
    --------
    >>> longest_common_substring([1, 0, 0, 1, 2], source=[2, 0, 0, 1, 1])
    array([0, 0, 1], dtype=uint8)
    """
    array = label_array(labels)
    matched = match_lengths(array, source).reshape(-1)
    end = int(matched.argmax()) + 1
    return array.reshape(-1)[end - int(matched[end - 1]) : end].copy()


@compiled()
def _build(source, following, link, length):
    # Blumer et al., Theor. Comput. Sci. 40, 31 (1985): one label after the other, in linear time.
    link[0], length[0] = -1, 0
    size, last = 1, 0
    for label in source:
        new = size
        size += 1
        length[new] = length[last] + 1
        state = last
        while state >= 0 and following[state, label] < 0:
            following[state, label] = new
            state = link[state]
        last = new
        if state < 0:
            link[new] = 0
            continue
        known = following[state, label]
        if length[known] == length[state] + 1:
            link[new] = known
            continue
        # What is known here also ends longer strings, which have occurred less often: divide it.
        clone = size
        size += 1
        length[clone] = length[state] + 1
        following[clone] = following[known]
        link[clone] = link[known]
        link[known] = link[new] = clone
        while state >= 0 and following[state, label] == known:
            following[state, label] = clone
            state = link[state]
    return size


@compiled()
def _read(labels, following, link, length, matched):
    n_labels = following.shape[1]
    for chain in range(labels.shape[0]):
        state = shared = 0
        for frame in range(labels.shape[1]):
            label = labels[chain, frame]
            if label >= n_labels:
                state = shared = 0
            else:
                while state > 0 and following[state, label] < 0:
                    state = link[state]
                    shared = length[state]
                if following[state, label] >= 0:
                    state = following[state, label]
                    shared += 1
            matched[chain, frame] = shared
