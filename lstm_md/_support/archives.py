"""Arrays in one file that knows whether it is whole: an .npz with a checksum among its members."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.files import whole_or_nothing

CHECKSUM = "sha256"


class DamagedError(ValueError):
    """A file that is cut short, changed, or never was one of ours."""


def save_arrays(
    path: str | os.PathLike[str],
    arrays: Mapping[str, ArrayLike],
    *,
    keep: Path | None = None,
) -> None:
    """Write arrays as an .npz, whole or not at all, with the SHA-256 of all of them inside.

    Parameters
    ----------
    path : path
        Ends in ``.npz``; ``numpy.load`` reads it too.
    arrays : mapping of str to array_like
        No object arrays; text as arrays of str.
    keep : path, optional
        Where a file that stood at ``path`` before goes.

    Raises
    ------
    OSError
        If the file cannot be written; whatever stood there before is kept.
    """
    whole = {name: np.asarray(array) for name, array in arrays.items()}
    with whole_or_nothing(path, keep) as temporary, open(temporary, "wb") as file:
        np.savez(file, **{**whole, CHECKSUM: np.array(digest(whole))})  # type: ignore[arg-type]


def load_arrays(path: str | os.PathLike[str]) -> dict[str, NDArray]:
    """Read what :func:`save_arrays` wrote. Nothing is unpickled.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    DamagedError
        If the file is cut short, or a bit of it has changed.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"path: there is no file {path}")
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except Exception as error:  # a flipped bit in a zip can raise nearly anything
        raise DamagedError(f"path: {path} is damaged ({type(error).__name__}: {error})") from error
    found = str(arrays.pop(CHECKSUM, "none"))
    if found != digest(arrays):
        raise DamagedError(f"path: {path} is damaged or of another kind (checksum {found[:12]})")
    return arrays


def digest(arrays: Mapping[str, NDArray]) -> str:
    """SHA-256 over names, types, shapes and contents, in the order of the names."""
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        total.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        total.update(array.data if array.size and array.dtype.kind != "U" else array.tobytes())
    return total.hexdigest()
