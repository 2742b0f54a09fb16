"""Angles and other periodic values: distances, means, and a warning where they go unnoticed."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import as_array

PERIODS = {"2*numpy.pi": 2 * np.pi, "360": 360.0}  #: Of angles in radians and in degrees
END_SHARE = 0.05  #: Values that come so near to both ends of a period may wrap there
JUMP_SHARE = 0.75  #: A step of more than this share of a period is a wrap, hardly a motion


def period_array(period: ArrayLike | None, n_dimensions: int = 1) -> NDArray[np.float64] | None:
    """Check a period, and return one number per dimension; inf where nothing is periodic.

    Raises
    ------
    TypeError, ValueError
        If it is not a number above 0, or not one number per dimension.
    """
    if period is None:
        return None
    array = as_array(period, "period")
    if array.dtype.kind not in "fiu":
        raise TypeError(f"period: expected a number, found {period!r}; give a float, or inf")
    if array.ndim > 1 or array.size not in (1, n_dimensions):
        raise ValueError(
            f"period: expected one number, or one for each of {n_dimensions} dimension(s), found "
            f"shape {array.shape}; give inf for a dimension that is not periodic"
        )
    if not (array > 0).all():
        raise ValueError(f"period: expected numbers above 0, found {period!r}; give 2*numpy.pi")
    return np.broadcast_to(array.astype(np.float64).reshape(-1), (n_dimensions,))


def nearest_image(difference: NDArray, period: ArrayLike) -> NDArray:
    """Return differences between −period/2 and period/2, the shortest ones on the circle."""
    with np.errstate(invalid="ignore"):  # inf × 0, where nothing is periodic
        turns = np.rint(difference / np.asarray(period))
        return np.where(turns == 0, difference, difference - turns * period)


def likely_period(values: NDArray, others: ArrayLike = ()) -> tuple[str, float] | None:
    """Return the period that values seem to have: its name and the number; None if none.

    Angles lie between −π and π or between 0 and 2π (or the same in degrees), and come near to both
    ends. Between 0 and 2π this also needs a jump from one end to the other.

    Parameters
    ----------
    values : ndarray, shape (..., frames)
    others : array_like
        More numbers of the same kind, such as the centres of states.
    """
    ends = [np.min(values), np.max(values), *np.ravel(others)]
    low, high = min(ends), max(ends)
    for name, period in PERIODS.items():
        if period < 7 and (values == np.rint(values)).all():
            continue  # labels or counts; radians are no whole numbers
        near = END_SHARE * period
        rounding = 1e-6 * period
        for first in (-period / 2, 0.0):
            last = first + period
            inside = first - rounding <= low <= first + near and last - near <= high
            if not (inside and high <= last + rounding):
                continue
            if first < 0 and len(ends) > 2 or jumps(values, period):
                return name, period
    return None


def jumps(values: NDArray, period: float) -> bool:
    """Test whether values go from one end of the period to the other within one frame.

    Noise between the ends makes some such steps as well, but many more that are half as large.
    """
    steps = np.abs(np.diff(values, axis=-1))
    n_jumps = np.count_nonzero(steps > JUMP_SHARE * period)
    n_half = np.count_nonzero(steps > (1 - JUMP_SHARE) * period) - n_jumps
    return bool(n_jumps > n_half / 10)


def warn_of_wrapping(values: NDArray, advice: str) -> None:
    """Warn if values seem to be angles that wrap, which a function takes for numbers on a line."""
    if (found := likely_period(values)) is not None:
        warnings.warn(
            "values: these look like angles that jump from one end of their range to the other, "
            f"but they are treated as ordinary numbers; {advice.format(period=found[0])}",
            stacklevel=5,
        )
