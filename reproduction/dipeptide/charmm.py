"""CHARMM's forces in a form that OpenMM computes faster, for a small molecule without a cut-off.

OpenMM evaluates CHARMM's Lennard-Jones pairs as formulas and looks up its correction map at each
step. A step of 22 atoms then takes 1 ms on the Reference platform. Here the pairs become
exceptions of the nonbonded force, and the map becomes a spline over the same grid. A step takes
25 µs, and the energies are the same to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

# OpenMM 8's formulas for all pairs, and for pairs of atoms that are three bonds apart.
PAIRS = "acoef(type1, type2)/r^12 - bcoef(type1, type2)/r^6;"
NEAR_PAIRS = "4*epsilon*((sigma/r)^12-(sigma/r)^6)"


def of_residue(file: Path, name: str) -> StringIO:
    """Return the part of a force field that concerns one residue, as XML for ``ForceField``.

    OpenMM reads CHARMM's whole file, and then tries every patch on every residue. That takes 40
    seconds. The part takes one second, and gives the same energies.

    Parameters
    ----------
    file : Path
        OpenMM's file of the force field.
    name : str
        A residue of the file.

    Raises
    ------
    ValueError
        If the file has no such residue.
    """
    root = ElementTree.parse(file).getroot()
    _keep(root, "Residues", lambda one: one.get("name") == name)
    types = {atom.get("type") for atom in root.iterfind("./Residues/Residue/Atom")}
    if not types:
        raise ValueError(f"name: {file.name} has no residue {name!r}")
    _keep(root, "Patches", lambda _: False)
    _keep(root, "AtomTypes", lambda one: one.get("name") in types)
    known = {"type": types, "class": {one.get("class") for one in root.iter("Type")}}
    for force in [part.tag for part in root if part.tag.endswith("Force")]:
        _keep(
            root, force,
            lambda term: all(
                not value or value in known.get(key.rstrip("1234"), {value})
                for key, value in term.items()
            ),
        )  # fmt: skip
    return StringIO(ElementTree.tostring(root, encoding="unicode"))


def _keep(
    root: ElementTree.Element, part: str, kept: Callable[[ElementTree.Element], bool]
) -> None:
    """Remove the other elements of a part of the file."""
    for parent in root.iterfind(part):
        parent[:] = [element for element in parent if kept(element)]


def speed_up(system: Any, mm: Any) -> None:
    """Replace the slow forces of a system in place; other force fields stay as they are.

    Parameters
    ----------
    system : openmm.System
    mm : module
        ``openmm``.
    """
    by_type = {type(force): force for force in system.getForces()}
    pairs, near = by_type.get(mm.CustomNonbondedForce), by_type.get(mm.CustomBondForce)
    if pairs is not None and near is not None:
        formulas = pairs.getEnergyFunction(), near.getEnergyFunction()
        if formulas == (PAIRS, NEAR_PAIRS):  # unknown formulas stay: slow, but correct
            _as_exceptions(by_type[mm.NonbondedForce], pairs, near)
            _remove(system, (mm.CustomNonbondedForce, mm.CustomBondForce))
    maps = by_type.get(mm.CMAPTorsionForce)
    if maps is not None and maps.getNumTorsions() == 1:
        system.addForce(_as_spline(maps, mm))
        _remove(system, (mm.CMAPTorsionForce,))


def _as_exceptions(nonbonded: Any, pairs: Any, near: Any) -> None:
    """Add each pair to the nonbonded force as an exception, with charges and Lennard-Jones."""
    n_atoms = nonbonded.getNumParticles()
    charges = [nonbonded.getParticleParameters(k)[0]._value for k in range(n_atoms)]
    types = [int(pairs.getParticleParameters(k)[0]) for k in range(n_atoms)]
    (size, _, a), (_, _, b) = (
        pairs.getTabulatedFunction(k).getFunctionParameters() for k in (0, 1)
    )
    excluded = {frozenset(pairs.getExclusionParticles(k)) for k in range(pairs.getNumExclusions())}
    for i, j in combinations(range(n_atoms), 2):
        if frozenset((i, j)) in excluded:
            continue
        at = types[i] + size * types[j]
        sigma, epsilon = 1.0, 0.0
        if a[at] and b[at]:
            sigma, epsilon = (a[at] / b[at]) ** (1 / 6), b[at] ** 2 / (4 * a[at])
        nonbonded.addException(i, j, charges[i] * charges[j], sigma, epsilon)
    exception_of = {
        frozenset(nonbonded.getExceptionParameters(k)[:2]): k
        for k in range(nonbonded.getNumExceptions())
    }
    for k in range(near.getNumBonds()):
        i, j, (sigma, epsilon) = near.getBondParameters(k)
        exception = exception_of[frozenset((i, j))]
        charge = nonbonded.getExceptionParameters(exception)[2]
        nonbonded.setExceptionParameters(exception, i, j, charge, sigma, epsilon)


def _as_spline(maps: Any, mm: Any) -> Any:
    """Make a force of the correction map over φ and ψ: a periodic spline over its grid."""
    number, *atoms = maps.getTorsionParameters(0)
    size, energies = maps.getMapParameters(number)
    grid = np.array([energy._value for energy in energies]).reshape(size, size)
    spline = mm.Continuous2DFunction(
        size + 1,
        size + 1,
        np.pad(grid, ((0, 1), (0, 1)), mode="wrap").ravel(),
        *(0.0, 2 * np.pi, 0.0, 2 * np.pi),
        True,
    )
    force = mm.CustomCompoundBondForce(5, "map(dihedral(p1,p2,p3,p4), dihedral(p2,p3,p4,p5))")
    force.addTabulatedFunction("map", spline)
    force.addBond([*atoms[:4], atoms[7]])
    return force


def _remove(system: Any, types: tuple[type, ...]) -> None:
    for k in reversed(range(system.getNumForces())):
        if isinstance(system.getForce(k), types):
            system.removeForce(k)
