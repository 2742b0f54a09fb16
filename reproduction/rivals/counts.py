"""Transition counts of models at a lag: each label repeated for a lag, or label by label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.populations import populations
from reproduction.riboswitch.states import MEAN_FRAMES, N_LABELS
from reproduction.riboswitch.statistics import (
    LAGS,
    autocorrelation_of_parts,
    count_transitions,
    counts_per_part,
    repeat_labels,
)

Labels = NDArray[np.unsignedinteger]


def steps_at_lag(commit_times: Sequence[int], lag_frames: int) -> list[int]:
    """Convert commit times in frames to steps of a model at a lag.

    Returns
    -------
    list of int
        The nearest steps, each once, and none beyond the longest commit time.

    Examples
    --------
    >>> steps_at_lag([1, 2, 8, 40, 100], 10)
    [1, 4, 10]
    """
    steps = np.unique(np.rint(np.divide(commit_times, lag_frames)).astype(int))
    return steps[(steps >= 1) & (steps * lag_frames <= max(commit_times))].tolist()


def window_at_lag(lag_frames: int) -> int:
    """Convert the window of the mean, 2 ms, to steps at a lag; 1 if the lag is longer."""
    return max(1, round(MEAN_FRAMES / lag_frames))


def counts_summed_over_shifts(
    labels: Labels, n_frames_per_part: int, commit_times: Sequence[int], lag_frames: int
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Count in every lag-th label of a trajectory, from each of the first ``lag_frames`` on.

    Parameters
    ----------
    labels : ndarray of int, shape (frames,)
    n_frames_per_part : int
        Fewer than 65,536, so that no count is larger.
    commit_times : sequence of int
        In frames. The counts are those at :func:`steps_at_lag` of them.
    lag_frames : int

    Returns
    -------
    pair of ndarray of uint16, shape (parts, steps, 3, 3)
        Of single labels and of the mean over :func:`window_at_lag`, summed over the shifts:
        ``lag_frames`` times their mean.
    """
    steps = steps_at_lag(commit_times, lag_frames)
    n_parts, n_steps = labels.size // n_frames_per_part, n_frames_per_part // lag_frames
    parts = labels[: n_parts * n_frames_per_part].reshape(n_parts, n_frames_per_part)
    shifted = parts[:, : n_steps * lag_frames].reshape(n_parts, n_steps, lag_frames)

    def counted(window: int) -> NDArray[np.uint16]:
        counts = [
            sum(count_transitions(shift, steps, window) for shift in part.T) for part in shifted
        ]
        return np.array(counts, np.uint16)

    return counted(1), counted(window_at_lag(lag_frames))


def generated_statistics(
    labels: Labels,
    lag_frames: int,
    n_frames_per_part: int,
    n_parts: int,
    commit_times: Sequence[int],
) -> dict[str, NDArray]:
    """Compute all statistics that a record stores of a model's generated trajectory.

    Parameters
    ----------
    labels : ndarray of int, shape (steps,)
        ``lag_frames`` apart, enough for all parts.
    lag_frames : int
    n_frames_per_part, n_parts : int
        Fewer than 65,536 frames, so that no count is larger.
    commit_times : sequence of int
        In frames.

    Returns
    -------
    dict
        With each label repeated for a lag: ``single`` and ``mean``, the counts of the states of
        single frames and of the mean over 2 ms, shape (parts, commit times, 3, 3);
        ``populations`` (34,); ``autocorrelation`` (lags,) of the extension, the mean over the
        parts. For a lag above 1 also label by label: ``own_single`` and ``own_mean`` at
        :func:`steps_at_lag`, and ``own_autocorrelation`` at the lags that are multiples.
    """

    def counts(of: Labels, n_labels_per_part: int, times: Sequence[int], window: int) -> NDArray:
        return counts_per_part(of, n_labels_per_part, times, window).astype(np.uint16)

    frames = repeat_labels(labels, lag_frames, n_frames_per_part * n_parts)
    found: dict[str, NDArray] = {
        "single": counts(frames, n_frames_per_part, commit_times, 1),
        "mean": counts(frames, n_frames_per_part, commit_times, MEAN_FRAMES),
        "populations": populations(frames, n_labels=N_LABELS),
        "autocorrelation": autocorrelation_of_parts(frames.reshape(n_parts, -1)).mean(axis=0),
    }
    if lag_frames > 1:
        steps, n_steps = steps_at_lag(commit_times, lag_frames), n_frames_per_part // lag_frames
        lags = [lag // lag_frames for lag in LAGS if lag % lag_frames == 0]
        own = labels[: n_steps * n_parts]
        found["own_single"] = counts(own, n_steps, steps, 1)
        found["own_mean"] = counts(own, n_steps, steps, window_at_lag(lag_frames))
        own_parts = own.reshape(n_parts, n_steps)
        found["own_autocorrelation"] = autocorrelation_of_parts(own_parts, lags).mean(axis=0)
    return found
