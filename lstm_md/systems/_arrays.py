"""Files of named arrays (.npz, NetCDF and HDF5), and which of their arrays is the trajectory."""

from __future__ import annotations

import importlib
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import netcdf_file

from lstm_md._support.checks import whole_number
from lstm_md.systems._packed import default_fill, is_real, unpack

Fields = str | int | Sequence[str | int] | None


def read_npz(file: Path, fields: Fields) -> NDArray:
    """Read the arrays that are asked for, or the only one that is not metadata."""
    with _as_damage(file), zipfile.ZipFile(file) as content:
        members = content.namelist()
    if members and not any(member.endswith(".npy") for member in members):
        raise ValueError(
            f"path: {file} is a zip archive or a spreadsheet, without arrays of NumPy; unpack it, "
            f"or save the sheet as .csv"
        )
    with np.load(file, allow_pickle=False) as archive:
        names = list(archive.files)
        arrays = {}
        for name in _wanted(names, fields, file):
            try:
                arrays[name] = np.asarray(archive[name])
            except Exception as error:
                # Metadata may be Python objects; the numbers beside them can still be read.
                if fields is not None or len(names) == 1 or not _is_pickled(error):
                    raise damaged(file, error) from error
    return _chosen(arrays, (), fields, names, file)


def read_netcdf(file: Path, fields: Fields) -> NDArray:
    """Read the variables of NetCDF 3 that are asked for, or the only one that is not an axis."""
    # SciPy cannot read a file with a single unlimited variable of one or two bytes per number.
    with _as_damage(file, "copy or save it again, or try `nccopy -k nc4`"):
        # Not mapped, because a mapped array is invalid once its file is closed.
        with netcdf_file(file, mmap=False) as content:
            variables = dict(content.variables)
    names = list(variables)
    arrays = {}
    for name in _wanted(names, fields, file):
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
            numbers = [n for n in names if is_real(datasets[n]) or len(names) == 1]
        taken = numbers if fields is None else _wanted(names, fields, file)
        for name in taken:
            _refuse_unknown_filters(datasets[name], name, file)
        with _as_damage(file):
            lengths = _lengths_of_axes(datasets.values())
            arrays = {name: _values(datasets[name], lengths) for name in taken}
    return _chosen(arrays, axes, fields, names, file)


def is_hdf5(file: Path) -> bool:
    """Test for HDF5; MATLAB and others put up to some kilobytes of their own in front of it."""
    with open(file, "rb") as handle:
        start = handle.read(2056)
    return any(start[at : at + 8] == b"\x89HDF\r\n\x1a\n" for at in (0, 512, 1024, 2048))


def listed(names: Iterable[str]) -> str:
    """Write names for a message."""
    return ", ".join(repr(name) for name in names) or "none"


def damaged(file: Path, error: Exception, advice: str = "copy or save it again") -> ValueError:
    """Make the error for a file that the library of its format cannot read."""
    if _is_pickled(error):
        return ValueError(
            f"path: {file} holds pickled Python objects, which are never loaded: they can run "
            f"any code; save plain numbers with numpy.save"
        )
    return ValueError(f"path: {file} is truncated or damaged ({error}); {advice}")


def _is_pickled(error: Exception) -> bool:
    return "pickle" in str(error) or "Python objects" in str(error)  # NumPy's two messages


def plain_fields(fields: Any) -> Fields:
    """Return fields as names and numbers of Python, also if they were given in an array."""
    if isinstance(fields, np.ndarray | np.generic):
        fields = fields.tolist()
    if fields is None or isinstance(fields, str | int):
        return fields
    if not isinstance(fields, Iterable):
        raise TypeError(
            f"fields: expected names or whole numbers, found {fields!r}; give a name, a number "
            f"from 0, or a list of these"
        )
    return [one.item() if isinstance(one, np.generic) else one for one in fields]


def chosen_columns(names: Sequence[str], n_columns: int, fields: Fields, file: Path) -> list[int]:
    """Return the numbers of the columns that are asked for; all of them if none is."""
    if fields is None:
        return list(range(n_columns))
    numbers = []
    for field in [fields] if isinstance(fields, str | int) else fields:
        if isinstance(field, str):
            if names.count(field) != 1:
                raise ValueError(
                    f"fields: expected one column {field!r} in {file}, found {names.count(field)}; "
                    f"its names are: {listed(names)}"
                )
            field = names.index(field)
        if whole_number(field, "fields", minimum=0) >= n_columns:
            raise ValueError(
                f"fields: expected columns from 0 to {n_columns - 1}, found {field}; "
                f"columns are counted from 0"
            )
        numbers.append(field)
    if not numbers:
        raise ValueError("fields: found an empty list; name a column, or leave fields out")
    return numbers


def structured_columns(array: NDArray, fields: Fields, file: Path) -> NDArray:
    """Return columns of an array whose dtype names them, as a table of numbers."""
    names = list(array.dtype.names or ())
    asked = [names[k] for k in chosen_columns(names, len(names), fields, file)]
    for name in asked:
        if not is_real(array[name]) or array[name].ndim != 1:
            raise ValueError(
                f"fields: expected numbers in the column {name!r} of {file}, found dtype "
                f"{array.dtype[name]} and shape {array[name].shape}; choose among: {listed(names)}"
            )
    return np.column_stack([array[name] for name in asked])


@contextmanager
def _as_damage(file: Path, advice: str = "copy or save it again") -> Iterator[None]:
    try:
        yield
    except Exception as error:  # the libraries raise errors of many kinds
        raise damaged(file, error, advice) from error


def _is_dimension_only(dataset: Any) -> bool:
    """Test whether NetCDF 4 made the dataset for a dimension that has no values."""
    return "This is a netCDF dimension but not" in str(dataset.attrs.get("NAME", ""))


def _refuse_unknown_filters(dataset: Any, name: str, file: Path) -> None:
    """Refuse a dataset that is compressed in a way that h5py does not know, and say which."""
    import h5py

    with suppress(ImportError):
        importlib.import_module("hdf5plugin")  # h5py knows more filters once it is imported
    made = dataset.id.get_create_plist()
    for code, _, _, label in (made.get_filter(k) for k in range(made.get_nfilters())):
        if not h5py.h5z.filter_avail(code):
            raise ValueError(
                f"path: {file}: the array {name!r} is compressed with {label.decode()!r} (filter "
                f"{code}), which h5py cannot unpack; pip install hdf5plugin, or convert the file "
                f"with `h5repack -f GZIP=4`"
            )


def _values(dataset: Any, lengths: Mapping[str, int]) -> NDArray:
    """Read a dataset and unpack it."""
    values = unpack(dataset[()], dataset.attrs, _fill(dataset))
    if "MATLAB_class" in dataset.attrs:  # MATLAB stores an array with its axes in reverse order
        return values.ravel() if 1 in values.shape else values.T
    unwritten = lengths.get(_axis(dataset), 0) - len(values) if values.ndim and values.size else 0
    if unwritten > 0 and is_real(values):
        return np.concatenate([values, np.full((unwritten, *values.shape[1:]), np.nan)])
    return values


def _axis(dataset: Any) -> str:
    """Return the name of the dataset that NetCDF 4 keeps for the dimension of the frames."""
    if dataset.attrs.get("CLASS") == b"DIMENSION_SCALE":
        return dataset.name
    return dataset.dims[0][0].name if dataset.ndim and len(dataset.dims[0]) else ""


def _lengths_of_axes(datasets: Iterable[Any]) -> dict[str, int]:
    """Return how long each unlimited axis is; frames that a variable lacks were never written."""
    lengths: dict[str, int] = {}
    for dataset in datasets:
        if dataset.ndim and dataset.maxshape[0] is None and _axis(dataset):
            lengths[_axis(dataset)] = max(lengths.get(_axis(dataset), 0), len(dataset))
    return lengths


def _fill(dataset: Any) -> NDArray:
    """Return the number of frames that were never written, if NetCDF wrote the dataset."""
    fill = default_fill(dataset.dtype) if is_real(dataset) else np.array([])
    # Plain HDF5 fills with another number, 0 if nobody chose one, which is an ordinary number.
    return fill[fill == dataset.fillvalue] if fill.size else fill


def _wanted(names: Sequence[str], fields: Fields, file: Path) -> Sequence[str]:
    """Return the arrays to read: a single one may have columns with names, so it is needed."""
    return names if fields is None or len(names) == 1 else _asked(names, fields, file)


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
    only = arrays.get(next(iter(names), "")) if len(names) == 1 else None
    if only is not None and only.dtype.names:
        return structured_columns(only, None if fields in names else fields, file)
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
    asked = _asked(names, fields, file)
    if len(asked) == 1:
        return arrays[asked[0]]
    shapes = [arrays[name].shape for name in asked]
    if len(set(shapes)) != 1 or len(shapes[0]) != 1:
        raise ValueError(
            f"fields: expected arrays of one length in {file}, found shapes {shapes}; "
            f"load them one by one"
        )
    return np.column_stack([arrays[name] for name in asked])
