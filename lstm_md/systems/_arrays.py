"""Files of named arrays (.npz, NetCDF and HDF5), and which of their arrays is the trajectory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import netcdf_file

from lstm_md.systems._packed import default_fill, is_real, unpack

Fields = str | int | Sequence[str | int] | None


def read_npz(file: Path, fields: Fields) -> NDArray:
    """Read the arrays that are asked for, or the only one that is not metadata."""
    with _as_damage(file):
        archive = np.load(file, allow_pickle=False)
    with archive:
        names = list(archive.files)
        arrays = {}
        for name in names if fields is None else _asked(names, fields, file):
            try:
                arrays[name] = np.asarray(archive[name])
            except Exception as error:
                # Metadata may be Python objects; the numbers beside them can still be read.
                if fields is not None or len(names) == 1 or not _is_pickled(error):
                    raise damaged(file, error) from error
    return _chosen(arrays, (), fields, names, file)


def read_netcdf(file: Path, fields: Fields) -> NDArray:
    """Read the variables of NetCDF 3 that are asked for, or the only one that is not an axis."""
    with _as_damage(file):
        # Not mapped, because a mapped array is invalid once its file is closed.
        with netcdf_file(file, mmap=False) as content:
            variables = dict(content.variables)
    names = list(variables)
    arrays = {}
    for name in names if fields is None else _asked(names, fields, file):
        stored = variables[name][...]
        arrays[name] = unpack(stored, vars(variables[name]), default_fill(stored.dtype))
    axes = [name for name in names if variables[name].dimensions == (name,)]
    return _chosen(arrays, axes, fields, names, file)


def read_hdf5(file: Path, fields: Fields) -> NDArray:
    """Read the datasets of HDF5, or of NetCDF 4, which is HDF5; the choice is as in NetCDF 3."""
    try:
        import h5py
    except ImportError as error:
        raise ModuleNotFoundError(
            f"path: {file} is NetCDF 4 or HDF5, which needs h5py, and that is not installed; "
            f"pip install h5py, or convert it with `nccopy -k classic`",
            name="h5py",
        ) from error
    datasets: dict[str, Any] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and not _is_dimension_only(item):
            datasets[name] = item

    with _as_damage(file):
        content = h5py.File(file, "r")
    with content:
        with _as_damage(file):
            content.visititems(visit)
            names = list(datasets)
            axes = [n for n in names if datasets[n].attrs.get("CLASS") == b"DIMENSION_SCALE"]
            numbers = [name for name in names if is_real(datasets[name])]
        taken = numbers if fields is None else _asked(names, fields, file)
        with _as_damage(file):
            arrays = {
                name: unpack(datasets[name][()], datasets[name].attrs, _fill(datasets[name]))
                for name in taken
            }
    return _chosen(arrays, axes, fields, names, file)


def listed(names: Iterable[str]) -> str:
    """Write names for a message."""
    return ", ".join(repr(name) for name in names) or "none"


def damaged(file: Path, error: Exception) -> ValueError:
    """Make the error for a file that the library of its format cannot read."""
    if _is_pickled(error):
        return ValueError(
            f"path: {file} holds pickled Python objects, which are never loaded: they can run "
            f"any code; save plain numbers with numpy.save"
        )
    return ValueError(f"path: {file} is truncated or damaged ({error}); copy or save it again")


def _is_pickled(error: Exception) -> bool:
    return "pickle" in str(error) or "Python objects" in str(error)  # NumPy's two messages


@contextmanager
def _as_damage(file: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # the libraries raise errors of many kinds
        raise damaged(file, error) from error


def _is_dimension_only(dataset: Any) -> bool:
    """Test whether NetCDF 4 made the dataset for a dimension that has no values."""
    return "This is a netCDF dimension but not" in str(dataset.attrs.get("NAME", ""))


def _fill(dataset: Any) -> NDArray:
    """Return the number of frames that were never written, if NetCDF wrote the dataset."""
    fill = default_fill(dataset.dtype) if is_real(dataset) else np.array([])
    # Plain HDF5 fills with another number, 0 if nobody chose one, which is an ordinary number.
    return fill[fill == dataset.fillvalue] if fill.size else fill


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
    """Return what was asked for as one array, or else the only array that can be the trajectory."""
    if fields is None:
        numbers = [name for name, array in arrays.items() if array.ndim and is_real(array)]
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
