"""How long the sequences are that two trajectories share, found with a suffix automaton.

Any two trajectories of one process share some sequences of labels. The length of these sequences
grows with the logarithm of the length of the trajectories, divided by the entropy rate. Copied
sequences are longer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import label_array
from lstm_md._support.compiled import compiled


class SuffixAutomaton:
    """All substrings of a source, built once and compared with any number of trajectories.

    It has at most two states per label of the source. With N labels a state takes 4 N + 8 bytes,
    which is 48 MB for a million labels of N = 4.

    Parameters
    ----------
    source : array_like of int, shape (frames,)

    Raises
    ------
    TypeError, ValueError
        If ``source`` does not consist of labels, or has more than one axis.
    """

    def __init__(self, source: ArrayLike) -> None:
        array = label_array(source, "source")
        if array.ndim != 1:
            raise ValueError(
                f"source: expected shape (frames,), found {array.shape}; give one chain at a time"
            )
        n_states, n_labels = 2 * array.size, int(array.max()) + 1
        following = np.full((n_states, n_labels), -1, dtype=np.int32)
        link, length = np.empty(n_states, dtype=np.int32), np.empty(n_states, dtype=np.int32)
        size = _build(array, following, link, length)
        self._following, self._link, self._length = following[:size], link[:size], length[:size]

    def match_lengths(self, labels: ArrayLike) -> NDArray[np.int32]:
        """Return the length of the longest match that ends at each frame.

        See :func:`match_lengths`, which takes the source as well.
        """
        array = label_array(labels)
        matched = np.empty(array.shape, dtype=np.int32)
        chains = np.ascontiguousarray(np.atleast_2d(array))
        _read(chains, self._following, self._link, self._length, np.atleast_2d(matched))
        return matched


def match_lengths(labels: ArrayLike, source: ArrayLike) -> NDArray[np.int32]:
    """Return, for each frame, the length of the longest substring of a source that ends there.

    A source of a million labels and trajectories of ten million labels take a few seconds, or
    ten if the labels are random. :class:`SuffixAutomaton` gives the memory that is needed.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
        No substring continues from one chain to the next.
    source : array_like of int, shape (frames,)

    Returns
    -------
    ndarray of int32, of the shape of ``labels``
        In frames; 0 where the label itself does not occur in the source.

    Raises
    ------
    TypeError, ValueError
        If either does not consist of labels, or ``source`` has more than one axis.

    Examples
    --------
    >>> match_lengths([1, 0, 2, 0, 1], source=[0, 1, 0, 0, 2])
    array([1, 2, 2, 1, 2], dtype=int32)
    """
    return SuffixAutomaton(source).match_lengths(labels)


def longest_common_substring(labels: ArrayLike, source: ArrayLike) -> NDArray[np.unsignedinteger]:
    """Return the longest substring of a trajectory that also occurs in a source.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    source : array_like of int, shape (frames,)

    Returns
    -------
    ndarray of uint8 or uint16, shape (length,)
        The first of the longest substrings; empty if there is no label in common.

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
    # The algorithm of Blumer et al., Theor. Comput. Sci. 40, 31 (1985). It adds one label after
    # the other and takes linear time.
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
        # The known state also ends longer strings, which have occurred less often. It is divided.
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
