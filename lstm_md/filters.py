"""Filters: running means of values, short stays of labels, and cuts at missing frames."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.angles import period_array, warn_of_wrapping
from lstm_md._support.checks import as_array, chains_of, is_list_of_chains, whole_number
from lstm_md._support.compiled import compiled
from lstm_md._support.stays import stay_starts
from lstm_md._support.trajectories import each_trajectory


def running_mean(
    values: ArrayLike, window: int, *, axis: int | None = None, period: float | None = None
) -> NDArray[np.float64]:
    """Average over a window that slides along the frames.

    Frame i of the result is the mean of frames i to i + window − 1. It stands for the time
    i + (window − 1)/2, and the result has window − 1 frames fewer than the values.

    Parameters
    ----------
    values : array_like, shape (frames,), (frames, dimensions) or (walkers, frames)
        Or a list of arrays of shape (frames,), one for each trajectory.
    window : int
        Number of frames per window.
    axis : int, optional
        The axis of time, needed if there are two: 0 for (frames, dimensions), 1 for
        (walkers, frames).
    period : float, optional
        The period of values on a circle: 2π for angles in radians. If left out, the values are not
        periodic. With a period, the mean is the direction of the mean of unit vectors. It lies
        between −period/2 and period/2, or between 0 and the period if no value is negative.

    Returns
    -------
    ndarray of float64; a list of them for a list

    Raises
    ------
    TypeError, ValueError
        If ``values`` are not finite real numbers, ``window`` is not from 1 to the number of
        frames, or the periodic values of a window cancel, so that they have no mean.

    Warns
    -----
    UserWarning
        If no period is given, and the values seem to be angles that wrap.

    Examples
    --------
    >>> running_mean([1.0, 2.0, 6.0, 7.0], window=2)
    array([1.5, 4. , 6.5])
    >>> running_mean([175.0, -165.0], window=2, period=360).round(6)
    array([-175.])
    """
    window = whole_number(window, "window")
    periods = period_array(period)

    def mean(array: NDArray, name: str) -> NDArray[np.float64]:
        time_last = np.moveaxis(array, time := _time_axis(array, axis), -1)
        if window > time_last.shape[-1]:
            raise ValueError(
                f"window: expected at most the {time_last.shape[-1]} frame(s) of {name}, found "
                f"{window}; give a shorter window or a longer trajectory"
            )
        if periods is None:
            warn_of_wrapping(
                time_last, "give period={period}, or period=numpy.inf if they are not angles"
            )
        if periods is None or np.isinf(periods[0]):
            means = _window_sums(time_last, window) / window
        else:
            means = _mean_directions(time_last, window, periods[0], name)
        return np.moveaxis(means, -1, time)

    return each_trajectory(mean, values, table=True)


def _time_axis(array: NDArray, axis: int | None) -> int:
    if array.ndim == 2 and axis is None:
        raise ValueError(
            f"axis: expected the axis of time for values of shape {array.shape}, found None; give "
            f"axis=0 for (frames, dimensions) or axis=1 for (walkers, frames)"
        )
    if axis is None:
        return -1
    if (
        isinstance(axis, bool)
        or not isinstance(axis, Integral)
        or not -array.ndim <= axis < array.ndim
    ):
        raise ValueError(f"axis: found {axis!r} for values of shape {array.shape}; give 0 or 1")
    return int(axis)


def _window_sums(array: NDArray, window: int) -> NDArray[np.float64]:
    """Sum over every window of successive frames along the last axis."""
    # The frames are cut into blocks as long as the window, so that every window is the end of one
    # block and the beginning of the next. The time does not grow with the window, and no rounding
    # error is carried from one block to another.
    n_frames = array.shape[-1]
    n_blocks = -(-n_frames // window) + 1
    blocks = np.zeros((*array.shape[:-1], n_blocks, window))
    blocks.reshape(*array.shape[:-1], -1)[..., :n_frames] = array
    ends = np.cumsum(blocks[..., ::-1], axis=-1)[..., ::-1]
    beginnings = np.zeros_like(blocks)
    np.cumsum(blocks[..., :-1], axis=-1, out=beginnings[..., 1:])
    sums = ends[..., :-1, :] + beginnings[..., 1:, :]
    return sums.reshape(*array.shape[:-1], -1)[..., : n_frames - window + 1]


def _mean_directions(array: NDArray, window: int, period: float, name: str) -> NDArray[np.float64]:
    angles = array.astype(np.float64) * (2 * np.pi / period)
    x, y = _window_sums(np.cos(angles), window), _window_sums(np.sin(angles), window)
    cancelled = np.argwhere(np.hypot(x, y) < 1e-9 * window)
    if len(cancelled):
        raise ValueError(
            f"{name}: the {window} values from frame {cancelled[0][-1]} on point in "
            f"opposite directions, so they have no mean; give another window"
        )
    means = np.arctan2(y, x) * (period / (2 * np.pi))
    return np.where(means < 0, means + period, means) if array.min() >= 0 else means


def remove_short_excursions(labels: ArrayLike, min_frames: int) -> NDArray[np.unsignedinteger]:
    """Give every short stay the label of the last long stay before it.

    A stay is a run of equal labels. Several short stays in a row all take the label of the last
    long stay before them; short stays at the beginning take the label of the first long one. The
    lengths are those before any removal: if two stays become neighbours, their lengths are not
    added. The end of a chain cuts its last stay, and only its observed frames count. Chains are
    treated separately.

    The code of the paper's authors divides each short stay between its neighbours,
    once (:func:`divide_short_stays`), so short stays can survive. An example: 1.6 million frames of
    the four-state potential, after a running mean of 50 frames. With ``max_frames=100``, the
    authors' way leaves 1,250 stays, and 150 of them are shorter than 100 frames. With
    ``min_frames=100``, this function leaves 1,040 stays, and none of them is shorter.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
    min_frames : int
        Stays of at least so many frames are kept. To count transitions afterwards, use the commit
        time.

    Returns
    -------
    ndarray of uint8 (uint16 above 256 labels), shape of ``labels``; a list of them for a list
        Labels that are given as uint16 stay uint16.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not whole numbers from 0, or a chain has no stay that is long enough.

    Examples
    --------
    >>> remove_short_excursions([2, 0, 0, 0, 1, 2, 0, 1, 1, 1, 0], min_frames=3)
    array([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1], dtype=uint8)
    """
    chains = chains_of(labels)
    min_frames = whole_number(min_frames, "min_frames")
    starts = stay_starts(chains)
    lengths = np.diff(starts, append=chains.flat.size)
    chain = np.searchsorted(chains.starts, starts, side="right") - 1
    long = np.flatnonzero(lengths >= min_frames)
    first_long = np.searchsorted(chain[long], np.arange(len(chains) + 1))
    without = np.flatnonzero(np.diff(first_long) == 0)
    if without.size:
        which = f"chain {without[0]}" if len(chains) > 1 else "the trajectory"
        raise ValueError(
            f"min_frames: {which} has no stay of {min_frames} frame(s), the longest lasts "
            f"{lengths[chain == without[0]].max()}; give a lower threshold or a longer trajectory"
        )
    last_long = np.zeros(starts.size, dtype=np.int64)
    last_long[long] = long
    np.maximum.accumulate(last_long, out=last_long)
    kept = np.maximum(last_long, long[first_long[:-1]][chain])
    return chains.like_given(np.repeat(chains.flat[starts[kept]], lengths))


def divide_short_stays(labels: ArrayLike, max_frames: int) -> NDArray[np.unsignedinteger]:
    """Divide every short stay between its neighbours once, as the code of the paper's authors does.

    The function goes through the given labels from left to right, from one change of the label to
    the next. If two changes are at most ``max_frames`` frames apart, the frames between them are
    divided at their midpoint. The first half gets the label of the frame before the stay, as it is
    after the earlier divisions. The second half gets the label of the frame after the stay. If the
    number of frames is odd, the middle frame belongs to the second half. The first and the last
    stay of a chain are never divided. Chains are treated separately.

    Short stays can survive. Take two short stays, A and then B. The second half of A gets the label
    of B. The first half of B keeps this label. So a short stay with the label of B survives. An
    example: 1.6 million frames of the four-state potential have 2,320 stays after a running mean of
    50 frames, and 1,190 of these are shorter than 100 frames. With ``max_frames=100`` there are
    1,250 stays left, and 150 of them are shorter than 100 frames. :func:`remove_short_excursions`
    with ``min_frames=100`` leaves 1,040 stays, and none of them is shorter. A stay of exactly 100
    frames is divided by ``max_frames=100``, but kept by ``min_frames=100``.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
    max_frames : int
        Longest stay that is divided. With 1 nothing is divided, not even a stay of one frame.

    Returns
    -------
    ndarray of uint8 (uint16 above 256 labels), shape of ``labels``; a list of them for a list
        Labels that are given as uint16 stay uint16.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not whole numbers from 0.

    Notes
    -----
    The code marks a frame if its two neighbours have different labels. So each change has two
    marks, on the frame before it and on the frame after it, and the code skips the second. A stay
    of one frame has no mark of its own, so the code finds its end one frame too late. Between stays
    of three or more frames, such a stay counts as two frames, and the next stay counts as one frame
    shorter than it is.

    Examples
    --------
    >>> divide_short_stays([0, 0, 0, 0, 1, 1, 2, 2, 2, 2], max_frames=3)
    array([0, 0, 0, 0, 0, 2, 2, 2, 2, 2], dtype=uint8)
    >>> divide_short_stays([0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 3], max_frames=3)
    array([0, 0, 0, 0, 0, 2, 2, 3, 3, 3, 3, 3], dtype=uint8)
    """
    chains = chains_of(labels)
    max_frames = whole_number(max_frames, "max_frames")
    divided = chains.flat.copy()
    for first, end in pairwise(chains.starts):
        _divide(divided[first:end], max_frames)
    return chains.like_given(divided)


@compiled()
def _divide(labels: NDArray[np.unsignedinteger], max_frames: int) -> None:
    """Divide the short stays of one chain, in place."""
    given = labels.copy()
    last = -1
    for frame in range(given.size):
        after = given[min(frame + 1, given.size - 1)]
        if after == given[max(frame - 1, 0)]:
            continue
        if last < 0:
            last = frame
        n_between = frame - last
        if n_between <= 1:
            continue  # the other side of the same change
        if n_between <= max_frames:
            middle = last + n_between // 2
            labels[last + 1 : middle + 1] = labels[last]
            labels[middle + 1 : frame + 1] = after
        last = frame


def cut_at_gaps(
    trajectory: ArrayLike | Sequence[ArrayLike], *, unassigned: int = -1, min_frames: int = 1
) -> list[NDArray]:
    """Cut a trajectory where frames are missing or belong to no state.

    A gap is a frame that is NaN or masked, or, in labels, a frame whose label is ``unassigned``.
    The frames of a gap are left out. The pieces are chains: pass the list on as it is, and nothing
    will be counted or learned across a gap.

    Parameters
    ----------
    trajectory : array_like, shape (frames,), or list of such arrays
        Integers are labels. Floats are values, and -1.0 is an ordinary value: make integers of
        labels that are stored as floats.
    unassigned : int
        The label of frames that belong to no state; -1 in most programs.
    min_frames : int
        Shorter pieces are left out. A training needs pieces
        of at least ``sequence_length`` + 1 frames.

    Returns
    -------
    list of ndarray, each of shape (frames,)
        In the order of the frames.

    Raises
    ------
    TypeError, ValueError
        If these are not numbers, there is more than one axis, or no piece is long enough.

    Examples
    --------
    >>> cut_at_gaps([0, 0, -1, 1, 1, 1])
    [array([0, 0]), array([1, 1, 1])]
    """
    min_frames = whole_number(min_frames, "min_frames")
    unassigned = whole_number(unassigned, "unassigned", minimum=np.iinfo(np.int64).min)
    several = is_list_of_chains(trajectory)
    pieces: list[NDArray] = []
    for k, one in enumerate(trajectory if several else [trajectory]):  # type: ignore[arg-type]
        name = f"trajectory[{k}]" if several else "trajectory"
        mask = np.ma.getmaskarray(one) if isinstance(one, np.ma.MaskedArray) else False
        array = as_array(one.data if isinstance(one, np.ma.MaskedArray) else one, name)
        if array.dtype.kind not in "fiu" or array.ndim != 1:
            raise ValueError(
                f"{name}: expected numbers of shape (frames,), found dtype {array.dtype} and "
                f"shape {array.shape}; give one trajectory, or a list of them"
            )
        gap = mask | (np.isnan(array) if array.dtype.kind == "f" else array == unassigned)
        ends = np.flatnonzero(np.diff(np.concatenate([[True], gap, [True]]).astype(np.int8)))
        pieces += [array[first:last] for first, last in ends.reshape(-1, 2)]
    kept = [piece for piece in pieces if len(piece) >= min_frames]
    if not kept:
        longest = max(map(len, pieces), default=0)
        raise ValueError(
            f"min_frames: found {min_frames}, but the longest piece between two gaps has {longest} "
            f"frame(s); give a smaller number or another trajectory"
        )
    return kept
