"""CHARMM's forces as OpenMM's quicker ones, for a small molecule without a cut-off.

OpenMM writes CHARMM's Lennard-Jones pairs as formulas and looks its correction map up anew at each
step: on the Reference platform a step of 22 atoms takes 1 ms. As exceptions of the force that is
made for pairs, and as a spline over the same grid, the energies are the same to rounding, and a
step takes 25 µs.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

# How OpenMM 8 writes the pairs: in general, and those of atoms that are three bonds apart.
PAIRS = "acoef(type1, type2)/r^12 - bcoef(type1, type2)/r^6;"
NEAR_PAIRS = "4*epsilon*((sigma/r)^12-(sigma/r)^6)"


def quicken(system: Any, mm: Any) -> None:
    """Change the forces of an ``openmm.System`` in place; those of other force fields stay.

    Parameters
    ----------
    system : openmm.System
    mm : module
        ``openmm``.
    """
    by_type = {type(force): force for force in system.getForces()}
    pairs, near = by_type.get(mm.CustomNonbondedForce), by_type.get(mm.CustomBondForce)
    if pairs is not None and near is not None:
        written = pairs.getEnergyFunction(), near.getEnergyFunction()
        if written == (PAIRS, NEAR_PAIRS):  # else slow, and right
            _as_exceptions(by_type[mm.NonbondedForce], pairs, near)
            _remove(system, (mm.CustomNonbondedForce, mm.CustomBondForce))
    maps = by_type.get(mm.CMAPTorsionForce)
    if maps is not None and maps.getNumTorsions() == 1:
        system.addForce(_as_spline(maps, mm))
        _remove(system, (mm.CMAPTorsionForce,))


def _as_exceptions(plain: Any, pairs: Any, near: Any) -> None:
    """Add each pair to the plain force as an exception, with its charges and Lennard-Jones."""
    n_atoms = plain.getNumParticles()
    charges = [plain.getParticleParameters(k)[0]._value for k in range(n_atoms)]
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
        plain.addException(i, j, charges[i] * charges[j], sigma, epsilon)
    of_pair = {
        frozenset(plain.getExceptionParameters(k)[:2]): k for k in range(plain.getNumExceptions())
    }
    for k in range(near.getNumBonds()):
        i, j, (sigma, epsilon) = near.getBondParameters(k)
        exception = of_pair[frozenset((i, j))]
        charge = plain.getExceptionParameters(exception)[2]
        plain.setExceptionParameters(exception, i, j, charge, sigma, epsilon)


def _as_spline(maps: Any, mm: Any) -> Any:
    """The correction map over φ and ψ as a periodic spline over its grid."""
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


def _remove(system: Any, kinds: tuple[type, ...]) -> None:
    for k in reversed(range(system.getNumForces())):
        if isinstance(system.getForce(k), kinds):
            system.removeForce(k)
