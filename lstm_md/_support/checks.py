"""Checks of arguments. Each error names the argument, what was found, and what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import accumulate
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_LABELS = 65536
LARGEST = np.iinfo(np.int64).max

# A bootstrap makes many short blocks, and each row is certainly a chain.
_rows_are_chains: ContextVar[bool] = ContextVar("_rows_are_chains", default=False)


@dataclass(frozen=True, eq=False)
class Chains:
    """The labels of one or more chains, one chain behind the other.

    Attributes
    ----------
    flat : ndarray of uint8 or uint16, shape (frames of all chains,)
        A view of the given array where that is possible.
    starts : ndarray of int64, shape (chains + 1,)
        Chain k has the frames ``starts[k]`` to ``starts[k + 1]`` of ``flat``.
    shape : tuple of int, or None
        The shape of the given array; None if a list of chains was given.
    n_labels : int
        N: the number of labels that the caller gave, or the largest label + 1.
    """

    flat: NDArray[np.unsignedinteger]
    starts: NDArray[np.int64]
    shape: tuple[int, ...] | None
    n_labels: int

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, k: int) -> NDArray[np.unsignedinteger]:
        k = range(len(self))[k]
        return self.flat[self.starts[k] : self.starts[k + 1]]

    def __iter__(self) -> Iterator[NDArray[np.unsignedinteger]]:
        return (self[k] for k in range(len(self)))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The number of frames of each chain, shape (chains,)."""
        return np.diff(self.starts)

    @property
    def rows(self) -> NDArray[np.unsignedinteger] | None:
        """The labels with shape (chains, frames), or None if the lengths differ."""
        lengths = self.lengths
        same = (lengths == lengths[0]).all()
        return self.flat.reshape(len(self), -1) if same else None

    def like_given(self, per_frame: NDArray) -> Any:
        """Give one value per frame the form of the labels: an array, or a list of arrays."""
        if self.shape is None:
            return np.split(per_frame, self.starts[1:-1])
        return per_frame.reshape(*self.shape, *per_frame.shape[1:])


def chains_of(
    labels: Any,
    name: str = "labels",
    *,
    n_labels: int | None = None,
    min_frames: int = 1,
    one_frame: bool = False,
) -> Chains:
    """Check labels and return them chain by chain.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of such (frames,)
        The chains of a list may differ in length. Floats are taken if they are whole numbers.
    name : str
        The name of the argument, for the messages.
    n_labels : int, optional
        The number of labels. Every label must be smaller.
    min_frames : int
        The smallest allowed number of frames per chain.
    one_frame : bool
        Whether a list of chains of one frame each makes sense, as it does for prompts.

    Raises
    ------
    TypeError
        If the labels are not numbers.
    ValueError
        If a label is missing, not whole, negative or too large; or the shape is wrong: an array
        of shape (frames, columns) would be read as that many chains, so an array with more rows
        than columns is refused.
    """
    if n_labels is not None:
        n_labels = whole_number(n_labels, "n_labels")
        label_dtype(n_labels)
    if is_list_of_chains(labels):
        each = [_labels(one, f"{name}[{k}]", n_labels, (1,)) for k, one in enumerate(labels)]
        lengths = [one.size for one in each]
        flat, shape = np.concatenate(each), None
    else:
        array = _labels(labels, name, n_labels, (1, 2))
        shape = array.shape
        lengths = [array.shape[-1]] * (1 if array.ndim == 1 else len(array))
        if array.ndim == 2 and len(array) > array.shape[1] and not _rows_are_chains.get():
            raise ValueError(more_chains_than_frames(array.shape, name))
        flat = array.reshape(-1)
    shortest = min(lengths, default=0)
    if shortest < min_frames:
        which = f" in chain {lengths.index(shortest)}" if len(lengths) > 1 else ""
        raise ValueError(
            f"{name}: expected at least {min_frames} frame(s), found {shortest}{which}; give "
            f"{'longer chains, or remove the short ones' if which else 'a longer trajectory'}"
        )
    if len(lengths) > 1 and max(lengths) == 1 and not (one_frame or _rows_are_chains.get()):
        raise ValueError(
            f"{name}: expected chains of two frames or more, found {len(lengths)} chains of one "
            f"frame each; if these are the frames of one trajectory, give them with shape (frames,)"
        )
    starts = np.array([0, *accumulate(lengths)], np.int64)
    return Chains(flat, starts, shape, int(flat.max()) + 1 if n_labels is None else n_labels)


@contextmanager
def rows_are_chains() -> Iterator[None]:
    """Let an array have more chains than frames: for the package's own arrays of many chains."""
    token = _rows_are_chains.set(True)
    try:
        yield
    finally:
        _rows_are_chains.reset(token)


def is_list_of_chains(given: object) -> bool:
    """Test whether a list or tuple holds chains: arrays, or plain lists of unequal length.

    Plain lists of equal length are a nested list, which NumPy reads as an array of two axes.
    """
    if not isinstance(given, list | tuple) or not given:
        return False
    if all(hasattr(one, "__array__") and np.ndim(one) > 0 for one in given):
        return True
    return all(isinstance(one, list | tuple) or np.ndim(one) > 0 for one in given) and (
        len({len(one) for one in given}) > 1
    )


def more_chains_than_frames(shape: tuple[int, ...], name: str) -> str:
    """Write the message for a table that would be read as many short chains."""
    return (
        f"{name}: found shape {shape}, which means {shape[0]} chains of {shape[1]} frame(s); if "
        f"the rows are frames, give one column, such as {name}[:, 0]; if they are chains, give "
        f"them as a list of arrays: list(numpy.asarray({name}))"
    )


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
        If the shape is wrong, or a value is masked, NaN or infinite. The message gives its index.
    """
    array = number_array(values, name)
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
        where, value = _first(array, ~finite)
        raise ValueError(
            f"{name}: found {value} at index {where}; "
            f"remove or interpolate such frames before you go on"
        )
    return array


def number_array(values: Any, name: str) -> NDArray:
    """Return real numbers as an array of any shape; NaN and infinity are allowed."""
    array = as_array(values, name)
    if array.dtype.kind not in "fiu":
        raise TypeError(
            f"{name}: expected real numbers, found {describe_type(values, array)}; "
            f"convert it to a float array first"
        )
    return array


def count_array(given: ArrayLike, name: str, least: int) -> NDArray[np.float64]:
    """Check counts, shape (rows, points), of at least ``least`` rows."""
    array = number_array(given, name).astype(np.float64)
    if array.ndim != 2 or len(array) < least or not array.size:
        raise ValueError(
            f"{name}: expected shape (rows, points) with at least {least} rows, found shape "
            f"{array.shape}; give more"
        )
    if not (np.isfinite(array).all() and array.min() >= 0):
        raise ValueError(f"{name}: expected counts from 0, found {array.min()}; give counts")
    return array


def label_array(
    labels: Any,
    name: str = "labels",
    *,
    n_labels: int | None = None,
    min_frames: int = 1,
    one_frame: bool = False,
) -> NDArray[np.unsignedinteger]:
    """Return labels as uint8 or uint16 of shape (frames,) or (chains, frames).

    This is :func:`chains_of` for those who need an array, so the chains must have one length.
    """
    chains = chains_of(labels, name, n_labels=n_labels, min_frames=min_frames, one_frame=one_frame)
    if chains.shape is not None:
        return chains.flat.reshape(chains.shape)
    rows = chains.rows
    if rows is None:
        raise ValueError(
            f"{name}: expected chains of one length, found lengths {chains.lengths.min()} to "
            f"{chains.lengths.max()}; give the chains one by one"
        )
    return rows


def _labels(
    given: ArrayLike, name: str, n_labels: int | None, dimensions: tuple[int, ...]
) -> NDArray[np.unsignedinteger]:
    """Check one array of labels, and return it as uint8 or uint16."""
    array = as_array(given, name)
    # NumPy turns an empty list into floats. The error below says what is wrong with it.
    if array.size and array.dtype.kind not in "iuf":
        raise TypeError(
            f"{name}: expected integer labels, found {describe_type(given, array)}; make labels "
            f"with lstm_md.equal_width, with_edges or nearest_state"
        )
    if array.ndim not in dimensions:
        shapes = "(frames,) or (chains, frames)" if 2 in dimensions else "(frames,)"
        raise ValueError(
            f"{name}: expected shape {shapes}, found {array.shape}; reshape it or select a column"
        )
    if array.size == 0:
        raise ValueError(
            f"{name}: expected at least 1 frame(s), found 0 (shape {array.shape}); "
            f"give a longer trajectory"
        )
    if array.dtype.kind == "f":
        array = array.astype(np.float64)
        with np.errstate(invalid="ignore"):
            whole = array == np.rint(array)
        if not whole.all() or not np.isfinite(array).all():
            where, value = _first(array, ~(whole & np.isfinite(array)))
            advice = "make labels with lstm_md.equal_width, with_edges or nearest_state"
            if np.isnan(value):
                advice = "cut the trajectory there with lstm_md.cut_at_gaps"
            raise ValueError(
                f"{name}: expected whole numbers, found {value} at index {where}; {advice}"
            )
    low, high = array.min(), array.max()
    limit = MOST_LABELS if n_labels is None else n_labels
    if low < 0 or high >= limit:
        where, value = _first(array, (array < 0) | (array >= limit))
        number = f"{value:.0f}" if abs(value) < 1e15 else f"{value:g}"
        message = f"{name}: expected labels from 0 to {limit - 1}, found {number} at index {where}"
        if value == -1:
            integers = name if array.dtype.kind == "i" else f"numpy.asarray({name}, int)"
            message += (
                f", which often means that a frame belongs to no state; cut the trajectory there "
                f"with lstm_md.cut_at_gaps({integers}), or give these frames a label of their own"
            )
        else:
            message += "; check the binning or the number of labels"
        raise ValueError(message)
    if array.dtype == np.uint8 or array.dtype == np.uint16:
        return array
    return array.astype(label_dtype(limit if n_labels is not None else int(high) + 1))


def as_array(given: Any, name: str) -> NDArray:
    """Return what was given as an array, and refuse what NumPy would misread.

    Raises
    ------
    ValueError
        If an element is masked, or lists of unequal length are given where one shape is needed.
    TypeError
        If NumPy cannot read it.
    """
    if isinstance(given, np.ma.MaskedArray):
        if np.ma.is_masked(given):
            where, _ = _first(given.data, np.ma.getmaskarray(given))
            raise ValueError(
                f"{name}: found a masked element at index {where}; cut the trajectory there with "
                f"lstm_md.cut_at_gaps, or fill in a value with numpy.ma.filled"
            )
        return given.data
    if isinstance(given, list | tuple) and any(isinstance(one, np.ma.MaskedArray) for one in given):
        given = [as_array(one, f"{name}[{k}]") for k, one in enumerate(given)]
    try:
        return np.asarray(given)
    except ValueError as error:
        raise ValueError(
            f"{name}: expected one array, found lists of unequal length or depth; give rows of "
            f"equal length, or one trajectory at a time"
        ) from error
    except Exception as error:  # Other libraries' arrays raise errors of many kinds.
        raise TypeError(
            f"{name}: expected an array of numbers, found {type(given).__name__}, which NumPy "
            f"cannot read ({error}); convert it with numpy.asarray first"
        ) from error


def _first(array: NDArray, where: NDArray) -> tuple[Any, Any]:
    """Return the first index at which ``where`` is true, for a message, and the value there."""
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(where)), array.shape))
    return index[0] if len(index) == 1 else index, array[index]


def label_dtype(n_labels: int) -> type[np.unsignedinteger]:
    """Return the smaller of uint8 and uint16 that holds the labels 0 … n_labels − 1."""
    if n_labels > MOST_LABELS:
        raise ValueError(
            f"n_labels: at most {MOST_LABELS} labels, found {n_labels}; use wider bins"
        )
    return np.uint8 if n_labels <= 256 else np.uint16


def whole_number(value: Any, name: str, *, minimum: int = 1) -> int:
    """Return an int of at least ``minimum`` and at most 2⁶³ − 1. Floats and bools are refused."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name}: expected a whole number, found {value!r}; give an int")
    number = int(value)
    if number < minimum:
        raise ValueError(f"{name}: expected at least {minimum}, found {number}; give more")
    if number > LARGEST:
        raise ValueError(f"{name}: expected at most {LARGEST}, found a larger number; give less")
    return number


def real_number(
    value: Any, name: str, *, above: float | None = None, minimum: float | None = None
) -> float:
    """Return a finite float that respects the bounds. Anything else is refused."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name}: expected a finite number, found {value!r}; give a float")
    try:
        number = float(value)
    except OverflowError:
        number = np.inf
    if not np.isfinite(number):
        raise TypeError(f"{name}: expected a finite number, found {value!r}; give a float")
    if above is not None and not number > above:
        raise ValueError(f"{name}: expected more than {above}, found {value}; give more")
    if minimum is not None and number < minimum:
        raise ValueError(f"{name}: expected at least {minimum}, found {value}; give more")
    return number


def one_of(value: Any, name: str, choices: Sequence[str]) -> str:
    """Return a value that is one of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(
            f"{name}: expected one of {', '.join(choices)}, found {value!r}; use one of these"
        )
    return value


def true_or_false(value: Any, name: str) -> bool:
    """Return a bool; a string such as "no" or an array would count as true."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: expected True or False, found {value!r}; give one of these")
    return bool(value)


def file_path(path: Any, name: str = "path") -> Path:
    """Return a path, and refuse anything that is not one."""
    if not isinstance(path, str | os.PathLike) or str(path) == "" or "\0" in str(path):
        raise TypeError(f"{name}: expected a path, found {path!r}; give the name of a file")
    return Path(path)


def instance(value: Any, kind: type, name: str, advice: str) -> Any:
    """Return a value that is of this class, or of a subclass. Anything else is refused."""
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise TypeError(
            f"{name}: expected {article} {kind.__name__}, found {type(value).__name__}; {advice}"
        )
    return value


def listed(given: Any, name: str, advice: str) -> list[Any]:
    """Return the elements of an iterable as a list; a text or a single thing is refused."""
    try:
        if isinstance(given, str | bytes):
            raise TypeError
        return list(given)
    except TypeError:
        raise TypeError(
            f"{name}: expected a list, found {type(given).__name__}; {advice}"
        ) from None


def describe_type(given: object, array: NDArray) -> str:
    """Describe the type, dtype and shape of an argument, for a message."""
    return f"{type(given).__name__} of dtype {array.dtype} and shape {array.shape}"
