"""The structure of ACE-ALA-NME: atoms, bonds, and positions from bond lengths and angles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PHI, PSI = (1, 6, 8, 9), (6, 8, 9, 16)  # atoms of the dihedral angles
_F, _P = -80.0, 75.0  # φ and ψ of the C7eq conformation, in degrees

# Residue, name, element; then the atoms that it makes a bond, an angle and a dihedral with, and
# these in nm and degrees. The centre of CA is that of L-alanine.
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
    ("ALA", "C", "C", (8, 6, 1), (0.1525, 111.0, _F)),
    ("ALA", "CB", "C", (8, 6, 1), (0.1526, 110.0, _F - 122.0)),
    ("ALA", "HA", "H", (8, 6, 1), (0.109, 109.0, _F + 119.0)),
    ("ALA", "HB1", "H", (10, 8, 6), (0.109, 109.5, 60.0)),
    ("ALA", "HB2", "H", (10, 8, 6), (0.109, 109.5, 180.0)),
    ("ALA", "HB3", "H", (10, 8, 6), (0.109, 109.5, -60.0)),
    ("ALA", "O", "O", (9, 8, 6), (0.123, 120.5, _P - 180.0)),
    ("NME", "N", "N", (9, 8, 6), (0.1335, 116.6, _P)),
    ("NME", "H", "H", (16, 9, 8), (0.101, 120.0, 0.0)),
    ("NME", "C", "C", (16, 9, 8), (0.145, 121.9, 180.0)),
    ("NME", "H1", "H", (18, 16, 9), (0.109, 109.5, 60.0)),
    ("NME", "H2", "H", (18, 16, 9), (0.109, 109.5, 180.0)),
    ("NME", "H3", "H", (18, 16, 9), (0.109, 109.5, -60.0)),
)
BONDS = tuple((atom, others[0]) for atom, (*_, others, _) in enumerate(ATOMS) if others)


def cartesian(phi: float = _F, psi: float = _P) -> NDArray[np.float64]:
    """Positions in nm, shape (22, 3), with φ and ψ in degrees."""
    # What hangs on the bond of φ or ψ turns with it. From C7eq by nothing: a record starts there.
    turns: dict[tuple[int, ...], float] = {PHI[2::-1]: phi - _F, PSI[2::-1]: psi - _P}
    placed = np.zeros((len(ATOMS), 3))
    for atom, (*_, others, values) in enumerate(ATOMS):
        if not others:
            continue
        length, *angles = values
        if not angles:
            placed[atom] = placed[others[0]] + [length, 0.0, 0.0]
            continue
        bend, dihedral = [*angles, 0.0][:2]
        angle, turn = np.radians([bend, dihedral + turns.get(others, 0.0)])
        c, b = placed[others[0]], placed[others[1]]
        # Where there is no third atom yet, any direction will do.
        a = placed[others[2]] if len(others) == 3 else b + [0.0, 1.0, 0.0]
        along = (c - b) / np.linalg.norm(c - b)
        normal = np.cross(b - a, along)
        normal /= np.linalg.norm(normal)
        across = np.cross(normal, along)
        local = np.array(
            [-np.cos(angle), np.sin(angle) * np.cos(turn), np.sin(angle) * np.sin(turn)]
        )
        placed[atom] = c + length * (local @ np.array([along, across, normal]))
    return placed
