"""The paired design: several fresh data sets, one network for each, and a test by sign flips.

There are ten data sets here; 6 to 16 are allowed.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import number_array


def sign_flip_p_values(differences: ArrayLike) -> NDArray[np.float64]:
    """Test each point of paired differences, corrected for the number of points.

    Under the null hypothesis, the differences of a data set may as well have the opposite sign.
    All 2^n flips of whole data sets are tried. A flip gives the largest t over the points, without
    its sign. The p-value of a point is the share of the flips whose largest t is at least as large
    as the t of that point. This is the correction of Westfall and Young for many points. It takes
    the correlations of the points into account.

    Parameters
    ----------
    differences : array_like, shape (data sets, points)
        Log ratio of model and process for each data set; from 6 to 16 data sets.

    Returns
    -------
    ndarray of float64, shape (points,)

    Raises
    ------
    TypeError, ValueError
        If there are fewer than 6 data sets, because then no p can be below 5 %, or more than 16.

    Examples
    --------
    >>> sign_flip_p_values([[1, 9], [2, -9], [1, 9], [2, -9], [1, 9], [2, -9], [1, 8]])
    array([0.03125, 1.     ])
    """
    array = number_array(differences, "differences").astype(np.float64)
    whole = array.ndim == 2 and array.size and np.isfinite(array).all()
    if not whole or not 6 <= len(array) <= 16:
        raise ValueError(
            f"differences: expected finite numbers of 6 to 16 data sets, shape (sets, points), "
            f"found shape {array.shape}; give one row per data set"
        )
    n = len(array)
    flips = _flips(n)
    mean = flips @ array / n
    spread = np.sqrt(np.maximum((array**2).mean(axis=0) - mean**2, 1e-300))
    sizes = np.abs(mean) / spread  # of each flip and point; the first flip changes no sign
    largest = sizes.max(axis=1)
    return (largest[:, None] >= sizes[0] * (1 - 1e-9)).mean(axis=0)


@lru_cache(maxsize=2)  # A calibration makes thousands of tests of as many data sets.
def _flips(n: int) -> NDArray[np.float64]:
    """All flips of n signs but the last, shape (flips, n). A flip of all signs changes no |t|."""
    return np.where(np.arange(2 ** (n - 1))[:, None] >> np.arange(n) & 1, -1.0, 1.0)


def sign_flip_p_value(differences: ArrayLike) -> float:
    """Test whether paired differences are zero on average.

    There are several data sets (here ten; 6 to 16 are allowed), with one network for each. The
    statistic is the largest t over the points, without its sign. Parameters and errors are
    those of :func:`sign_flip_p_values`, whose smallest value this is.

    Returns
    -------
    float
        The share of the flips whose largest t is at least as large as the one found.

    Examples
    --------
    >>> sign_flip_p_value([[1.0], [1.1], [0.9], [1.2], [1.0], [0.8], [1.1]])
    0.015625
    """
    return float(sign_flip_p_values(differences).min())
