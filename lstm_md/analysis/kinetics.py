"""Stays, transitions against commit time, waiting and first-passage times."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import describe_type, label_array, whole_number
from lstm_md._support.compiled import compiled
from lstm_md._support.stays import stay_starts


class Stays(NamedTuple):
    """The stays of all chains, in order: arrays of shape (runs,)."""

    label: NDArray[np.unsignedinteger]  #: Of each stay
    length: NDArray[np.int64]  #: In frames
    chain: NDArray[np.int64]  #: That the stay is in, from 0


def stays_of(labels: ArrayLike) -> Stays:
    """The runs of equal labels: which label, for how many frames, in which chain.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)

    Returns
    -------
    RunLengths
        Fields ``label``, ``length`` (in frames) and ``chain``. A run never crosses from one
        chain to the next; the first and the last of a chain are as long as was seen of them.

    Examples
    --------
    >>> stays_of([0, 0, 2, 0]).length
    array([2, 1, 1])
    """
    array = label_array(labels)
    starts = stay_starts(array)
    frames = array.shape[-1]
    first_of_chain = np.searchsorted(starts, np.arange(0, array.size + 1, frames))
    return Stays(
        label=array.reshape(-1)[starts],
        length=np.diff(starts, append=array.size),
        chain=np.repeat(np.arange(array.size // frames), np.diff(first_of_chain)),
    )


def transition_counts(
    labels: ArrayLike, commit_times: ArrayLike, *, n_labels: int | None = None
) -> NDArray[np.int64]:
    """Numbers of transitions between all pairs of labels against commit time (Figs 3, 4, 6, 8).

    A stay of at least c frames commits. A transition goes from one committed state to the next
    different one, whatever short stays lie between. Stays do not merge: one that is interrupted
    for a single frame is two, and A, a short B, A is no transition. A stay cut by the beginning
    or the end of its chain is judged by the frames that are there. At c = 1 every change of the
    label counts.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
        Counts are summed over the chains; none goes from one chain to another.
    commit_times : array_like of int, shape (commit times,)
        In frames, in any order; one number is taken as a list of one.
    n_labels : int, optional
        How many labels N there are; the largest label + 1 if left out.

    Returns
    -------
    ndarray of int64, shape (commit times, N, N)
        Row = from, column = to, in the order of ``commit_times``; the diagonal is 0.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels, one is not below ``n_labels``, or a commit time is not a
        whole number from 1.

    Examples
    --------
    >>> transition_counts([0, 0, 1, 2, 2, 2, 0, 0, 0], [1, 2])[:, 0]
    array([[0, 1, 0],
           [0, 0, 1]])
    """
    times = _commit_times(commit_times)
    if n_labels is not None:
        n_labels = whole_number(n_labels, "n_labels")
    array = label_array(labels, n_labels=n_labels)
    size = n_labels if n_labels is not None else int(array.max()) + 1
    order = np.argsort(times)
    ascending = np.zeros((times.size, size, size), dtype=np.int64)
    _count_transitions(np.ascontiguousarray(np.atleast_2d(array)), times[order], ascending)
    counts = np.empty_like(ascending)
    counts[order] = ascending
    return counts


def dwell_times(labels: ArrayLike, label: int) -> NDArray[np.int64]:
    """Lengths of the complete stays in one label.

    The first and the last stay of each chain are cut by its ends and left out. That favours
    short stays where a chain holds only a few of them.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
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
    runs = stays_of(labels)
    complete = np.zeros(runs.label.size, dtype=bool)
    complete[1:-1] = (runs.chain[1:-1] == runs.chain[:-2]) & (runs.chain[1:-1] == runs.chain[2:])
    return runs.length[complete & (runs.label == label)]


def waiting_times(labels: ArrayLike, start: int, end: int) -> NDArray[np.int64]:
    """Frames from each first entry into ``start`` to the next frame in ``end`` (Table 1).

    An entry is the first frame in ``start`` after a frame in ``end``: returns to ``start`` before
    ``end`` is reached begin no new wait. Only complete waits are given; in each chain the wait
    before the first visit of ``end`` is left out, for its beginning was not seen. To leave
    out recrossings, pass labels without short stays
    (:func:`lstm_md.labels.remove_short_excursions`).

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    start, end : int
        Two different labels.

    Returns
    -------
    ndarray of int64, shape (waits,)
        In frames; empty if there is no complete wait.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels, or ``start`` and ``end`` are the same.

    Examples
    --------
    >>> waiting_times([0, 2, 0, 1, 0, 2, 2, 0, 2], start=0, end=2)
    array([3, 1])
    """
    is_end, at, _, chain = _visits(labels, start, end)
    first = np.ones(at.size, dtype=bool)
    first[1:] = (is_end[1:] != is_end[:-1]) | (chain[1:] != chain[:-1])
    is_end, at, chain = is_end[first], at[first], chain[first]
    # In what is left the two labels alternate within a chain.
    whole = ~is_end[1:-1] & (chain[1:-1] == chain[:-2]) & (chain[1:-1] == chain[2:])
    return (at[2:] - at[1:-1])[whole]


def mean_first_passage_time(labels: ArrayLike, start: int, end: int) -> float:
    """Mean over all frames in ``start`` of the frames until ``end`` is next reached.

    Frames from which ``end`` is not reached before their chain ends are left out; that favours
    short passages where a chain is not long beside the passage time.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    start, end : int
        Two different labels.

    Returns
    -------
    float
        In frames; nan if ``end`` never follows ``start``.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels, or ``start`` and ``end`` are the same.

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
    # Over one stay the passage shortens by one with each frame.
    total = (frames * from_first_frame - frames * (frames - 1) // 2).sum()
    return float(total / frames.sum())


def _commit_times(commit_times: ArrayLike) -> NDArray[np.int64]:
    times = np.asarray(commit_times)
    if times.dtype.kind not in "iu" or times.ndim > 1 or times.size == 0:
        raise TypeError(
            f"commit_times: expected whole numbers of frames, found "
            f"{describe_type(commit_times, times)}; give a list of ints such as [1, 2, 5, 10]"
        )
    if times.min() < 1:
        raise ValueError(f"commit_times: expected at least 1 frame, found {times.min()}; give more")
    return np.atleast_1d(times).astype(np.int64)


@compiled()
def _count_transitions(labels, commit_times, counts):
    # Stays are met one by one and never stored: nothing here grows with the number of frames.
    committed_to = np.empty(commit_times.size, dtype=np.int64)
    for chain in range(labels.shape[0]):
        committed_to[:] = -1
        begin = 0
        for frame in range(1, labels.shape[1] + 1):
            if frame < labels.shape[1] and labels[chain, frame] == labels[chain, begin]:
                continue
            label = np.int64(labels[chain, begin])
            for k in range(commit_times.size):
                # The times ascend: a stay too short for one is too short for all that follow.
                if frame - begin < commit_times[k]:
                    break
                if committed_to[k] >= 0 and committed_to[k] != label:
                    counts[k, committed_to[k], label] += 1
                committed_to[k] = label
            begin = frame


def _visits(
    labels: ArrayLike, start: int, end: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The runs in ``start`` or ``end``: whether it is ``end``, first frame, length, chain."""
    start, end = whole_number(start, "start", minimum=0), whole_number(end, "end", minimum=0)
    if start == end:
        raise ValueError(
            f"end: expected another label than start, found {end} for both; give two labels"
        )
    label, length, chain = stays_of(labels)
    ours = (label == start) | (label == end)
    first_frame = np.cumsum(length) - length
    return label[ours] == end, first_frame[ours], length[ours], chain[ours]
