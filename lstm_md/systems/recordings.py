"""Trajectories in files: NumPy, NetCDF, HDF5, text, PLUMED's COLVAR, molecular dynamics.

Pickled objects are never loaded.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.checks import finite_array, whole_number
from lstm_md.systems._arrays import Fields, damaged, listed, read_hdf5, read_netcdf, read_npz
from lstm_md.systems._text import columns, read_table

Array = NDArray[np.floating]

_BLOCK_FRAMES = 1 << 20  # frames that are checked at a time


def load(path: str | os.PathLike[str], *, fields: Fields = None, mmap: bool = True) -> Array:
    r"""Read a trajectory from a .npy, .npz, NetCDF, HDF5, text or PLUMED COLVAR file.

    The content decides on the format, not the extension.

    Parameters
    ----------
    path : path
        In a text file, commas, semicolons, tabs or spaces separate the cells. Lines may end with
        ``\n``, ``\r\n`` or ``\r``. A comment follows ``#``. There may be one line of column
        names; COLVAR names its columns in a line ``#! FIELDS``. With semicolons, the decimal mark
        may be a comma. NetCDF 4 and HDF5 need h5py, which Keras installs. Packed numbers of
        NetCDF are unpacked. A value is missing, and NaN, if it is marked as missing, lies outside
        the valid range, or was never written.
    fields : str, int or sequence of these, optional
        The columns by name or by number from 0, or the arrays of an ``.npz``, NetCDF or HDF5 file
        by name. One of them gives shape (frames,), a sequence gives (frames, dimensions). If left
        out: all columns, including ``time``; of named arrays, the only one of numbers that is
        neither metadata (a single number, text, objects) nor an axis of NetCDF.
    mmap : bool
        Leave a ``.npy`` file on the disk, and read its frames when they are used.

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
        If the file is truncated, binary, pickled or empty, has rows of unequal length, cells that
        are not numbers, or a NaN or infinite value, or lacks a field. The message says where.
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
            f"path: {file} is NetCDF in its 64-bit data format, which load cannot read; convert "
            f"it with `nccopy -k nc4`"
        )
    elif start.startswith(b"\x89HDF\r\n\x1a\n"):
        array = read_hdf5(file, fields)
    elif re.match(rb"\x80[\x02-\x05]", start) or (start and file.suffix in (".npy", ".npz")):
        raise ValueError(
            f"path: {file} is not a NumPy file (it may be pickled, truncated or something else); "
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
    """Compute dihedral angles and distances along a trajectory that MDTraj can read.

    This needs MDTraj (the extra ``md``). The file is read in pieces, so it may be larger than the
    memory.

    Parameters
    ----------
    path : path
        Trajectory: .xtc, .dcd, .trr, .nc, .h5, .pdb and others.
    topology : path
        File that names the atoms, usually a .pdb.
    dihedrals : str or sequence, optional
        "phi", "psi" or "omega" (every such angle of the molecule), or four atom numbers from 0
        for each angle, e.g. ``["phi", (6, 8, 14, 16)]``.
    distances : sequence of pairs of atom numbers, optional
    stride : int
        Take every ``stride``-th frame.

    Returns
    -------
    ndarray of float32, shape (frames,) or (frames, columns)
        Dihedrals in radians from −π to π, then distances in nanometres, in the order given.

    Raises
    ------
    ModuleNotFoundError
        If MDTraj is not installed.
    FileNotFoundError, TypeError, ValueError
        If a file is missing or damaged, or the molecule has no such angle or atom.
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
    except Exception as error:  # MDTraj raises errors of many kinds
        raise ValueError(f"topology: MDTraj cannot read {atoms_file}: {error}") from error
    asked = [dihedrals] if isinstance(dihedrals, str) else list(dihedrals or ())
    angles = [quartet for item in asked for quartet in _quartets(item, molecule)]
    pairs = [_atoms(pair, 2, "distances", molecule.n_atoms) for pair in distances or ()]
    if not angles and not pairs:
        raise ValueError('dihedrals, distances: give at least one, e.g. dihedrals=["phi", "psi"]')

    pieces, n_read = [], 0
    try:
        for piece in mdtraj.iterload(str(file), top=molecule, chunk=1000):
            # MDTraj's own stride has another meaning for a chunk in each format.
            kept = piece if stride == 1 else piece[-n_read % stride :: stride]
            n_read += len(piece)
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


def _quartets(item: str | Sequence[int], molecule: Any) -> list[list[int]]:
    """Return the atom numbers of all dihedrals of a name, or the four numbers that were given."""
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
            f"{name}: expected {count} atom numbers for each, found {item!r}; give a list of them"
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
    """Check as finite_array does, but in blocks, so that a mapped file does not fill the memory."""
    first_frame = array[:1] if array.ndim in (1, 2) else array
    finite_array(first_frame, name, dimensions=(1, 2))
    if array.dtype not in (np.float32, np.float64):  # integers, another byte order, float16
        small = array.dtype.kind == "f" and array.dtype.itemsize <= 4
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
    return array if fields is None else columns(array, [], fields, file)


def _read_text(file: Path, fields: Fields) -> NDArray:
    table, names = read_table(file)
    if fields is not None:
        return columns(table, names, fields, file)
    return table[:, 0] if table.shape[1] == 1 else table
