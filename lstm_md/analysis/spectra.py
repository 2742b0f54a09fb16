"""Autocovariance and power spectrum: how long a signal remembers, and at which frequencies."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft, signal

from lstm_md._support.checks import describe_type, finite_array, real_number, whole_number

Array = NDArray[np.float64]


class PowerSpectrum(NamedTuple):
    """Frequencies and the spectral density there."""

    frequencies: Array  #: In 1/time
    density: Array  #: One-sided, in values² × time


def autocovariance(values: ArrayLike, lags_frames: ArrayLike) -> Array:
    """Mean product of two deviations from the mean, a lag apart; at lag 0 the variance.

    Parameters
    ----------
    values : array_like, shape (frames,)
    lags_frames : array_like of int, shape (lags,)
        From 0 to frames − 1, in any order.

    Returns
    -------
    ndarray of float64, shape (lags,)
        Sum of the products over their number frames − lag. The mean is that of all frames, which
        makes the result too small by about 2 × (relaxation time / length) of the variance.

    Raises
    ------
    TypeError, ValueError
        If the values are not finite and real, or a lag is no whole number in the range.

    Examples
    --------
    >>> autocovariance([1.0, -1.0, 1.0, -1.0], [0, 1, 2])
    array([ 1., -1.,  1.])
    """
    array = finite_array(values, "values").astype(np.float64)
    lags = lag_array(lags_frames, array.size)
    array -= array.mean()
    # Zeros behind the frames, so that the last ones do not meet the first.
    size = fft.next_fast_len(array.size + int(lags.max(initial=0)), real=True)
    products = fft.irfft(np.abs(fft.rfft(array, size)) ** 2, size)
    return products[lags] / (array.size - lags)


def autocorrelation(values: ArrayLike, lags_frames: ArrayLike) -> Array:
    """The autocovariance in units of the variance: 1 at lag 0.

    Parameters
    ----------
    values : array_like, shape (frames,)
    lags_frames : array_like of int, shape (lags,)
        From 0 to frames − 1, in any order.

    Returns
    -------
    ndarray of float64, shape (lags,)

    Raises
    ------
    TypeError, ValueError
        As :func:`autocovariance`, or if all values are equal.

    Examples
    --------
    >>> autocorrelation([3.0, 1.0, 3.0, 1.0], [0, 1])
    array([ 1., -1.])
    """
    covariance = autocovariance(values, np.append(lag_array(lags_frames), 0))
    if np.ptp(np.asarray(values)) == 0:
        raise ValueError(
            "values: expected values that differ, found one value throughout; "
            "nothing correlates where nothing varies"
        )
    return covariance[:-1] / covariance[-1]


def power_spectrum(
    values: ArrayLike, time_per_frame: float, segment_frames: int = 8192
) -> PowerSpectrum:
    """One-sided power spectral density by Welch's method.

    Segments overlap by half, each loses its mean and is seen through a Hann window; the density
    is the mean over the segments, so that its relative error is about 1/√(number of segments).

    Parameters
    ----------
    values : array_like, shape (frames,)
    time_per_frame : float
        In any unit of time; the frequencies are in one over this unit.
    segment_frames : int
        Frames of a segment, 2 or more: longer ones reach lower frequencies, with more noise.

    Returns
    -------
    PowerSpectrum
        Each of shape (segment_frames // 2,), from 1/(segment's duration) to half the frame rate.
        The lowest frequency, 0, is left out, since the means are taken off. The integral over
        the frequencies is the variance, less what is slower than a segment.

    Raises
    ------
    TypeError, ValueError
        If the values are not finite and real, or a number is out of range.
    """
    array = finite_array(values, "values").astype(np.float64)
    interval = real_number(time_per_frame, "time_per_frame", above=0.0)
    segment = whole_number(segment_frames, "segment_frames", minimum=2)
    if segment > array.size:
        raise ValueError(
            f"segment_frames: expected at most the {array.size} frame(s) given, found {segment}; "
            f"give shorter segments or a longer trajectory"
        )
    frequencies, density = signal.welch(array, fs=1 / interval, nperseg=segment)
    return PowerSpectrum(frequencies[1:], density[1:])


def lag_array(lags_frames: ArrayLike, frames: int | None = None) -> NDArray[np.int64]:
    """Lags as int64 of shape (lags,): whole, not negative, and below the number of frames.

    Raises
    ------
    TypeError, ValueError
        If a lag is none of these.
    """
    lags = np.atleast_1d(np.asarray(lags_frames))
    if lags.size and lags.dtype.kind not in "iu":
        raise TypeError(
            f"lags_frames: expected whole numbers, found {describe_type(lags_frames, lags)}; "
            f"give lags in frames"
        )
    if lags.ndim > 1:
        raise ValueError(f"lags_frames: expected shape (lags,), found {lags.shape}; flatten it")
    if lags.size and lags.min() < 0:
        raise ValueError(f"lags_frames: expected none below 0, found {lags.min()}; leave it out")
    if frames is not None and lags.max(initial=0) >= frames:
        raise ValueError(
            f"lags_frames: expected lags below the {frames} frame(s) given, found {lags.max()}; "
            f"give shorter lags or a longer trajectory"
        )
    return lags.astype(np.int64)
