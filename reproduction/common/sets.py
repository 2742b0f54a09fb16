"""Several data sets: the interval of a mean over them, and one outcome for several parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from lstm_md.judging.decision import CONFIDENCE, DOES_NOT_HOLD, UNDECIDED


def half_width(values: ArrayLike, confidence: float = CONFIDENCE) -> NDArray[np.float64]:
    """Half the width of the interval of a mean over data sets, by Student's t.

    Parameters
    ----------
    values : array_like, shape (sets, …)
    confidence : float

    Returns
    -------
    ndarray, shape (…)
    """
    array = np.asarray(values, np.float64)
    n = len(array)
    error = array.std(axis=0, ddof=1) / np.sqrt(n)
    return np.asarray(stats.t.ppf((1 + confidence) / 2, n - 1) * error)


def all_of(outcomes: Sequence[str]) -> str:
    """Return one outcome for several parts: all must hold, and one refutes.

    Examples
    --------
    >>> all_of(["holds", "undecided"]), all_of(["undecided", "does not hold"])
    ('undecided', 'does not hold')
    """
    if DOES_NOT_HOLD in outcomes:
        return DOES_NOT_HOLD
    return outcomes[0] if len(set(outcomes)) == 1 else UNDECIDED
