"""The molecule ACE-ALA-NME: its atoms, bonds, positions and dihedral angles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.checks import real_number

PHI, PSI = (1, 6, 8, 9), (6, 8, 9, 16)  #: Atoms of the dihedral angles
_PHI, _PSI = -80.0, 75.0  # of the C7eq conformation, in degrees

# Residue, name and element; the atoms that place it by a bond, an angle and a dihedral angle; and
# these three values in nm and degrees. The configuration at CA is that of L-alanine.
ATOMS: tuple[tuple[str, str, str, tuple[int, ...], tuple[float, ...]], ...] = (
    ("ACE", "CH3", "C", (), ()),
    ("ACE", "C", "C", (0,), (0.151,)),
    ("ACE", "O", "O", (1, 0), (0.123, 120.5)),
    ("ACE", "H1", "H", (0, 1, 2), (0.109, 109.5, 0.0)),
    ("ACE", "H2", "H", (0, 1, 2), (0.109, 109.5, 120.0)),
    ("ACE", "H3", "H", (0, 1, 2), (0.109, 109.5, -120.0)),
    ("ALA", "N", "N", (1, 0, 2), (0.1335, 116.6, 180.0)),
    ("ALA", "H", "H", (6, 1, 0), (0.101, 120.0, 0.0)),
    ("ALA", "CA", "C", (6, 1, 0), (0.145, 121.9, 180.0)),
    ("ALA", "C", "C", (8, 6, 1), (0.1525, 111.0, _PHI)),
    ("ALA", "CB", "C", (8, 6, 1), (0.1526, 110.0, _PHI - 122.0)),
    ("ALA", "HA", "H", (8, 6, 1), (0.109, 109.0, _PHI + 119.0)),
    ("ALA", "HB1", "H", (10, 8, 6), (0.109, 109.5, 60.0)),
    ("ALA", "HB2", "H", (10, 8, 6), (0.109, 109.5, 180.0)),
    ("ALA", "HB3", "H", (10, 8, 6), (0.109, 109.5, -60.0)),
    ("ALA", "O", "O", (9, 8, 6), (0.123, 120.5, _PSI - 180.0)),
    ("NME", "N", "N", (9, 8, 6), (0.1335, 116.6, _PSI)),
    ("NME", "H", "H", (16, 9, 8), (0.101, 120.0, 0.0)),
    ("NME", "C", "C", (16, 9, 8), (0.145, 121.9, 180.0)),
    ("NME", "H1", "H", (18, 16, 9), (0.109, 109.5, 60.0)),
    ("NME", "H2", "H", (18, 16, 9), (0.109, 109.5, 180.0)),
    ("NME", "H3", "H", (18, 16, 9), (0.109, 109.5, -60.0)),
)
BONDS = tuple((atom, placed_by[0]) for atom, (*_, placed_by, _) in enumerate(ATOMS) if placed_by)


class Structure(NamedTuple):
    """A conformation of the molecule."""

    names: list[str]  #: Residue and atom, such as "ALA CA"
    elements: list[str]
    positions: NDArray[np.float64]  #: In nm, shape (22, 3)
    bonds: list[tuple[int, int]]


def structure(phi: float = _PHI, psi: float = _PSI) -> Structure:
    """Build the molecule from its bond lengths and angles.

    Parameters
    ----------
    phi, psi : float
        In degrees. The defaults give C7eq, where every simulation starts. The structure is not
        relaxed, so that atoms may overlap.

    Raises
    ------
    TypeError
        If an angle is not a finite number.
    """
    positions = cartesian(real_number(phi, "phi"), real_number(psi, "psi"))
    names = [f"{residue} {name}" for residue, name, *_ in ATOMS]
    return Structure(names, [element for _, _, element, *_ in ATOMS], positions, list(BONDS))


def degrees_of_freedom(constrained: bool = True) -> int:
    """Count the degrees of freedom of 22 atoms whose centre of mass rests.

    There are 51 if bonds to hydrogen are constrained, and 63 if not.
    """
    n_hydrogens = sum(element == "H" for _, _, element, *_ in ATOMS)
    return 3 * len(ATOMS) - 3 - (n_hydrogens if constrained else 0)


def dihedral(positions: NDArray[np.floating], atoms: tuple[int, int, int, int]) -> NDArray:
    """Compute a dihedral angle in radians, with the IUPAC sign.

    Parameters
    ----------
    positions : ndarray, shape (..., atoms, 3)
    atoms : four int

    Returns
    -------
    ndarray, shape (...)
    """
    a, b, c, d = (positions[..., atom, :] for atom in atoms)
    axis = c - b
    left, right = np.cross(b - a, axis), np.cross(axis, d - c)
    sine = np.linalg.norm(axis, axis=-1) * np.sum((b - a) * right, axis=-1)
    return np.arctan2(sine, np.sum(left * right, axis=-1))


def cartesian(phi: float = _PHI, psi: float = _PSI) -> NDArray[np.float64]:
    """Compute the positions in nm, shape (22, 3), for φ and ψ in degrees."""
    # Atoms that are placed by a dihedral angle about the bond of φ or ψ turn with it. They turn
    # by exactly 0 for C7eq, where the recorded simulations start.
    turns: dict[tuple[int, ...], float] = {PHI[2::-1]: phi - _PHI, PSI[2::-1]: psi - _PSI}
    positions = np.zeros((len(ATOMS), 3))
    for atom, (*_, placed_by, values) in enumerate(ATOMS):
        if not placed_by:
            continue
        length, *angles = values
        if not angles:
            positions[atom] = positions[placed_by[0]] + [length, 0.0, 0.0]
            continue
        bend, dihedral_angle = [*angles, 0.0][:2]
        angle, turn = np.radians([bend, dihedral_angle + turns.get(placed_by, 0.0)])
        c, b = positions[placed_by[0]], positions[placed_by[1]]
        # The third atom has no atom to define a dihedral angle yet, and may take any direction.
        a = positions[placed_by[2]] if len(placed_by) == 3 else b + [0.0, 1.0, 0.0]
        along = (c - b) / np.linalg.norm(c - b)
        normal = np.cross(b - a, along)
        normal /= np.linalg.norm(normal)
        across = np.cross(normal, along)
        local = np.array(
            [-np.cos(angle), np.sin(angle) * np.cos(turn), np.sin(angle) * np.sin(turn)]
        )
        positions[atom] = c + length * (local @ np.array([along, across, normal]))
    return positions
