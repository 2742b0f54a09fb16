"""Several data sets: the interval of a mean over them, and one outcome for several parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

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
    return np.asarray(_quantile(confidence, n - 1) * error)


@lru_cache  # A study asks thousands of times for few degrees of freedom, and SciPy is slow.
def _quantile(confidence: float, degrees: int) -> float:
    return float(stats.t.ppf((1 + confidence) / 2, degrees))


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


def more_sets(found: Mapping[str, float], *limits: float) -> float:
    """About how many times as many data sets would place an interval beside all limits.

    An interval shrinks with the square root of the number of sets; its mean is taken as it is.

    Parameters
    ----------
    found : mapping
        ``mean``, ``low`` and ``high`` of an interval that is symmetric about its mean.
    limits : float

    Returns
    -------
    float
        At least 1; infinite if the mean is a limit.

    Examples
    --------
    >>> more_sets({"mean": 1.0, "low": 0.0, "high": 2.0}, 1.5)
    4.0
    """
    distance = min(abs(found["mean"] - limit) for limit in limits)
    half = (found["high"] - found["low"]) / 2
    return max(1.0, float(half / distance) ** 2) if distance else float("inf")
