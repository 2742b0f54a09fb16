"""Trajectories in files: NumPy, NetCDF, HDF5, text, COLVAR, .xvg, molecular dynamics.

Pickled objects are never loaded.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.checks import file_path, finite_array, whole_number
from lstm_md.systems._arrays import (
    Fields,
    chosen_columns,
    damaged,
    is_hdf5,
    listed,
    plain_fields,
    read_hdf5,
    read_netcdf,
    read_npz,
    structured_columns,
)
from lstm_md.systems._headers import colvar_fields, colvar_limits, plumed_number
from lstm_md.systems._molecules import atoms_of, atoms_of_dihedrals, distances_of, frames_of
from lstm_md.systems._text import read_lines, read_table

Array = NDArray[np.floating]

_BLOCK_FRAMES = 1 << 20  # frames that are checked at a time


def load(
    path: str | os.PathLike[str],
    *,
    fields: Fields = None,
    decimal: str | None = None,
    mmap: bool = True,
) -> Array:
    r"""Read a trajectory from NumPy, NetCDF, HDF5, text, GROMACS' .xvg or PLUMED's COLVAR.

    The content decides on the format, not the extension.

    Parameters
    ----------
    path : path
        In a text file, commas, semicolons, tabs or spaces separate the cells. Lines may end with
        ``\n``, ``\r\n`` or ``\r``. A comment follows ``#``, at the start of a line or behind a
        space. There may be one line of column names; COLVAR names its columns in a line
        ``#! FIELDS``, .xvg in its legends. The text may be compressed with gzip, bzip2 or xz.
        NetCDF 4, HDF5 and MATLAB 7.3 need h5py, which Keras installs. Packed numbers of NetCDF
        are unpacked. A value is missing, and NaN, if it is marked as missing, lies outside the
        valid range, or was never written.
    fields : str, int or sequence of these, optional
        The columns, by name or by number from 0. For an ``.npz``, NetCDF or HDF5 file: the arrays,
        by name. Other columns may hold text. If left out, all columns are read, including
        ``time``. From a file of named arrays, the only array of numbers is then read that is
        neither metadata (a single number, text, objects) nor an axis of NetCDF.
    decimal : "." or ",", optional
        The decimal mark of a text file. If left out: in a file whose columns are separated by
        semicolons, tabs or spaces, a comma is the decimal mark; otherwise it separates columns. A
        cell such as ``0,5`` alone could be both, and is refused.
    mmap : bool
        Leave a ``.npy`` file on the disk, and read its frames when they are used.

    Returns
    -------
    ndarray of float32 or float64, shape (frames,) or (frames, dimensions)
        In the units of the file. A single column has shape (frames,), also if it is asked for by a
        sequence of one name.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ModuleNotFoundError
        If it is NetCDF 4 or HDF5, and h5py is not installed.
    TypeError, ValueError
        If the file is binary, pickled or empty, has rows of unequal length, or lacks a field; if
        a cell that is read is text, missing (such as NaN, ``NA`` or an empty cell) or infinite; if
        a text file seems to be cut off, because it has no line end and its last number is shorter
        than all those above it; if a column ``time`` does not increase, for example because a
        restart wrote frames twice; if a row of numbers may be a row of column names. The message
        says where.

    See Also
    --------
    period_of : the period of an angle in a COLVAR file.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> file = Path(mkdtemp()) / "COLVAR"
    >>> _ = file.write_text('''#! FIELDS time phi
    ... #! SET min_phi -pi
    ... #! SET max_phi pi
    ...  0.0 -3.0
    ...  0.5  3.1
    ... ''')
    >>> load(file, fields="phi")
    array([-3. ,  3.1])
    >>> round(period_of(file, "phi"), 4)
    6.2832
    """
    fields = plain_fields(fields)
    if not (decimal is None or isinstance(decimal, str) and decimal in (".", ",")):
        raise ValueError(f"decimal: expected '.' or ',', found {decimal!r}; give one of these")
    file = _existing(path)
    with open(file, "rb") as handle:
        start = handle.read(10)
    if start.startswith(b"\x93NUMPY"):
        array = _read_npy(file, fields, mmap)
    elif start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        array = read_npz(file, fields)
    elif start.startswith((b"CDF\x01", b"CDF\x02")):
        array = read_netcdf(file, fields)
    elif is_hdf5(file):
        array = read_hdf5(file, fields)
    else:
        _refuse_other_formats(file, start)
        array = read_table(file, fields, decimal)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    return _finite(array, f"path: {file}")


def period_of(path: str | os.PathLike[str], field: str) -> float | None:
    """Return the period of a field of PLUMED's COLVAR file, or None if it is not periodic.

    PLUMED writes the limits of an angle as ``#! SET min_phi -pi`` and ``#! SET max_phi pi``.

    Parameters
    ----------
    path : path
    field : str
        A name of the line ``#! FIELDS``.

    Returns
    -------
    float or None
        The upper limit minus the lower one, in the units of the field.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file or field, the file is not a COLVAR file, or the limits are not
        numbers, or change within the file.
    """
    file = _existing(path)
    lines = read_lines(file)
    names = colvar_fields(lines, file)
    if not isinstance(field, str) or field not in names:
        raise ValueError(
            f"field: expected a name of the line '#! FIELDS' of {file}, found {field!r}; "
            f"its names are: {listed(names)}"
        )
    limits = colvar_limits(lines, field)
    if not any(limits.values()):
        return None
    try:
        (low,), (high,) = ([plumed_number(text) for text in limits[k]] for k in ("min", "max"))
    except ValueError as error:
        raise ValueError(
            f"path: {file}: expected one lower and one upper limit of {field!r} in its lines "
            f"'#! SET', found {limits}; correct these lines"
        ) from error
    return high - low


def load_molecular(
    path: str | os.PathLike[str],
    topology: str | os.PathLike[str],
    *,
    dihedrals: str | Sequence[str | Sequence[int]] | NDArray[np.integer] | None = None,
    distances: Sequence[Sequence[int]] | NDArray[np.integer] | None = None,
    periodic: bool | None = None,
    stride: int = 1,
) -> Array:
    """Compute dihedral angles and distances along a trajectory that MDTraj can read.

    This needs MDTraj (the extra ``md``). The file is read in pieces, so it may be larger than the
    memory.

    Parameters
    ----------
    path : path
        Trajectory: .xtc, .dcd, .trr, .nc, .h5, .pdb and others.
    topology : path
        File that names the atoms, usually a .pdb.
    dihedrals : str, sequence or array, optional
        "phi", "psi" or "omega" (every such angle of the molecule), or four atom numbers from 0
        for each angle, e.g. ``["phi", (6, 8, 14, 16)]``.
    distances : sequence of pairs of atom numbers, or array of shape (pairs, 2), optional
    periodic : bool, optional
        For a simulation with a periodic box. True takes the nearest image of an atom. Use it for
        molecules that the box boundary splits; a distance then cannot exceed half of the box.
        False uses the positions in the file. Use it for a molecule that is whole in the file, for
        example for its end-to-end distance. If you give nothing, distances must be the same both
        ways, and dihedrals use the nearest images, because their atoms are neighbours.
    stride : int
        Take every ``stride``-th frame.

    Returns
    -------
    ndarray of float32, shape (frames,) or (frames, columns)
        Dihedrals in radians from −π to π, then distances in nanometres, in the order given.

    Raises
    ------
    ModuleNotFoundError
        If MDTraj, or PyTables for a .h5 file, is not installed.
    FileNotFoundError, TypeError, ValueError
        If a file is missing, damaged or cut off, the molecule has no such angle or atom, or a
        distance depends on ``periodic`` and it is not given. The message says in which frame.
    """
    try:
        import mdtraj
    except ImportError as error:
        raise ModuleNotFoundError(
            "load_molecular needs MDTraj, which is not installed; pip install 'lstm-md[md]'"
        ) from error
    stride = whole_number(stride, "stride")
    if not (periodic is None or isinstance(periodic, bool)):
        raise TypeError(f"periodic: expected True or False, found {periodic!r}; give one of these")
    file, atoms_file = _existing(path), _existing(topology, "topology")
    try:
        molecule = mdtraj.load_topology(str(atoms_file))
    except Exception as error:  # MDTraj raises errors of many kinds
        raise ValueError(f"topology: MDTraj cannot read {atoms_file}: {error}") from error
    asked = [dihedrals] if isinstance(dihedrals, str) else [] if dihedrals is None else dihedrals
    angles = [quartet for item in asked for quartet in atoms_of_dihedrals(item, molecule)]
    pairs = [
        atoms_of(pair, 2, "distances", molecule.n_atoms)
        for pair in ([] if distances is None else distances)
    ]
    if not angles and not pairs:
        raise ValueError('dihedrals, distances: give at least one, e.g. dihedrals=["phi", "psi"]')

    pieces = []
    for first, kept in frames_of(file, molecule, stride, atoms_file):
        images = periodic is not False
        columns = [
            mdtraj.compute_dihedrals(kept, np.reshape(angles, (-1, 4)).astype(int), images),
            distances_of(kept, pairs, periodic, first, stride),
        ]
        pieces.append(np.hstack([c for c in columns if c.shape[1]]))
    array = np.concatenate(pieces) if pieces else np.empty((0, 1), np.float32)
    return _finite(array[:, 0] if array.shape[1] == 1 else array, f"path: {file}")


def _existing(path: str | os.PathLike[str], name: str = "path") -> Path:
    file = file_path(path, name)
    if not file.is_file():
        found = "a folder" if file.is_dir() else "nothing there"
        raise FileNotFoundError(f"{name}: expected a file at {file}, found {found}; check the path")
    return file


def _refuse_other_formats(file: Path, start: bytes) -> None:
    """Refuse what is neither a known format nor text, and say what it is where that is clear."""
    if start.startswith(b"CDF\x05"):
        raise ValueError(
            f"path: {file} is NetCDF in its 64-bit data format, which load cannot read; convert "
            f"it with `nccopy -k nc4`"
        )
    if start.startswith(b"MATLAB 5.0"):
        raise ValueError(
            f"path: {file} is a MATLAB file of version 5 to 7; read it with scipy.io.loadmat, and "
            f"save the array with numpy.save, or save it in MATLAB with the option '-v7.3'"
        )
    if re.match(rb"\x80[\x02-\x05]", start) or (start and file.suffix in (".npy", ".npz")):
        raise ValueError(
            f"path: {file} is not a NumPy file (it may be pickled, truncated or something else); "
            f"save the array with numpy.save"
        )


def _finite(array: NDArray, name: str) -> Array:
    """Check as finite_array does, but in blocks, so that a mapped file does not fill the memory."""
    first_frame = array[:1] if array.ndim in (1, 2) else array
    finite_array(first_frame, name, dimensions=(1, 2))
    if array.ndim == 2 and array.shape[1] == 0:
        raise ValueError(f"{name}: expected columns, found shape {array.shape}; check the file")
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8:
        too_large = np.argwhere(np.abs(array.astype(np.float64)) >= 2.0**53)
        if len(too_large):
            where = tuple(too_large[0].tolist())
            raise ValueError(
                f"{name}: found {array[where]} at index {where}, and a float holds whole "
                f"numbers up to 2**53 only; subtract the first value before you save it"
            )
    if array.dtype not in (np.float32, np.float64):  # integers, another byte order, float16
        small = array.dtype.kind == "f" and array.dtype.itemsize <= 4
        with np.errstate(over="ignore"):  # a larger kind of float becomes infinite, and is refused
            array = array.astype(np.float32 if small else np.float64)
    for first in range(0, len(array), _BLOCK_FRAMES):
        if not np.isfinite(array[first : first + _BLOCK_FRAMES]).all():
            finite_array(array, name, dimensions=(1, 2))
    return array


def _read_npy(file: Path, fields: Fields, mmap: bool) -> NDArray:
    try:
        array = np.load(file, mmap_mode="r" if mmap else None, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise damaged(file, error) from error
    if array.dtype.names:
        return structured_columns(array, fields, file)
    if fields is None:
        return array
    if array.ndim != 2:
        raise ValueError(f"fields: {file} has shape {array.shape}, no columns; leave fields out")
    numbers = chosen_columns([], array.shape[1], fields, file)
    return array[:, numbers[0] if len(numbers) == 1 else numbers]
