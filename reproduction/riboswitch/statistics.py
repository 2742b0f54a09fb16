"""Statistics of a trajectory of the 34 labels: transition counts and autocorrelation in parts.

The record and everything that models generate are treated alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.spectra import autocorrelation
from reproduction.riboswitch.states import BOUNDARIES, CENTRES, STATES, states_of_mean

#: Lags of the autocorrelation, in frames
LAGS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000)

Labels = NDArray[np.unsignedinteger]


def count_transitions(
    labels: Labels,
    commit_times: Sequence[int],
    window: int = 1,
    boundaries_nm: tuple[float, float] = BOUNDARIES,
    *,
    adjacent: bool = False,
) -> NDArray[np.int64]:
    """Count the transitions between U, P3 and P2P3, the states of a running mean.

    Parameters
    ----------
    labels : ndarray of int, shape (frames,)
    commit_times : sequence of int
        In frames.
    window : int
        Frames in the running mean; 1 for the states of single frames.
    boundaries_nm : (float, float)
        Between P2P3 and P3, and between P3 and U.
    adjacent : bool
        The stricter definition of :func:`~lstm_md.analysis.kinetics.transition_counts`.

    Returns
    -------
    ndarray of int64, shape (commit times, 3, 3)
    """
    states = states_of_mean(labels, window, boundaries_nm)
    return transition_counts(states, commit_times, n_labels=len(STATES), adjacent=adjacent)


def counts_per_part(
    labels: Labels, n_frames_per_part: int, commit_times: Sequence[int], window: int = 1
) -> NDArray[np.int64]:
    """Count the transitions in each part of a trajectory.

    Parameters
    ----------
    labels : ndarray of int, shape (frames,)
        Frames that do not fill the last part are left out.
    n_frames_per_part : int
    commit_times, window
        As in :func:`count_transitions`.

    Returns
    -------
    ndarray of int64, shape (parts, commit times, 3, 3)
    """
    n_parts = labels.size // n_frames_per_part
    parts = labels[: n_parts * n_frames_per_part].reshape(n_parts, n_frames_per_part)
    return np.array([count_transitions(part, commit_times, window) for part in parts])


def autocorrelation_of_parts(parts: Labels, lags: Sequence[int] = LAGS) -> NDArray[np.float64]:
    """Compute the autocorrelation of the extension in each part of a trajectory.

    Parameters
    ----------
    parts : ndarray of int, shape (parts, frames)
    lags : sequence of int
        In frames, in rising order.

    Returns
    -------
    ndarray of float64, shape (parts, lags)
        About the mean of each part; nan where a lag is not shorter than a part.
    """
    short = [lag for lag in lags if lag < parts.shape[1]]
    values = np.full((len(parts), len(lags)), np.nan)
    values[:, : len(short)] = [autocorrelation(CENTRES[part], short) for part in parts]
    return values


def repeat_labels(labels: Labels, lag_frames: int, n_frames: int) -> Labels:
    """Repeat each label of a model with a lag, so that every frame has a label.

    Parameters
    ----------
    labels : ndarray of int, shape (steps,)
        One for every ``lag_frames`` frames.
    lag_frames, n_frames : int

    Returns
    -------
    ndarray of int, shape (n_frames,)
    """
    return np.repeat(labels, lag_frames)[:n_frames]
