"""Arrays in an .npz file that holds a checksum of its content, so that damage is noticed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.files import whole_or_nothing

CHECKSUM = "sha256"
PIECE = 2**27  # bytes


class DamagedError(ValueError):
    """A file is cut short or changed, or was not written by this package."""


def save_arrays(
    path: str | os.PathLike[str],
    arrays: Mapping[str, ArrayLike],
    *,
    keep: Path | None = None,
) -> None:
    """Write arrays and their SHA-256 to an .npz file, completely or not at all.

    Parameters
    ----------
    path : path
        Ends in ``.npz``. ``numpy.load`` can read the file too.
    arrays : mapping of str to array_like
        Object arrays are not allowed. Texts are arrays of str.
    keep : path, optional
        An older file at ``path`` is moved to this place.

    Raises
    ------
    OSError
        If the file cannot be written. An older file at ``path`` is kept.
    """
    content = {name: np.asarray(array) for name, array in arrays.items()}
    with whole_or_nothing(path, keep) as temporary, open(temporary, "wb") as file:
        np.savez(file, **{**content, CHECKSUM: np.array(digest(content))})  # type: ignore[arg-type]


def load_arrays(path: str | os.PathLike[str]) -> dict[str, NDArray]:
    """Read the arrays that :func:`save_arrays` wrote, without unpickling anything.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    DamagedError
        If the file is cut short, or a single bit of it has changed.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"path: there is no file {path}")
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except Exception as error:  # A flipped bit in a zip file can raise nearly any error.
        raise DamagedError(f"path: {path} is damaged ({type(error).__name__}: {error})") from error
    found = str(arrays.pop(CHECKSUM, "none"))
    if found != digest(arrays):
        raise DamagedError(
            f"path: {path} is damaged, or another program wrote it (checksum {found[:12]})"
        )
    return arrays


def digest(arrays: Mapping[str, NDArray]) -> str:
    """Compute the SHA-256 of names, types, shapes and contents, in the order of the names."""
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        total.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        if array.size and array.dtype.kind != "U":
            content = array.data.cast("B")
        else:
            content = memoryview(array.tobytes())
        # In pieces, because Ctrl-C waits for the end of a call.
        for first in range(0, len(content), PIECE):
            total.update(content[first : first + PIECE])
    return total.hexdigest()
