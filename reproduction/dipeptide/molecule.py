"""A molecule to turn by hand: a ball-and-stick picture that needs nothing but a browser."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import finite_array, whole_number
from lstm_md.figures import COLOURS
from reproduction.dipeptide.peptide import dihedral

# Colour, and radius in pm: small beside that of an atom, so that bonds are seen.
BALLS = {"C": ("#555555", 38), "H": ("#dddddd", 24), "N": (COLOURS[0], 38), "O": (COLOURS[1], 38)}
MARKS = COLOURS[2:5]
HYDROGEN_BOND = 0.25  # nm; where the two are farther apart, no bond is drawn

_PAGE = """\
<div class="lstm-md-molecule" data-molecule="{key}" data-lm-suppress-shortcuts="true">
<style>
.lstm-md-molecule {{ max-width: 520px; }}
.lstm-md-molecule canvas {{ display: block; width: 100%; height: 360px; cursor: grab;
  touch-action: pan-y; user-select: none; -webkit-user-select: none; transition: color 1ms; }}
.lstm-md-molecule canvas:active {{ cursor: grabbing; }}
.lstm-md-molecule div {{ margin-top: 0.4em; }}
.lstm-md-molecule button {{ font: inherit; color: inherit; background: none; cursor: pointer;
  border: 1px solid; border-radius: 4px; padding: 0.2em 0.8em; margin-right: 0.4em; }}
.lstm-md-molecule button[aria-pressed=true] {{ box-shadow: inset 0 0 0 1px; font-weight: 600; }}
.lstm-md-molecule span {{ font-variant-numeric: tabular-nums; margin-left: 0.4em; }}
.lstm-md-molecule p {{ margin: 0.4em 0 0; font-size: 0.9em; }}
</style>
<canvas role="img" tabindex="0" aria-label="{label}"></canvas>
<div>{buttons}<span></span></div>
<p>A script draws it: trust this notebook to see the molecule.</p>
<script>
(() => {{
{script}
// A script that runs elsewhere finds the first of its pictures that has not begun.
const own = document.currentScript && document.currentScript.closest("[data-molecule]");
const root = own || document.querySelector("[data-molecule='{key}']:not([data-begun])");
if (root) {{
root.dataset.begun = "";
showMolecule(root, {scene});
}}
}})();
</script>
</div>"""


class Molecule:
    """Conformations of a molecule, drawn so that a reader can turn them and go between them.

    Parameters
    ----------
    conformations : mapping of str to array_like, shape (atoms, 3) or (frames, atoms, 3)
        Positions in nm, a button for each name. Three axes are the way there from the conformation
        before, which ends with it; without a way, atoms move along straight lines.
    elements : sequence of str, one an atom
        Of :data:`BALLS`.
    bonds : iterable of (int, int)
    name : str
        What a screen reader and a text without pictures call the molecule.
    marks : mapping of str to four int, optional
        Dihedral angles by name, three at most: their bonds are coloured, their values shown.
    hydrogen_bond : (int, int), optional
        Hydrogen and acceptor; dotted while no farther apart than :data:`HYDROGEN_BOND`.

    Raises
    ------
    TypeError, ValueError
        If positions are not finite numbers or not of one shape, an element is not known, or an
        atom is not there.

    Notes
    -----
    The first conformation lies as flat as it can; each other is superposed on the one before, so
    that what moves is the shape.
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
        self.stops, frames = _in_a_row(conformations, n_atoms)
        self.bonds = [_atoms(bond, "bonds", 2, n_atoms) for bond in bonds]
        self.marks = {
            mark: _atoms(four, "marks", 4, n_atoms) for mark, four in (marks or {}).items()
        }
        if len(self.marks) > len(MARKS):
            raise ValueError(f"marks: found {len(self.marks)}, give at most {len(MARKS)}")
        self.hydrogen_bond = (
            None if hydrogen_bond is None else _atoms(hydrogen_bond, "hydrogen_bond", 2, n_atoms)
        )
        self.frames = _facing(frames, self.stops.values())
        self.angles = _in_words(self.frames, self.marks)

    def _scene(self) -> dict[str, Any]:
        """What molecule.js draws."""
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
        """Whether there is a hydrogen bond, in each frame."""
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
        # No tag may end or begin within a script.
        scene = json.dumps(self._scene(), ensure_ascii=False, separators=(",", ":"))
        scene = scene.replace("<", "\\u003c")
        buttons = [
            f'<button type="button" aria-pressed="{pressed}">{html.escape(stop)}</button>'
            for stop, pressed in zip(self.stops, ("true", *["false"] * len(self.stops)))
        ]
        return _PAGE.format(
            key=sha256(scene.encode()).hexdigest()[:12],
            label=html.escape(self._label(next(iter(self.stops)))),
            buttons="".join(buttons) if len(buttons) > 1 else "",
            script=files("reproduction.dipeptide")
            .joinpath("molecule.js")
            .read_text("utf-8")
            .strip(),
            scene=scene,
        )


def _known(elements: Sequence[str]) -> list[str]:
    for atom, element in enumerate(elements):
        if element not in BALLS:
            raise ValueError(
                f"elements: found {element!r} at index {atom}; give one of {', '.join(BALLS)}"
            )
    return list(elements)


def _atoms(given: Sequence[int], name: str, count: int, n_atoms: int) -> list[int]:
    """So many different atoms of the molecule."""
    atoms = [whole_number(atom, name, minimum=0) for atom in given]
    if len(atoms) != count or len({*atoms}) != count:
        raise ValueError(
            f"{name}: expected {count} different atoms, found {given}; give their indices"
        )
    if max(atoms) >= n_atoms:
        raise ValueError(
            f"{name}: found atom {max(atoms)} in {given}, elements has {n_atoms} atoms; "
            f"give indices from 0 to {n_atoms - 1}"
        )
    return atoms


def _in_a_row(
    conformations: Mapping[str, ArrayLike], n_atoms: int
) -> tuple[dict[str, int], NDArray[np.floating]]:
    """The frame that each conformation is, and all frames: (frames, atoms, 3)."""
    stops: dict[str, int] = {}
    frames = np.empty((0, n_atoms, 3))
    for name, given in conformations.items():
        where = f"conformations[{name!r}]"
        way = finite_array(given, where, dimensions=(2, 3)).astype(np.float64)
        if way.shape[-2:] != (n_atoms, 3):
            raise ValueError(
                f"{where}: expected shape ({n_atoms}, 3) or (frames, {n_atoms}, 3) for {n_atoms} "
                f"elements, found {way.shape}; give positions of the same atoms"
            )
        if way.ndim == 3 and not stops:
            raise ValueError(
                f"{where}: the first has no way to it, found shape {way.shape}; give ({n_atoms}, 3)"
            )
        frames = np.concatenate([frames, way.reshape(-1, n_atoms, 3)])
        stops[name] = len(frames) - 1
    if not stops:
        raise ValueError("conformations: none given; give positions by name")
    return stops, frames


def _facing(frames: NDArray[np.floating], stops: Iterable[int]) -> NDArray[np.floating]:
    """Centred; the first as flat as it lies, each conformation superposed on the one before.

    What is on a way is superposed on what lies between its ends.
    """
    frames = frames - frames.mean(axis=1, keepdims=True)
    axes = np.linalg.svd(frames[0])[2]
    # From the first atom to the last goes to the right, and most is above the long axis.
    axes[0] *= np.sign(axes[0] @ (frames[0, -1] - frames[0, 0])) or 1.0
    axes[1] *= np.sign(np.sum((frames[0] @ axes[1]) ** 3)) or 1.0
    axes[2] = np.cross(axes[0], axes[1])
    frames[0] = frames[0] @ axes.T
    for start, end in pairwise(stops):
        frames[end] = _superposed(frames[end], frames[start])
        for k in range(start + 1, end):
            share = (k - start) / (end - start)
            between = (1 - share) * frames[start] + share * frames[end]
            frames[k] = _superposed(frames[k], between)
    return frames


def _superposed(places: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.floating]:
    """Turned about the origin to where it is nearest (Kabsch 1976)."""
    left, _, right = np.linalg.svd(places.T @ target)
    left[:, -1] *= np.sign(np.linalg.det(left @ right)) or 1.0  # no mirror image
    return places @ left @ right


def _in_words(frames: NDArray[np.floating], marks: Mapping[str, Sequence[int]]) -> list[str]:
    """The dihedral angles of each frame."""
    each = np.array([dihedral(frames, (a, b, c, d)) for a, b, c, d in marks.values()])
    whole = np.rint(np.degrees(each)).astype(int).reshape(len(marks), len(frames))
    words = [", ".join(f"{mark} {angle}°" for mark, angle in zip(marks, row)) for row in whole.T]
    return [text.replace("-", "−") for text in words]


def _rgb(colour: str) -> list[int]:
    return [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
