"""A ball-and-stick picture of a molecule that readers can turn in their browser."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import finite_array, whole_number
from lstm_md._support.picture_page import page
from lstm_md.figures import COLOURS
from reproduction.dipeptide.structure import dihedral
from reproduction.dipeptide.superposition import superpose_in_order

# Colour, and radius in pm, which is smaller than that of an atom so that bonds are visible.
BALLS = {"C": ("#555555", 38), "H": ("#dddddd", 24), "N": (COLOURS[0], 38), "O": (COLOURS[1], 38)}
MARKS = COLOURS[2:5]
HYDROGEN_BOND = 0.25  #: nm, the longest distance at which a hydrogen bond is drawn


class Molecule:
    """Conformations of a molecule that a reader can turn, and switch between.

    A notebook shows it as a picture, with a button for each conformation if there are several.

    Parameters
    ----------
    conformations : mapping of str to array_like, shape (atoms, 3) or (frames, atoms, 3)
        Positions in nm by name. Several frames are a path from the conformation before, and end
        with this one. Without a path, atoms move along straight lines.
    elements : sequence of str
        One per atom, from :data:`BALLS`.
    bonds : iterable of (int, int)
    name : str
        The molecule's name, for screen readers and for text without pictures.
    marks : mapping of str to four int, optional
        At most three dihedral angles by name. Their bonds are coloured and their values shown.
    hydrogen_bond : (int, int), optional
        Hydrogen and acceptor. The bond is drawn dotted up to a length of :data:`HYDROGEN_BOND`.

    Raises
    ------
    TypeError, ValueError
        If positions are not finite numbers of the right shape, an element is unknown, or an
        atom does not exist.

    Notes
    -----
    The first conformation lies as flat as possible. Each other one is superposed on the one
    before, so that only the shape changes.
    """

    def __init__(
        self,
        conformations: Mapping[str, ArrayLike],
        elements: Sequence[str],
        bonds: Iterable[Sequence[int]],
        *,
        name: str = "molecule",
        marks: Mapping[str, Sequence[int]] | None = None,
        hydrogen_bond: Sequence[int] | None = None,
    ) -> None:
        self.name, self.elements = name, _known(elements)
        n_atoms = len(self.elements)
        self.stops, frames = _concatenated(conformations, n_atoms)
        self.bonds = [_atoms(bond, "bonds", 2, n_atoms) for bond in bonds]
        self.marks = {
            mark: _atoms(four, "marks", 4, n_atoms) for mark, four in (marks or {}).items()
        }
        if len(self.marks) > len(MARKS):
            raise ValueError(f"marks: found {len(self.marks)}, give at most {len(MARKS)}")
        self.hydrogen_bond = (
            None if hydrogen_bond is None else _atoms(hydrogen_bond, "hydrogen_bond", 2, n_atoms)
        )
        self.frames = superpose_in_order(frames, self.stops.values())
        self.angles = _in_words(self.frames, self.marks)

    def _scene(self) -> dict[str, Any]:
        """Collect what molecule.js draws."""
        colour = {element: _rgb(BALLS[element][0]) for element in sorted({*self.elements})}
        marks = [
            {"name": mark, "bond": four[1:3], "colour": _rgb(mark_colour)}
            for mark_colour, (mark, four) in zip(MARKS, self.marks.items())
        ]
        marked = {frozenset(mark["bond"]): mark["colour"] for mark in marks}
        return {
            "elements": self.elements,
            "balls": {element: [colour[element], BALLS[element][1]] for element in colour},
            "halves": [
                [one, other, marked.get(frozenset(bond), colour[self.elements[one]])]
                for bond in self.bonds
                for one, other in (bond, bond[::-1])
            ],
            "marks": marks,
            "hydrogenBond": self.hydrogen_bond,
            "bonded": self._bonded(),
            "stops": list(self.stops.values()),
            "labels": [self._label(stop) for stop in self.stops],
            "angles": self.angles,
            "reach": round(1000 * np.linalg.norm(self.frames, axis=2).max()) + 50,
            "frames": np.rint(1000 * self.frames).astype(int).tolist(),
        }

    def _bonded(self) -> list[bool]:
        """Whether each frame has a hydrogen bond."""
        if self.hydrogen_bond is None:
            return [False] * len(self.frames)
        hydrogen, acceptor = (self.frames[:, atom] for atom in self.hydrogen_bond)
        return (np.linalg.norm(acceptor - hydrogen, axis=1) <= HYDROGEN_BOND).tolist()

    def _label(self, stop: str) -> str:
        angles = self.angles[self.stops[stop]]
        return f"Ball-and-stick picture of {self.name}, {stop}" + (f": {angles}" if angles else "")

    def __repr__(self) -> str:
        angles = {stop: self.angles[frame] for stop, frame in self.stops.items()}
        each = [f"{stop} ({words})" if words else stop for stop, words in angles.items()]
        return f"{self.name}, {len(self.elements)} atoms to turn by hand: {', '.join(each)}"

    def _repr_html_(self) -> str:
        label = self._label(next(iter(self.stops)))
        buttons = [
            f'<button type="button" aria-pressed="{pressed}">{html.escape(stop)}</button>'
            for stop, pressed in zip(self.stops, ("true", *["false"] * len(self.stops)))
        ]
        content = (
            f'<canvas role="img" tabindex="0" aria-label="{html.escape(label)}"></canvas>\n'
            f"<div>{''.join(buttons) if len(buttons) > 1 else ''}<span></span></div>\n"
            "<p>A script draws it: trust this notebook to see the molecule.</p>"
        )
        return page(
            "lstm-md-molecule", content, "molecule", "showMolecule", self._scene(),
            name="molecule", package="reproduction.dipeptide",
        )  # fmt: skip


def _known(elements: Sequence[str]) -> list[str]:
    for atom, element in enumerate(elements):
        if element not in BALLS:
            raise ValueError(
                f"elements: found {element!r} at index {atom}; give one of {', '.join(BALLS)}"
            )
    return list(elements)


def _atoms(given: Sequence[int], name: str, count: int, n_atoms: int) -> list[int]:
    """Check that these are so many different atoms of the molecule."""
    atoms = [whole_number(atom, name, minimum=0) for atom in given]
    if len(atoms) != count or len({*atoms}) != count:
        raise ValueError(
            f"{name}: expected {count} different atoms, found {given}; give their indices"
        )
    if max(atoms) >= n_atoms:
        raise ValueError(
            f"{name}: found atom {max(atoms)} in {given}, but elements has {n_atoms} atoms; "
            f"give indices from 0 to {n_atoms - 1}"
        )
    return atoms


def _concatenated(
    conformations: Mapping[str, ArrayLike], n_atoms: int
) -> tuple[dict[str, int], NDArray[np.floating]]:
    """Return the frame of each conformation, and all frames, shape (frames, atoms, 3)."""
    stops: dict[str, int] = {}
    frames = np.empty((0, n_atoms, 3))
    for name, given in conformations.items():
        where = f"conformations[{name!r}]"
        path = finite_array(given, where, dimensions=(2, 3)).astype(np.float64)
        if path.shape[-2:] != (n_atoms, 3):
            raise ValueError(
                f"{where}: expected shape ({n_atoms}, 3) or (frames, {n_atoms}, 3) for {n_atoms} "
                f"elements, found {path.shape}; give positions of the same atoms"
            )
        if path.ndim == 3 and not stops:
            raise ValueError(
                f"{where}: the first conformation has no path to it, found shape {path.shape}; "
                f"give ({n_atoms}, 3)"
            )
        frames = np.concatenate([frames, path.reshape(-1, n_atoms, 3)])
        stops[name] = len(frames) - 1
    if not stops:
        raise ValueError("conformations: none given; give positions by name")
    return stops, frames


def _in_words(frames: NDArray[np.floating], marks: Mapping[str, Sequence[int]]) -> list[str]:
    """Write the dihedral angles of each frame in degrees."""
    angles = np.array([dihedral(frames, (a, b, c, d)) for a, b, c, d in marks.values()])
    degrees = np.rint(np.degrees(angles)).astype(int).reshape(len(marks), len(frames))
    words = [", ".join(f"{mark} {angle}°" for mark, angle in zip(marks, row)) for row in degrees.T]
    return [each.replace("-", "−") for each in words]


def _rgb(colour: str) -> list[int]:
    return [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
