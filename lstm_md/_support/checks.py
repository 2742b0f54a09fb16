"""Checks of arguments. Each error names the argument, what was found, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
from numpy.typing import ArrayLike, NDArray


def finite_array(
    values: ArrayLike, name: str, *, dimensions: Sequence[int] = (1,), min_frames: int = 1
) -> NDArray[np.floating]:
    """Return real numbers as float32 or float64, without a copy if they have that type already.

    Parameters
    ----------
    values : array_like, shape (frames,) or (frames, dimensions)
    name : str
        The name of the argument, for the messages.
    dimensions : sequence of int
        The allowed numbers of axes.
    min_frames : int
        The smallest allowed length of the first axis.

    Raises
    ------
    TypeError
        If the values are not real numbers.
    ValueError
        If the shape is wrong, or a value is NaN or infinite. The message gives its index.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise TypeError(
            f"{name}: expected real numbers, found {describe_type(values, array)}; "
            f"convert it to a float array first"
        )
    if array.ndim not in dimensions:
        allowed = " or ".join(str(d) for d in dimensions)
        raise ValueError(
            f"{name}: expected an array of {allowed} dimension(s), found shape {array.shape}; "
            f"select a column or reshape it"
        )
    if array.shape[0] < min_frames:
        raise ValueError(
            f"{name}: expected at least {min_frames} frame(s), found {array.shape[0]}; "
            f"give a longer trajectory"
        )
    if array.dtype.kind != "f":
        array = array.astype(np.float64)
    finite = np.isfinite(array)
    if not finite.all():
        first = tuple(int(i) for i in np.argwhere(~finite)[0])
        where = first[0] if len(first) == 1 else first
        raise ValueError(
            f"{name}: found {array[first]} at index {where}; "
            f"remove or interpolate such frames before you go on"
        )
    return array


def label_array(
    labels: ArrayLike, name: str = "labels", *, n_labels: int | None = None, min_frames: int = 1
) -> NDArray[np.unsignedinteger]:
    """Return labels as uint8 or uint16 of shape (frames,) or (chains, frames).

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    name : str
        The name of the argument, for the messages.
    n_labels : int, optional
        The number of labels. Every label must be smaller.
    min_frames : int
        The smallest allowed number of frames per chain.

    Raises
    ------
    TypeError
        If the labels are not integers.
    ValueError
        If the shape is wrong, or a label is negative or too large.
    """
    array = np.asarray(labels)
    # NumPy turns an empty list into floats. The error below says what is wrong with it.
    if array.size and array.dtype.kind not in "iu":
        raise TypeError(
            f"{name}: expected integer labels, found {describe_type(labels, array)}; "
            f"make labels with lstm_md.labels, or convert with .astype('uint8')"
        )
    if array.ndim not in (1, 2):
        raise ValueError(
            f"{name}: expected shape (frames,) or (chains, frames), found {array.shape}; reshape it"
        )
    if array.shape[-1] < min_frames or array.shape[0] == 0:
        raise ValueError(
            f"{name}: expected at least {min_frames} frame(s), found {array.shape[-1]} "
            f"(shape {array.shape}); give a longer trajectory"
        )
    low, high = int(array.min()), int(array.max())
    limit = n_labels if n_labels is not None else 65536
    if low < 0 or high >= limit:
        raise ValueError(
            f"{name}: expected labels from 0 to {limit - 1}, found {low} to {high}; "
            f"check the binning or the number of labels"
        )
    if array.dtype == np.uint8 or array.dtype == np.uint16:
        return array
    return array.astype(label_dtype(limit if n_labels is not None else high + 1))


def label_dtype(n_labels: int) -> type[np.unsignedinteger]:
    """Return the smaller of uint8 and uint16 that holds the labels 0 … n_labels − 1."""
    if n_labels > 65536:
        raise ValueError(f"n_labels: at most 65536 labels, found {n_labels}; use wider bins")
    return np.uint8 if n_labels <= 256 else np.uint16


def whole_number(value: int, name: str, *, minimum: int = 1) -> int:
    """Return an int of at least ``minimum``. Floats, bools and smaller numbers are refused."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name}: expected a whole number, found {value!r}; give an int")
    if value < minimum:
        raise ValueError(f"{name}: expected at least {minimum}, found {value}; give more")
    return int(value)


def real_number(
    value: float, name: str, *, above: float | None = None, minimum: float | None = None
) -> float:
    """Return a finite float that respects the bounds. Anything else is refused."""
    if isinstance(value, bool) or not isinstance(value, Real) or not np.isfinite(value):
        raise TypeError(f"{name}: expected a finite number, found {value!r}; give a float")
    if above is not None and not value > above:
        raise ValueError(f"{name}: expected more than {above}, found {value}; give more")
    if minimum is not None and value < minimum:
        raise ValueError(f"{name}: expected at least {minimum}, found {value}; give more")
    return float(value)


def describe_type(given: object, array: NDArray) -> str:
    """Describe the type, dtype and shape of an argument, for a message."""
    return f"{type(given).__name__} of dtype {array.dtype} and shape {array.shape}"
