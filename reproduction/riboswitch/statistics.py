"""Statistics of a trajectory of the 34 labels: transition counts and autocorrelation in parts.

The record, what networks generated, and what Markov models generated all get the same treatment.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.spectra import autocorrelation
from reproduction.riboswitch.states import CENTRES, STATES, states_of_mean

#: Lags of the autocorrelation, in frames
LAGS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000)

Labels = NDArray[np.unsignedinteger]


def count_transitions(
    labels: Labels,
    commit_times: Sequence[int],
    window: int = 1,
    boundaries_nm: tuple[float, float] | None = None,
) -> NDArray[np.int64]:
    """Count the transitions between U, P3 and P2P3, as the states of a running mean.

    Parameters
    ----------
    labels : ndarray of int, shape (frames,)
    commit_times : sequence of int
        In frames, or in steps of a model with a lag.
    window : int
        Frames of the running mean; 1 for the states of single frames.
    boundaries_nm : (float, float), optional
        Of the states; those of :func:`reproduction.riboswitch.states.states_of_mean` if left out.

    Returns
    -------
    ndarray of int64, shape (commit times, 3, 3)
    """
    chosen = {} if boundaries_nm is None else {"boundaries_nm": boundaries_nm}
    states = states_of_mean(labels, window, **chosen)
    return transition_counts(states, commit_times, n_labels=len(STATES))


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
