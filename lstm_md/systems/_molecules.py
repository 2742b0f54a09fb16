"""Molecular trajectories: atoms, distances across a periodic box, and files that are cut off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import netcdf_file

from lstm_md._support.checks import whole_number
from lstm_md.systems._arrays import listed

_TEXT = (".pdb", ".gro", ".xyz", ".mdcrd", ".crd", ".lammpstrj")
_INSIDE_MODEL = (b"ATOM  ", b"HETATM", b"MODEL ")


def frames_of(
    file: Path, molecule: Any, stride: int, atoms_file: Path
) -> Iterator[tuple[int, Any]]:
    """Yield pieces of a trajectory with every ``stride``-th frame, and the frames before each."""
    import mdtraj

    _refuse_cut_file(file)
    n_read = n_kept = 0
    try:
        for piece in mdtraj.iterload(str(file), top=molecule, chunk=1000):
            # MDTraj's own stride has another meaning for a chunk in each format.
            kept = piece if stride == 1 else piece[-n_read % stride :: stride]
            n_read += len(piece)
            yield n_kept, kept
            n_kept += len(kept)
        is_cut = file.suffix.lower() in (".xtc", ".trr") and file.stat().st_size % 4
    except ImportError as error:
        raise ModuleNotFoundError(
            f"path: MDTraj needs a package to read {file}, which is not installed ({error}); "
            f"pip install tables netCDF4",
            name=error.name,
        ) from error
    except Exception as error:
        raise ValueError(
            f"path: MDTraj cannot read {file} with the atoms of {atoms_file}, frame "
            f"{_first_bad_frame(file, molecule, n_read)}: {error}; check that the file is whole "
            f"and belongs to this topology"
        ) from error
    if is_cut:  # Everything in these files has a multiple of four bytes; MDTraj ignores fewer.
        raise _cut_file(file, f"inside frame {n_read}")


def distances_of(
    frames: Any, pairs: Sequence[Sequence[int]], periodic: bool | None, first: int, stride: int
) -> NDArray[np.float32]:
    """Compute distances, shape (frames, pairs); without ``periodic`` both ways must agree."""
    import mdtraj

    of_pairs = np.reshape(pairs, (-1, 2)).astype(int)
    as_stored = mdtraj.compute_distances(frames, of_pairs, periodic=bool(periodic))
    if periodic is not None or frames.unitcell_lengths is None:
        return as_stored
    nearest = mdtraj.compute_distances(frames, of_pairs)
    differs = np.argwhere(~np.isclose(as_stored, nearest, rtol=1e-3, atol=1e-3))
    if len(differs):
        frame, k = differs[0]
        raise ValueError(
            f"periodic: the distance of atoms {tuple(pairs[k])} in frame "
            f"{(first + frame) * stride} is {as_stored[frame, k]:.3g} nm in the file, and "
            f"{nearest[frame, k]:.3g} nm to the nearest image; give periodic=False if the molecule "
            f"is whole in the file, or periodic=True if the box boundary splits it"
        )
    return as_stored


def atoms_of_dihedrals(item: str | Sequence[int], molecule: Any) -> list[list[int]]:
    """Return the atom numbers of all dihedrals of a name, or the four numbers that were given."""
    if not isinstance(item, str):
        return [atoms_of(item, 4, "dihedrals", molecule.n_atoms)]
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


def atoms_of(item: Sequence[int], count: int, name: str, n_atoms: int) -> list[int]:
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


def _first_bad_frame(file: Path, molecule: Any, start: int) -> int:
    """Read frame by frame in the piece that could not be read; return the frame that fails."""
    import mdtraj

    with suppress(Exception):  # this is the frame that is looked for
        for piece in mdtraj.iterload(str(file), top=molecule, chunk=1, skip=start):
            start += len(piece)
    return start


def _refuse_cut_file(file: Path) -> None:
    """Refuse a file that ends inside a frame, where MDTraj would leave out that frame."""
    size, suffix = file.stat().st_size, file.suffix.lower()
    cut = ""
    if suffix == ".dcd":
        n_frames, rest = _frames_of_dcd(file, size)
        cut = f"inside frame {n_frames}" if rest else ""
    elif suffix in _TEXT and size:
        with open(file, "rb") as handle:
            has_models = b"\nMODEL " in b"\n" + handle.read(1 << 16)
            handle.seek(-min(size, 200), 2)
            end = handle.read()
        cut = "" if end.endswith((b"\n", b"\r")) else "inside a line"
        if suffix == ".pdb" and has_models and end.splitlines()[-1][:6] in _INSIDE_MODEL:
            cut = "inside a model"
    elif suffix in (".nc", ".netcdf", ".ncdf"):
        cut = "inside its arrays" if _is_cut_netcdf(file) else ""
    if cut:
        raise _cut_file(file, cut)


def _cut_file(file: Path, where: str) -> ValueError:
    return ValueError(
        f"path: {file} ends {where}, so it was cut off; copy it again, or write its whole frames "
        f"to a new file"
    )


def _frames_of_dcd(file: Path, size: int) -> tuple[int, int]:
    """Return the whole frames behind the header of a DCD file, and the bytes behind these.

    The number of frames in the header may be wrong where a simulation did not finish, so the size
    of the file decides. Each record stands between two copies of its length.
    """
    with open(file, "rb") as handle:
        marker = handle.read(4)
        order = "<" if marker == (84).to_bytes(4, "little") else ">"
        if marker != (84).to_bytes(4, "little" if order == "<" else "big"):
            return 0, 0  # MDTraj says what is wrong with it
        settings = np.frombuffer(handle.read(84)[4:], order + "i4")
        if len(settings) < 20 or settings[8]:
            return 0, 0  # frames differ in size where atoms are fixed
        ends = [92]
        while len(ends) < 6 + bool(settings[10]) + bool(settings[11]):
            handle.seek(ends[-1])
            length = handle.read(4)
            if len(length) < 4:
                return 0, int(len(ends) > 3)
            ends.append(ends[-1] + 8 + int(np.frombuffer(length, order + "i4")[0]))
    return divmod(size - ends[2], ends[-1] - ends[2])


def _is_cut_netcdf(file: Path) -> bool:
    with open(file, "rb") as handle:
        if handle.read(3) != b"CDF":
            return False  # NetCDF 4, whose library notices it
    try:
        with netcdf_file(file, mmap=False):
            return False
    except Exception:  # SciPy raises errors of many kinds
        return True
