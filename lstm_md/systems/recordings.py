"""Trajectories that others measured or simulated: NumPy files, NetCDF, HDF5, text, COLVAR,
molecular dynamics.

Nothing here ever unpickles.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import finite_array, whole_number
from lstm_md.systems._arrays import Fields, damaged, listed, read_hdf5, read_netcdf, read_npz
from lstm_md.systems._text import read_table

Array = NDArray[np.floating]

_SCAN_FRAMES = 1 << 20


def load(path: str | os.PathLike[str], *, fields: Fields = None, mmap: bool = True) -> Array:
    r"""Read a trajectory from a .npy, .npz, NetCDF, HDF5, text or PLUMED COLVAR file.

    The content decides on the format, whatever the extension.

    Parameters
    ----------
    path : path
        ``.npy``, ``.npz``, NetCDF, HDF5, or text: cells between commas, semicolons, tabs or
        spaces, any line ends (``\n``, ``\r\n``, ``\r``), comments after ``#``, at most one
        line of column names. Beside semicolons the decimal mark may be a comma. COLVAR names
        its columns in a line ``#! FIELDS``. NetCDF 3 is read without further packages, NetCDF 4
        and HDF5 need h5py; values are unpacked by their scale and offset, and a missing one is
        NaN.
    fields : str, int or sequence of these, optional
        What to take: columns by name or by number from 0, or arrays of an ``.npz``, NetCDF
        or HDF5 by name. One of them gives shape (frames,), a sequence (frames, dimensions).
        Without it: all columns, ``time`` among them; of named arrays the only one of numbers,
        metadata (single numbers, texts, objects) and the axes of NetCDF aside.
    mmap : bool
        Leave a ``.npy`` file on the disk and read it as it is used.

    Returns
    -------
    ndarray of float32 or float64, shape (frames,) or (frames, dimensions)
        In the units of the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ModuleNotFoundError
        If it is NetCDF 4 or HDF5, and h5py is not installed.
    TypeError, ValueError
        If it is truncated, binary, pickled, empty, has ragged rows, cells that are not
        numbers, NaN or inf, or lacks a field; the message says where, and what it has.
    """
    file = _existing(path)
    with open(file, "rb") as handle:
        start = handle.read(8)
    if start.startswith(b"\x93NUMPY"):
        array = _read_npy(file, fields, mmap)
    elif start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        array = read_npz(file, fields)
    elif start.startswith((b"CDF\x01", b"CDF\x02")):
        array = read_netcdf(file, fields)
    elif start.startswith(b"CDF\x05"):
        raise ValueError(
            f"path: {file} is NetCDF in its 64-bit data format, which is not read; convert it "
            f"with `nccopy -k classic`"
        )
    elif start.startswith(b"\x89HDF\r\n\x1a\n"):
        array = read_hdf5(file, fields)
    elif re.match(rb"\x80[\x02-\x05]", start) or (start and file.suffix in (".npy", ".npz")):
        raise ValueError(
            f"path: {file} is no NumPy file (it may be pickled, truncated or another format); "
            f"save the array with numpy.save"
        )
    else:
        array = _read_text(file, fields)
    return _finite(array, f"path: {file}")


def load_molecular(
    path: str | os.PathLike[str],
    topology: str | os.PathLike[str],
    *,
    dihedrals: str | Sequence[str | Sequence[int]] | None = None,
    distances: Sequence[Sequence[int]] | None = None,
    stride: int = 1,
) -> Array:
    """Dihedral angles and distances along a trajectory that MDTraj can read.

    Needs MDTraj (the extra ``md``). The file is read in pieces, so that it may be larger
    than the memory.

    Parameters
    ----------
    path : path
        Trajectory: .xtc, .dcd, .trr, .nc, .h5, .pdb and others.
    topology : path
        File that names the atoms, mostly a .pdb.
    dihedrals : str or sequence, optional
        "phi", "psi" or "omega" (every such angle of the molecule), or four atom numbers
        (from 0) for each angle, e.g. ``["phi", (6, 8, 14, 16)]``.
    distances : sequence of pairs of atom numbers, optional
    stride : int
        Take every ``stride``-th frame.

    Returns
    -------
    ndarray of float32, shape (frames,) or (frames, columns)
        Dihedrals in radians from −π to π, then distances in nanometres, as asked for.

    Raises
    ------
    ModuleNotFoundError
        If MDTraj is not installed.
    FileNotFoundError, TypeError, ValueError
        If a file is missing or damaged, or an angle or atom is not in the molecule.
    """
    try:
        import mdtraj
    except ImportError as error:
        raise ModuleNotFoundError(
            "load_molecular needs MDTraj, which is not installed; pip install 'lstm-md[md]'"
        ) from error
    stride = whole_number(stride, "stride")
    file, atoms_file = _existing(path), _existing(topology, "topology")
    try:
        molecule = mdtraj.load_topology(str(atoms_file))
    except Exception as error:  # whatever the library of the format raises
        raise ValueError(f"topology: MDTraj cannot read {atoms_file}: {error}") from error
    asked = [dihedrals] if isinstance(dihedrals, str) else list(dihedrals or ())
    angles = [quartet for item in asked for quartet in _quartets(item, molecule)]
    pairs = [_atoms(pair, 2, "distances", molecule.n_atoms) for pair in distances or ()]
    if not angles and not pairs:
        raise ValueError('dihedrals, distances: give at least one, e.g. dihedrals=["phi", "psi"]')

    pieces, seen = [], 0
    try:
        for piece in mdtraj.iterload(str(file), top=molecule, chunk=1000):
            # Not by MDTraj's own stride: its formats differ in what it does to a chunk.
            kept = piece if stride == 1 else piece[-seen % stride :: stride]
            seen += len(piece)
            columns = [
                mdtraj.compute_dihedrals(kept, np.reshape(angles, (-1, 4)).astype(int)),
                mdtraj.compute_distances(kept, np.reshape(pairs, (-1, 2)).astype(int)),
            ]
            pieces.append(np.hstack([c for c in columns if c.shape[1]]))
    except Exception as error:
        raise ValueError(
            f"path: MDTraj cannot read {file} with the atoms of {atoms_file}: {error}; "
            f"check that the file is whole and belongs to this topology"
        ) from error
    array = np.concatenate(pieces) if pieces else np.empty((0, 1), np.float32)
    return _finite(array[:, 0] if array.shape[1] == 1 else array, f"path: {file}")


def resample(values: ArrayLike, factor: int) -> NDArray[np.float64]:
    """Means over blocks of frames: the recording at a lower rate, its noise averaged.

    To take every ``factor``-th frame as it is, slice: ``values[::factor]``; to trim, too:
    ``values[start:stop]``. An angle that goes from π to −π has no such mean: resample its sine
    and cosine.

    Parameters
    ----------
    values : array_like, shape (frames,) or (frames, dimensions)
    factor : int
        Frames a block. An incomplete last block, of at most ``factor`` − 1 frames, is left out:
        its mean would be noisier than the others.

    Returns
    -------
    ndarray of float64, shape (frames // factor,) or (frames // factor, dimensions)

    Raises
    ------
    TypeError, ValueError
        If ``values`` are not finite and real, or there are fewer frames than ``factor``.

    Examples
    --------
    >>> resample([1.0, 3.0, 5.0, 6.0, 100.0], factor=2)
    array([2. , 5.5])
    """
    array = finite_array(values, "values", dimensions=(1, 2))
    factor = whole_number(factor, "factor")
    blocks = len(array) // factor
    if not blocks:
        raise ValueError(
            f"factor: expected at most the {len(array)} frame(s) given, found {factor}; "
            f"give a smaller factor or a longer recording"
        )
    kept = array[: blocks * factor].reshape(blocks, factor, *array.shape[1:])
    return kept.mean(axis=1, dtype=np.float64)


def _quartets(item: str | Sequence[int], molecule: Any) -> list[list[int]]:
    """Atom numbers of the named dihedrals of a molecule, or the four that were given."""
    if not isinstance(item, str):
        return [_atoms(item, 4, "dihedrals", molecule.n_atoms)]
    from mdtraj.geometry import dihedral

    finders = {
        "phi": dihedral.indices_phi,
        "psi": dihedral.indices_psi,
        "omega": dihedral.indices_omega,
    }
    if item not in finders:
        raise ValueError(
            f"dihedrals: expected one of {listed(finders)}, found {item!r}; "
            f"give one of these or four atom numbers"
        )
    found = finders[item](molecule)
    if not len(found):
        raise ValueError(f"dihedrals: the topology has no {item!r}; give four atom numbers")
    return np.asarray(found).tolist()


def _atoms(item: Sequence[int], count: int, name: str, n_atoms: int) -> list[int]:
    if not isinstance(item, Sequence | np.ndarray) or len(item) != count:
        raise ValueError(
            f"{name}: expected {count} atom numbers for each, found {item!r}; give a list of such"
        )
    atoms = [whole_number(atom, name, minimum=0) for atom in item]
    if max(atoms) >= n_atoms:
        raise ValueError(
            f"{name}: expected atom numbers from 0 to {n_atoms - 1}, found {item}; "
            f"atoms are counted from 0"
        )
    return atoms


def _existing(path: str | os.PathLike[str], name: str = "path") -> Path:
    file = Path(path)
    if not file.is_file():
        found = "a folder" if file.is_dir() else "nothing there"
        raise FileNotFoundError(f"{name}: expected a file at {file}, found {found}; check the path")
    return file


def _finite(array: NDArray, name: str) -> Array:
    """As finite_array, but in blocks: a mapped file should not fill the memory."""
    probe = array[:1] if array.ndim in (1, 2) else array
    finite_array(probe, name, dimensions=(1, 2))
    if array.dtype not in (np.float32, np.float64):  # integers, another byte order, float16
        small = array.dtype.kind == "f" and array.dtype.itemsize <= 4
        array = array.astype(np.float32 if small else np.float64)
    for first in range(0, len(array), _SCAN_FRAMES):
        if not np.isfinite(array[first : first + _SCAN_FRAMES]).all():
            finite_array(array, name, dimensions=(1, 2))
    return array


def _read_npy(file: Path, fields: Fields, mmap: bool) -> NDArray:
    try:
        array = np.load(file, mmap_mode="r" if mmap else None, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise damaged(file, error) from error
    return array if fields is None else _columns(array, [], fields, file)


def _columns(array: NDArray, names: Sequence[str], fields: Fields, file: Path) -> NDArray:
    """The asked columns of a table; one name or number gives one axis."""
    if array.ndim != 2:
        raise ValueError(f"fields: {file} has shape {array.shape}, no columns; leave fields out")
    numbers = []
    for field in [fields] if isinstance(fields, str | int) else list(fields or ()):
        if isinstance(field, str):
            if names.count(field) != 1:
                raise ValueError(
                    f"fields: expected one column {field!r} in {file}, found {names.count(field)}; "
                    f"its names are: {listed(names)}"
                )
            field = names.index(field)
        if whole_number(field, "fields", minimum=0) >= array.shape[1]:
            raise ValueError(
                f"fields: expected columns from 0 to {array.shape[1] - 1}, found {field}; "
                f"columns are counted from 0"
            )
        numbers.append(field)
    if not numbers:
        raise ValueError("fields: found an empty list; name a column, or leave fields out")
    return array[:, numbers[0] if isinstance(fields, str | int) else numbers]


def _read_text(file: Path, fields: Fields) -> NDArray:
    table, names = read_table(file)
    if fields is not None:
        return _columns(table, names, fields, file)
    return table[:, 0] if table.shape[1] == 1 else table
