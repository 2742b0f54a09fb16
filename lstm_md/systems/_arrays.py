"""Files of named arrays: .npz, NetCDF and HDF5, and which of their arrays is the trajectory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import netcdf_file

Fields = str | int | Sequence[str | int] | None


def read_npz(file: Path, fields: Fields) -> NDArray:
    """The asked arrays of an ``.npz``, or the only one that is no metadata."""
    with _damage_told(file):
        archive = np.load(file, allow_pickle=False)
    with archive:
        names = list(archive.files)
        taken = names if fields is None else _asked(names, fields, file)
        arrays = {}
        for name in taken:
            try:
                arrays[name] = np.asarray(archive[name])
            except Exception as error:
                # Metadata that are Python objects are no reason to refuse the numbers beside them.
                if fields is not None or len(names) == 1 or not _is_pickled(error):
                    raise damaged(file, error) from error
    return _chosen(arrays, (), fields, names, file)


def read_netcdf(file: Path, fields: Fields) -> NDArray:
    """The asked variables of a NetCDF 3 file, or the only one that is neither axis nor metadata."""
    with _damage_told(file):
        # Not mapped: the arrays would die with the open file.
        with netcdf_file(file, mmap=False) as content:
            variables = dict(content.variables)
    names = list(variables)
    taken = names if fields is None else _asked(names, fields, file)
    arrays = {name: _unpacked(variables[name][...], vars(variables[name])) for name in taken}
    axes = [name for name in names if variables[name].dimensions == (name,)]
    return _chosen(arrays, axes, fields, names, file)


def read_hdf5(file: Path, fields: Fields) -> NDArray:
    """The asked datasets of an HDF5 file, which NetCDF 4 is, or the only one as in NetCDF 3."""
    try:
        import h5py
    except ImportError as error:
        raise ModuleNotFoundError(
            f"path: {file} is NetCDF 4 or HDF5, which needs h5py, and that is not installed; "
            f"pip install h5py, or convert it with `nccopy -k classic`",
            name="h5py",
        ) from error
    sets: dict[str, Any] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            sets[name] = item

    with _damage_told(file):
        content = h5py.File(file, "r")
    with content:
        with _damage_told(file):
            content.visititems(visit)
            names = list(sets)
            axes = [name for name in names if sets[name].attrs.get("CLASS") == b"DIMENSION_SCALE"]
            numbers = [name for name in names if _is_real(sets[name])]
        taken = numbers if fields is None else _asked(names, fields, file)
        with _damage_told(file):
            arrays = {name: _unpacked(sets[name][()], sets[name].attrs) for name in taken}
    return _chosen(arrays, axes, fields, names, file)


def listed(names: Iterable[str]) -> str:
    """Names for a message."""
    return ", ".join(repr(name) for name in names) or "none"


def damaged(file: Path, error: Exception) -> ValueError:
    """What to raise instead of what a library says of a file that it cannot read."""
    if _is_pickled(error):
        return ValueError(
            f"path: {file} holds pickled Python objects, which are never loaded: they can run "
            f"any code; save plain numbers with numpy.save"
        )
    return ValueError(f"path: {file} is truncated or damaged ({error}); copy or save it again")


def _is_pickled(error: Exception) -> bool:
    return "pickle" in str(error) or "Python objects" in str(error)  # NumPy's two ways to say it


@contextmanager
def _damage_told(file: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # whatever the library of the format raises
        raise damaged(file, error) from error


def _asked(names: Collection[str], fields: str | int | Sequence[str | int], file: Path) -> list:
    asked = [fields] if isinstance(fields, str | int) else list(fields)
    if not asked:
        raise ValueError("fields: found an empty list; name an array, or leave fields out")
    for name in asked:
        if name not in names:
            raise ValueError(
                f"fields: found no array {name!r} in {file}; its names are: {listed(names)}"
            )
    return asked


def _chosen(
    arrays: Mapping[str, NDArray],
    axes: Collection[str],
    fields: Fields,
    names: Collection[str],
    file: Path,
) -> NDArray:
    """What was asked for, as one array; without that the only array that can be the trajectory."""
    if fields is None:
        numbers = [name for name, array in arrays.items() if array.ndim and _is_real(array)]
        found = [name for name in numbers if name not in axes]
        found = [name for name in found if arrays[name].size > 1] or found
        if len(found) != 1:
            raise ValueError(
                f"fields: {file} holds {len(found)} arrays of numbers that may be the "
                f"trajectory; name one of: {listed(names)}"
            )
        return arrays[found[0]]
    if isinstance(fields, str | int):
        return arrays[str(fields)]
    shapes = [array.shape for array in arrays.values()]
    if len(set(shapes)) != 1 or len(shapes[0]) != 1:
        raise ValueError(
            f"fields: expected arrays of one length in {file}, found shapes {shapes}; "
            f"load them one by one"
        )
    return np.column_stack([arrays[str(name)] for name in fields])


def _is_real(array: Any) -> bool:
    return array.dtype.kind in "fiu"


def _unpacked(raw: Any, attributes: Mapping[str, Any]) -> NDArray:
    """The numbers that a variable of NetCDF stands for, NaN where it has none (CF, section 8.1)."""
    array = np.asarray(raw)
    if not _is_real(array):
        return array
    missing = np.ravel(attributes.get("_FillValue", attributes.get("missing_value", ())))
    gaps = np.isin(array, missing) if _is_real(missing) else np.zeros(array.shape, bool)
    scale, offset = (attributes.get(name) for name in ("scale_factor", "add_offset"))
    if scale is not None:
        array = array * np.float64(np.ravel(scale)[0])
    if offset is not None:
        array = array + np.float64(np.ravel(offset)[0])
    return np.where(gaps, np.nan, array) if gaps.any() else array
