"""Autocorrelation and power spectrum: how long a signal remembers, and its frequencies."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import signal

from lstm_md._support.angles import warn_of_wrapping
from lstm_md._support.checks import as_array, describe_type, finite_array, real_number, whole_number

Array = NDArray[np.float64]

OF_AN_ANGLE = "give their sine and their cosine instead"


class PowerSpectrum(NamedTuple):
    """A power spectral density and its frequencies, both of shape (frequencies,)."""

    frequencies: Array  #: In 1/time
    density: Array  #: One-sided, in values² × time


def autocorrelation(values: ArrayLike, lags_frames: ArrayLike) -> Array:
    """Compute the autocorrelation of a signal: its autocovariance divided by its variance.

    Take the deviation of each frame from the mean of all frames. The autocovariance at a lag is the
    mean product of two deviations that are one lag apart; there are (frames − lag) such products.
    The mean comes from the same frames, so the result is too small by about
    2 × relaxation time / length.

    Parameters
    ----------
    values : array_like, shape (frames,)
    lags_frames : array_like of int, shape (lags,)
        From 0 to frames − 1, in any order.

    Returns
    -------
    ndarray of float64, shape (lags,)
        1 at lag 0.

    Raises
    ------
    TypeError, ValueError
        If the values are not finite and real, or all are equal, or a lag is out of range.

    Examples
    --------
    >>> autocorrelation([3.0, 1.0, 3.0, 1.0], [0, 1])
    array([ 1., -1.])
    """
    array = finite_array(values, "values").astype(np.float64)
    warn_of_wrapping(array, OF_AN_ANGLE)
    lags = _lags(lags_frames, array.size)
    if np.ptp(array) == 0:
        raise ValueError(
            "values: expected values that differ, found one value throughout, which has no "
            "autocorrelation; give a signal that varies"
        )
    array -= array.mean()
    products = signal.correlate(array, array, method="fft")[array.size - 1 :]
    covariance = products / (array.size - np.arange(array.size))
    return covariance[lags] / covariance[0]


def power_spectrum(
    values: ArrayLike, time_per_frame: float, segment_frames: int = 8192
) -> PowerSpectrum:
    """Compute the one-sided power spectral density by Welch's method.

    The segments overlap by half. The mean of each is subtracted, and a Hann window is applied. The
    density is the mean over the segments; its relative error is about 1/√(number of segments).

    Parameters
    ----------
    values : array_like, shape (frames,)
    time_per_frame : float
        In any unit of time; the frequencies are in one over this unit.
    segment_frames : int
        Frames per segment, 2 or more. Longer segments reach lower frequencies, with more noise.

    Returns
    -------
    PowerSpectrum
        Each array has shape (segment_frames // 2,), from 1/(duration of a segment) to half the
        frame rate. The frequency 0 is left out, because the means are subtracted. The integral
        over the frequencies is the variance of motions that are faster than a segment.

    Raises
    ------
    TypeError, ValueError
        If the values are not finite and real, or a number is out of range.
    """
    array = finite_array(values, "values").astype(np.float64)
    warn_of_wrapping(array, OF_AN_ANGLE)
    interval = real_number(time_per_frame, "time_per_frame", above=0.0)
    segment = whole_number(segment_frames, "segment_frames", minimum=2)
    if segment > array.size:
        raise ValueError(
            f"segment_frames: expected at most the {array.size} frame(s) given, found {segment}; "
            f"give shorter segments or a longer trajectory"
        )
    with np.errstate(over="ignore"):
        frequencies, density = signal.welch(array, nperseg=segment)
        frequencies, density = frequencies[1:] / interval, density[1:] * interval
    for name, found in (("time_per_frame", frequencies), ("values", density)):
        if not np.all(np.isfinite(found)):
            raise ValueError(
                f"{name}: the spectrum is larger than a float can be; give another unit"
            )
    return PowerSpectrum(frequencies, density)


def _lags(lags_frames: ArrayLike, n_frames: int) -> NDArray[np.int64]:
    lags = np.atleast_1d(as_array(lags_frames, "lags_frames"))
    if lags.size and lags.dtype.kind not in "iu":
        raise TypeError(
            f"lags_frames: expected whole numbers, found {describe_type(lags_frames, lags)}; "
            f"give lags in frames"
        )
    if lags.ndim > 1:
        raise ValueError(f"lags_frames: expected shape (lags,), found {lags.shape}; flatten it")
    if lags.size and not 0 <= lags.min() <= lags.max() < n_frames:
        raise ValueError(
            f"lags_frames: expected lags from 0 to {n_frames - 1} for {n_frames} frame(s), found "
            f"{lags.min()} to {lags.max()}; give shorter lags or a longer trajectory"
        )
    return lags.astype(np.int64)
