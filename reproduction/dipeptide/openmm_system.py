"""Alanine dipeptide as OpenMM needs it: topology, system and integrator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reproduction.dipeptide import charmm
from reproduction.dipeptide.structure import ATOMS, BONDS

FILES = {
    "amber03": "amber03.xml",
    "amber99sb-ildn": "amber99sbildn.xml",
    "ff14SB": "amber14/protein.ff14SB.xml",
    "charmm36": "charmm36_2024.xml",
}  #: OpenMM's file of each force field
GAS_CONSTANT = 0.00831446261815324  #: kJ/mol/K
HEAT = "heat"  #: The integrator's variable for the energy that the thermostat has added


def openmm() -> Any:
    """Import OpenMM.

    Raises
    ------
    ModuleNotFoundError
        If it is not installed; the message says how to install it.
    """
    try:
        import openmm
        import openmm.app
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "OpenMM is not installed, and only a new simulation needs it; pip install "
            "'lstm-md[md]', or use the trajectories that the project ships"
        ) from error
    return openmm


def topology() -> Any:
    """Make the ``openmm.app.Topology`` of ACE-ALA-NME."""
    app = openmm().app
    made = app.Topology()
    chain = made.addChain()
    residues: dict[str, Any] = {}
    atoms = []
    for residue, name, element, *_ in ATOMS:
        if residue not in residues:
            residues[residue] = made.addResidue(residue, chain)
        symbol = app.Element.getBySymbol(element)
        atoms.append(made.addAtom(name, symbol, residues[residue]))
    for one, other in BONDS:
        made.addBond(atoms[one], atoms[other])
    return made


def system(force_field: str, constrained: bool) -> Any:
    """Make the ``openmm.System`` of a force field in :data:`FILES`.

    It removes the motion of the centre of mass. With ``constrained``, bonds to hydrogen have
    fixed lengths.
    """
    app = openmm().app
    parameters: Any = FILES[force_field]
    if force_field == "charmm36":
        parameters = charmm.of_residue(Path(app.__file__).parent / "data" / parameters, "ALAD")
    made = app.ForceField(parameters).createSystem(
        topology(),
        nonbondedMethod=app.NoCutoff,
        constraints=app.HBonds if constrained else None,
        removeCMMotion=True,
    )
    charmm.speed_up(made, openmm())
    return made


def integrator(settings: Mapping[str, Any], n_degrees: int) -> Any:
    """Make the integrator for a thermostat: velocity Verlet with rescaling, or Langevin dynamics.

    Parameters
    ----------
    settings : mapping
        ``time_step_fs``, ``temperature``, ``relaxation_time_ps`` and ``thermostat`` of
        :func:`reproduction.dipeptide.molecular_dynamics.simulate`.
    n_degrees : int
        Degrees of freedom of the molecule.
    """
    step_ps = settings["time_step_fs"] / 1000
    temperature, relaxation = settings["temperature"], settings["relaxation_time_ps"]
    if settings["thermostat"] == "langevin":
        return openmm().LangevinMiddleIntegrator(temperature, 1 / relaxation, step_ps)
    made = openmm().CustomIntegrator(step_ps)
    decay = math.exp(-step_ps / relaxation)
    made.addGlobalVariable("decay", decay)
    # The mean energy that a degree of freedom receives: (1 − c) kT/2 in Eq A7 of Bussi et al.
    made.addGlobalVariable("share", (1 - decay) * GAS_CONSTANT * temperature / 2)
    for name in (HEAT, "kinetic", "scale", "first", "others"):
        made.addGlobalVariable(name, 0.0)
    made.addPerDofVariable("before", 0.0)
    made.addPerDofVariable("counted", 0.0)
    made.addUpdateContextState()
    made.addComputePerDof("v", "v + 0.5*dt*f/m")
    made.addComputePerDof("x", "x + dt*v")
    made.addComputePerDof("before", "x")
    made.addConstrainPositions()
    made.addComputePerDof("v", "v + 0.5*dt*f/m + (x - before)/dt")
    made.addConstrainVelocities()
    # Eq A7: K' = c K + share (R1² + Σ Ri²) + 2 R1 √(c K share)
    made.addComputeSum("kinetic", "0.5*m*v*v")
    made.addComputeSum("others", "counted*gaussian^2")
    made.addComputeGlobal("first", "gaussian")
    made.addComputeGlobal(
        "scale",
        "decay + share*(first^2 + others)/kinetic + 2*first*sqrt(decay*share/kinetic)",
    )
    made.addComputePerDof("v", "sqrt(scale)*v")
    made.addComputeGlobal(HEAT, f"{HEAT} + kinetic*(scale - 1)")
    # With R1, as many random numbers as degrees of freedom; it does not matter which atoms draw.
    n_atoms = len(ATOMS)
    flags = [1.0] * (n_degrees - 1) + [0.0] * (3 * n_atoms - n_degrees + 1)
    made.setPerDofVariableByName(
        "counted", [tuple(flags[3 * k : 3 * k + 3]) for k in range(n_atoms)]
    )
    return made
