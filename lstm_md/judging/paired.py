"""The paired design: ten fresh data sets, one network for each, and a test by sign flips."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lstm_md._support.checks import number_array


def sign_flip_p_value(differences: ArrayLike) -> float:
    """Test whether paired differences are zero on average: ten data sets, one network for each.

    Under the null hypothesis, the differences of a data set may as well have the opposite sign.
    The statistic is the largest t over the points, without its sign. All 2^n flips of whole data
    sets are tried.

    Parameters
    ----------
    differences : array_like, shape (data sets, points)
        Log ratio of model and process for each data set; from 6 to 16 data sets.

    Returns
    -------
    float
        The share of the flips whose largest t is as large as found.

    Raises
    ------
    TypeError, ValueError
        If there are fewer than 6 data sets, because then no p can be below 5 %, or more than 16.

    Examples
    --------
    >>> sign_flip_p_value([[1.0], [1.1], [0.9], [1.2], [1.0], [0.8], [1.1]])
    0.015625
    """
    array = number_array(differences, "differences").astype(np.float64)
    if array.ndim != 2 or not 6 <= len(array) <= 16 or not np.isfinite(array).all():
        raise ValueError(
            f"differences: expected finite numbers of 6 to 16 data sets, shape (sets, points), "
            f"found shape {array.shape}; give one row per data set"
        )
    n = len(array)
    # A flip of all signs changes no |t|, so the last sign may stay.
    flips = 1 - 2 * (np.arange(2 ** (n - 1))[:, None] >> np.arange(n) & 1)
    mean = flips @ array / n
    spread = np.sqrt(np.maximum((array**2).mean(axis=0) - mean**2, 1e-300))
    largest = (np.abs(mean) / spread).max(axis=1)
    return float(np.mean(largest >= largest[0] * (1 - 1e-9)))
