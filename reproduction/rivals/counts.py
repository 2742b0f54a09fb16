"""Two ways to count the text of a model at a lag: each label held for a lag, or label by label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.populations import populations
from lstm_md.analysis.spectra import autocorrelation
from reproduction.riboswitch.states import CENTRES, LABELS, MEAN_FRAMES, STATES, states_of_mean
from reproduction.riboswitch.verdicts import LAGS

Labels = NDArray[np.unsignedinteger]
Counts = NDArray[np.number]


def steps_at_lag(commit_times: Sequence[int], lag_frames: int) -> list[int]:
    """Commit times in steps of a model at a lag, next to those in frames and not beyond them.

    Examples
    --------
    >>> steps_at_lag([1, 2, 8, 40, 100], 10)
    [1, 4, 10]
    """
    steps = np.unique(np.rint(np.divide(commit_times, lag_frames)).astype(int))
    return steps[(steps >= 1) & (steps * lag_frames <= max(commit_times))].tolist()


def window_at_lag(lag_frames: int) -> int:
    """Steps of the mean over 2 ms; one where the lag is longer."""
    return max(1, round(MEAN_FRAMES / lag_frames))


def held(labels: Labels, lag_frames: int, frames: int) -> Labels:
    """Each label held for a lag, and the end cut, shape (frames,)."""
    return np.repeat(labels, lag_frames)[:frames]


def per_part(
    labels: Labels, part: int, commit_times: Sequence[int], window: int
) -> NDArray[np.uint16]:
    """Transition counts of the states of a mean in each part of a text.

    Parameters
    ----------
    labels : ndarray of int, shape (labels,)
    part : int
        Labels of a part, fewer than 65,536, so that no count is larger; what does not fill one is
        left out.
    commit_times : sequence of int
    window : int
        Labels of the mean; 1 for the states of single labels.

    Returns
    -------
    ndarray of uint16, shape (parts, commit times, 3, 3)
    """
    parts = labels[: labels.size // part * part].reshape(-1, part)
    counts = [_counts(one, commit_times, window) for one in parts]
    return np.array(counts, np.uint16)


def summed_over_shifts(
    labels: Labels, part: int, commit_times: Sequence[int], lag_frames: int
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """The counts of every lag-th label of a text, from each of the first ``lag_frames`` on.

    Parameters
    ----------
    labels : ndarray of int, shape (frames,)
    part : int
        Frames of a part, fewer than 65,536.
    commit_times : sequence of int
        In frames; counted is at :func:`steps_at_lag` of them.
    lag_frames : int

    Returns
    -------
    pair of ndarray of uint16, shape (parts, steps, 3, 3)
        Of single labels, and of the mean over :func:`window_at_lag`; ``lag_frames`` times the mean
        count over the shifts.
    """
    steps = steps_at_lag(commit_times, lag_frames)
    parts = labels[: labels.size // part * part].reshape(-1, part)
    shifts = [one[: part // lag_frames * lag_frames].reshape(-1, lag_frames).T for one in parts]
    single, mean = (
        np.array([sum(_counts(s, steps, window) for s in each) for each in shifts], np.uint16)
        for window in (1, window_at_lag(lag_frames))
    )
    return single, mean


def statistics(
    labels: Labels, lag_frames: int, part: int, parts: int, commit_times: Sequence[int]
) -> dict[str, NDArray]:
    """All that a record keeps of a text which a model wrote.

    Parameters
    ----------
    labels : ndarray of int, shape (steps,)
        ``lag_frames`` apart, enough for ``parts`` × ``part`` frames.
    lag_frames : int
    part, parts : int
        Frames of a part, and how many.
    commit_times : sequence of int
        In frames.

    Returns
    -------
    dict
        With each label held for a lag: ``single``, ``mean``, of shape (parts, commit times, 3, 3),
        ``populations`` (34,) and ``autocorrelation`` (lags,) of the extension, the mean over the
        parts. For a lag above 1 also label by label: ``own_single``, ``own_mean``, at
        :func:`steps_at_lag`, and ``own_autocorrelation``, at the lags that are multiples.
    """
    frames = held(labels, lag_frames, part * parts)
    found: dict[str, NDArray] = {
        "single": per_part(frames, part, commit_times, 1),
        "mean": per_part(frames, part, commit_times, MEAN_FRAMES),
        "populations": populations(frames, n_labels=LABELS),
        "autocorrelation": _autocorrelation(frames.reshape(parts, part), LAGS),
    }
    if lag_frames > 1:
        steps, own = steps_at_lag(commit_times, lag_frames), part // lag_frames
        lags = [lag // lag_frames for lag in LAGS if lag % lag_frames == 0]
        step_by_step = labels[: own * parts]
        found["own_single"] = per_part(step_by_step, own, steps, 1)
        found["own_mean"] = per_part(step_by_step, own, steps, window_at_lag(lag_frames))
        found["own_autocorrelation"] = _autocorrelation(step_by_step.reshape(parts, own), lags)
    return found


def _counts(labels: Labels, commit_times: Sequence[int], window: int) -> NDArray[np.int64]:
    return transition_counts(states_of_mean(labels, window), commit_times, n_labels=len(STATES))


def _autocorrelation(parts: Labels, lags: Sequence[int]) -> NDArray[np.float64]:
    """Mean over the parts; nan where a lag is longer than a part."""
    short = [lag for lag in lags if lag < parts.shape[1]]
    found = np.full(len(lags), np.nan)
    found[: len(short)] = np.mean([autocorrelation(CENTRES[one], short) for one in parts], axis=0)
    return found
