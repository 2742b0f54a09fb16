"""Stays, transition counts against commit time, waiting times and first-passage times."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import (
    Chains,
    as_array,
    chains_of,
    describe_type,
    instance,
    whole_number,
)
from lstm_md._support.compiled import compiled
from lstm_md._support.processes import check_memory
from lstm_md._support.stays import stay_starts
from lstm_md.analysis.populations import populations

# A compiled loop cannot be interrupted, so that many frames are counted in several calls.
FRAMES_PER_CALL = 1 << 26
LONGEST_TIME = np.iinfo(np.int64).max


class Stays(NamedTuple):
    """The stays of all chains, in order; each array has shape (stays,)."""

    label: NDArray[np.unsignedinteger]  #: The label of each stay
    length: NDArray[np.int64]  #: Its length in frames
    chain: NDArray[np.int64]  #: The number of its chain, from 0


def stays_of(labels: ArrayLike) -> Stays:
    """Find the stays: uninterrupted sequences of equal labels.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)

    Returns
    -------
    Stays
        A stay ends with its chain. The first and the last stay of a chain have the length that
        was observed.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not labels.

    Examples
    --------
    >>> stays_of([0, 0, 2, 0]).length
    array([2, 1, 1])
    """
    chains = chains_of(labels)
    starts = stay_starts(chains)
    first_of_chain = np.searchsorted(starts, chains.starts)
    return Stays(
        label=chains.flat[starts],
        length=np.diff(starts, append=chains.flat.size),
        chain=np.repeat(np.arange(len(chains)), np.diff(first_of_chain)),
    )


def transition_counts(
    labels: ArrayLike,
    commit_times: ArrayLike,
    *,
    n_labels: int | None = None,
    adjacent: bool = False,
) -> NDArray[np.int64]:
    """Count transitions between all pairs of labels against commit time (Figs 3, 4, 6, 8).

    A stay of at least c frames is committed. A transition goes from one committed stay to the next
    committed stay, if that has another label. Shorter stays between the two are skipped. Stays are
    never joined: in the sequence A, short B, A there is no transition, and the two stays in A do
    not become one longer stay. The first and the last stay of a chain count with the frames that
    were observed. At c = 1, every change of the label is a transition.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
        The counts are summed over the chains. No transition goes from one chain to another.
    commit_times : int or array_like of int, shape (commit times,)
        In frames, in any order.
    n_labels : int, optional
        The number of labels N; the largest label + 1 if left out.
    adjacent : bool
        The stricter definition: there must be no other stay between the two committed stays. A
        stay that is too short is then not skipped.

    Returns
    -------
    ndarray of int64, shape (commit times, N, N)
        Row = from, column = to, in the order of ``commit_times``. The diagonal is 0.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not labels below ``n_labels``, or a commit time is not a whole number of
        1 or more.

    Examples
    --------
    >>> transition_counts([0, 0, 1, 2, 2, 2, 0, 0, 0], [1, 2])[:, 0]
    array([[0, 1, 0],
           [0, 0, 1]])
    >>> int(transition_counts([0, 0, 1, 2, 2, 2], 2, adjacent=True).sum())
    0
    """
    times = _commit_times(commit_times)
    adjacent = instance(adjacent, bool, "adjacent", "give True or False")
    chains = chains_of(labels, n_labels=n_labels)
    size = chains.n_labels
    advice = "give fewer labels or commit times"
    check_memory(2 * 8 * times.size * size**2, "n_labels", advice)
    order = np.argsort(times)
    ascending = np.zeros((times.size, size, size), dtype=np.int64)
    _count_transitions(chains, times[order], adjacent, ascending)
    counts = np.empty_like(ascending)
    counts[order] = ascending
    return counts


def transition_rates(
    labels: ArrayLike,
    commit_times: ArrayLike,
    *,
    n_labels: int | None = None,
    adjacent: bool = False,
) -> NDArray[np.float64]:
    """Compute transitions per time spent in the state that they leave, against commit time.

    Where this does not change with the commit time, it is the rate constant between the two states
    (Figs 3, 4). At shorter commit times, recrossings count as transitions. At longer ones, stays
    end before they are committed.

    Parameters
    ----------
    labels, commit_times, n_labels, adjacent
        As in :func:`transition_counts`.

    Returns
    -------
    ndarray of float64, shape (commit times, N, N)
        Per frame: counts from i to j over the frames in i. Row = from, column = to. NaN for a
        label that was never visited.

    Raises
    ------
    TypeError, ValueError
        As :func:`transition_counts`.

    Examples
    --------
    >>> print(transition_rates([0, 0, 0, 0, 1, 1, 0, 0], [1])[0])
    [[0.         0.16666667]
     [0.5        0.        ]]
    """
    counts = transition_counts(labels, commit_times, n_labels=n_labels, adjacent=adjacent)
    chains = chains_of(labels, n_labels=n_labels)
    frames = populations(labels, n_labels=chains.n_labels) * chains.flat.size
    with np.errstate(invalid="ignore"):
        return counts / frames[:, None]


def dwell_times(labels: ArrayLike, label: int) -> NDArray[np.int64]:
    """Measure the lengths of the complete stays in one label.

    The first and the last stay of each chain are left out, because the ends of the chain cut them
    off. In a chain with few stays, this favours short ones.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
    label : int

    Returns
    -------
    ndarray of int64, shape (stays,)
        In frames; empty if there is no complete stay.

    Examples
    --------
    >>> dwell_times([0, 0, 1, 1, 0, 1, 0, 0], label=1)
    array([2, 1])
    """
    label = whole_number(label, "label", minimum=0)
    stays = stays_of(labels)
    chain = stays.chain
    complete = np.zeros(chain.size, dtype=bool)
    complete[1:-1] = (chain[1:-1] == chain[:-2]) & (chain[1:-1] == chain[2:])
    return stays.length[complete & (stays.label == label)]


def waiting_times(labels: ArrayLike, start: int, end: int) -> NDArray[np.int64]:
    """Measure the times from each entry into ``start`` to the next frame in ``end`` (Table 1).

    An entry is the first frame in ``start`` after a frame in ``end``. A return to ``start`` before
    ``end`` is reached does not begin a new waiting time. Only complete waiting times are given: in
    each chain, the one before the first visit of ``end`` is left out, because its beginning was
    not observed. To exclude recrossings, pass labels without short stays
    (:func:`lstm_md.filters.remove_short_excursions`).

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
    start, end : int
        Two different labels.

    Returns
    -------
    ndarray of int64, shape (waiting times,)
        In frames; empty if there is no complete waiting time.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not labels, or ``start`` and ``end`` are the same.

    Examples
    --------
    >>> waiting_times([0, 2, 0, 1, 0, 2, 2, 0, 2], start=0, end=2)
    array([3, 1])
    """
    is_end, at, _, chain = _visits(labels, start, end)
    first = np.ones(at.size, dtype=bool)
    first[1:] = (is_end[1:] != is_end[:-1]) | (chain[1:] != chain[:-1])
    is_end, at, chain = is_end[first], at[first], chain[first]
    # Among the remaining visits, the two labels alternate within a chain.
    complete = ~is_end[1:-1] & (chain[1:-1] == chain[:-2]) & (chain[1:-1] == chain[2:])
    return (at[2:] - at[1:-1])[complete]


def mean_first_passage_time(labels: ArrayLike, start: int, end: int) -> float:
    """Compute the mean time from a frame in ``start`` to the next frame in ``end``.

    The mean is over all frames in ``start`` from which ``end`` is reached before the chain ends. If
    a chain is not much longer than the passage time, this favours short passages.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
    start, end : int
        Two different labels.

    Returns
    -------
    float
        In frames; NaN if ``end`` never follows ``start``.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not labels, or ``start`` and ``end`` are the same.

    Examples
    --------
    >>> mean_first_passage_time([0, 0, 1, 0, 2, 0], start=0, end=2)
    2.6666666666666665
    """
    is_end, at, length, chain = _visits(labels, start, end)
    n_visits = at.size
    next_end = np.where(is_end, np.arange(n_visits), n_visits)
    next_end = np.minimum.accumulate(next_end[::-1])[::-1]
    reached = np.flatnonzero(~is_end & (next_end < n_visits))
    reached = reached[chain[next_end[reached]] == chain[reached]]
    frames = length[reached]
    if not frames.size:
        return float("nan")
    from_first_frame = at[next_end[reached]] - at[reached]
    # Within a stay, the passage time falls by one from frame to frame.
    total = (frames * from_first_frame - frames * (frames - 1) // 2).sum()
    return float(total / frames.sum())


def _commit_times(commit_times: ArrayLike) -> NDArray[np.int64]:
    times = as_array(commit_times, "commit_times")
    if times.dtype.kind not in "iu" or times.ndim > 1 or times.size == 0:
        raise TypeError(
            f"commit_times: expected whole numbers of frames, found "
            f"{describe_type(commit_times, times)}; give a list of ints such as [1, 2, 5, 10]"
        )
    if times.min() < 1:
        raise ValueError(f"commit_times: expected at least 1 frame, found {times.min()}; give more")
    if times.dtype == np.uint64:  # a time that is too long for an int64 stays too long
        times = np.minimum(times, np.uint64(LONGEST_TIME))
    return np.atleast_1d(times).astype(np.int64)


def _count_transitions(
    chains: Chains, commit_times: NDArray[np.int64], adjacent: bool, counts: NDArray[np.int64]
) -> None:
    # Stays are counted one by one and not stored, so the memory does not grow with the frames.
    labels, starts, total = chains.flat, chains.starts, chains.flat.size
    committed_to = np.full(commit_times.size, -1, dtype=np.int64)
    chain, begin = 0, 0
    for first in range(0, total, FRAMES_PER_CALL):
        frames = first, min(first + FRAMES_PER_CALL, total)
        place = chain, begin, *frames
        chain, begin = _count_stays(
            labels, starts, place, commit_times, adjacent, committed_to, counts
        )
    last = np.int64(labels[begin]), total - begin
    _end_stay(*last, commit_times, adjacent, committed_to, counts)


@compiled()
def _count_stays(labels, starts, place, commit_times, adjacent, committed_to, counts):
    """Count the stays that end within some frames; return the chain and the open stay's begin."""
    chain, begin, first, last = place
    end_of_chain = starts[chain + 1]
    for frame in range(first, last):
        if labels[frame] == labels[begin] and frame != end_of_chain:
            continue
        label, length = np.int64(labels[begin]), frame - begin
        _end_stay(label, length, commit_times, adjacent, committed_to, counts)
        begin = frame
        if frame == end_of_chain:
            chain += 1
            end_of_chain = starts[chain + 1]
            committed_to[:] = -1
    return chain, begin


@compiled()
def _end_stay(label, length, commit_times, adjacent, committed_to, counts):
    for k in range(commit_times.size):
        # The times ascend, so a stay that is too short for one is so for all that follow.
        if length < commit_times[k]:
            if adjacent:
                committed_to[k:] = -1
            break
        if committed_to[k] >= 0 and committed_to[k] != label:
            counts[k, committed_to[k], label] += 1
        committed_to[k] = label


def _visits(
    labels: ArrayLike, start: int, end: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the stays in either label: whether it is ``end``, first frame, length, chain."""
    start, end = whole_number(start, "start", minimum=0), whole_number(end, "end", minimum=0)
    if start == end:
        raise ValueError(
            f"end: expected another label than start, found {end} for both; give two labels"
        )
    label, length, chain = stays_of(labels)
    either = (label == start) | (label == end)
    first_frame = np.cumsum(length) - length
    return label[either] == end, first_frame[either], length[either], chain[either]
