"""Alanine dipeptide (ACE-ALA-NME) in vacuum, simulated with OpenMM, seen as φ and ψ.

The molecule of Fig 5 and Table 1. Needs the extra ``md``; what others read of a simulation,
:class:`DihedralTrajectory`, does not.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lstm_md._support.checkpoints import Checkpoint, signals_wait
from lstm_md._support.checks import real_number, whole_number
from reproduction.dipeptide import openmm_system as _openmm
from reproduction.dipeptide.structure import ATOMS, BONDS, PHI, PSI, cartesian

FORCE_FIELDS = tuple(_openmm.FILES)  #: That :func:`simulate` knows, by their names
THERMOSTATS = ("velocity rescaling", "langevin")  #: The same of thermostats
_SEGMENT_STEPS = 500_000  # each has a random stream of its own, so that a run can be resumed
_CHECKPOINT_MINUTES = 0.5
_CONSTRAINT_TOLERANCE = 1e-8


@dataclass(frozen=True)
class DihedralTrajectory:
    """The dihedral angles of a simulation.

    Attributes
    ----------
    phi, psi : ndarray of float32, shape (frames,)
        C–N–CA–C and N–CA–C–N, in radians from −π to π.
    kinetic_energy, conserved_energy : ndarray of float32, shape (frames,)
        In kJ/mol. What is conserved is the total energy less what the thermostat gave; NaN
        for a Langevin thermostat, which keeps no account.
    time_per_frame_ps : float
    """

    phi: NDArray[np.float32]
    psi: NDArray[np.float32]
    kinetic_energy: NDArray[np.float32]
    conserved_energy: NDArray[np.float32]
    time_per_frame_ps: float


def structure(
    phi: float = -80.0, psi: float = 75.0
) -> tuple[list[str], list[str], NDArray[np.float64], list[tuple[int, int]]]:
    """The molecule from bond lengths and angles; in C7eq, where every simulation starts.

    Parameters
    ----------
    phi, psi : float
        In degrees. Nothing is relaxed: where atoms would meet, they do.

    Returns
    -------
    names, elements : list of str, one an atom
        Names are residue and atom, such as ``"ALA CA"``.
    positions : ndarray of float64, shape (22, 3)
        In nm.
    bonds : list of (int, int)

    Raises
    ------
    TypeError
        If an angle is not a finite number.
    """
    positions = cartesian(real_number(phi, "phi"), real_number(psi, "psi"))
    names = [f"{residue} {name}" for residue, name, *_ in ATOMS]
    return names, [element for _, _, element, *_ in ATOMS], positions, list(BONDS)


def degrees_of_freedom(constrained: bool = True) -> int:
    """Of 22 atoms whose centre rests: 51 with the bonds to hydrogen constrained, 63 without."""
    hydrogens = sum(element == "H" for _, _, element, *_ in ATOMS)
    return 3 * len(ATOMS) - 3 - (hydrogens if constrained else 0)


def dihedral(positions: NDArray[np.floating], atoms: tuple[int, int, int, int]) -> NDArray:
    """A dihedral angle in radians, by the IUPAC sign.

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


def simulate(
    frames: int,
    *,
    seed: int,
    force_field: str = "amber03",
    thermostat: str = "velocity rescaling",
    relaxation_time_ps: float = 0.1,
    temperature: float = 450.0,
    constrained: bool = True,
    time_step_fs: float = 2.0,
    stride: int = 50,
    equilibration_ps: float = 100.0,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = True,
    progress: bool = True,
) -> DihedralTrajectory:
    """Simulate alanine dipeptide from its C7eq conformation.

    Parameters
    ----------
    frames : int
        Frames kept, one every ``stride`` steps.
    seed : int
        The same seed gives the same trajectory on the same machine and version of OpenMM,
        interrupted or not.
    force_field : str
        One of :data:`FORCE_FIELDS`. The paper names none.
    thermostat : str
        ``"velocity rescaling"``: stochastic, of Bussi, Donadio and Parrinello, J. Chem. Phys.
        126, 014101 (2007), as in the paper. ``"langevin"``: OpenMM's middle scheme.
    relaxation_time_ps : float
        Of the thermostat; for Langevin dynamics the inverse of the friction.
    temperature : float
        In kelvin.
    constrained : bool
        Whether bonds to hydrogen have their length fixed.
    time_step_fs : float
    stride : int
        Steps a frame.
    equilibration_ps : float
        Run first and thrown away.
    checkpoint : path, optional
        An ``.npz`` that keeps the state, written every half a minute or so.
    resume : bool
        Go on from ``checkpoint`` where there is one; False begins anew and overwrites it.
    progress : bool
        Show a bar.

    Returns
    -------
    DihedralTrajectory

    Raises
    ------
    ModuleNotFoundError
        If OpenMM is not installed.
    TypeError, ValueError
        If an argument is out of range, or the checkpoint belongs to another simulation.
    FloatingPointError
        If the integration diverges because the time step is too long.
    """
    frames = whole_number(frames, "frames")
    settings: dict[str, Any] = {
        "seed": whole_number(seed, "seed", minimum=0),
        "force_field": _one_of(force_field, "force_field", FORCE_FIELDS),
        "thermostat": _one_of(thermostat, "thermostat", THERMOSTATS),
        "relaxation_time_ps": real_number(relaxation_time_ps, "relaxation_time_ps", above=0.0),
        "temperature": real_number(temperature, "temperature", above=0.0),
        "constrained": bool(constrained),
        "time_step_fs": real_number(time_step_fs, "time_step_fs", above=0.0),
        "stride": whole_number(stride, "stride"),
        "equilibration_ps": real_number(equilibration_ps, "equilibration_ps", minimum=0.0),
    }
    system = _openmm.system(force_field, constrained)
    kept = Checkpoint(checkpoint, _purpose(settings), _CHECKPOINT_MINUTES)
    if not resume:
        kept.forget()
    state = kept.load()
    if state is None:
        state = _started(system, settings)
        kept.save(state)
    segment = max(1, _SEGMENT_STEPS // settings["stride"])
    done = state["frames"].shape[1]
    if done < frames:
        done -= done % segment  # its positions are those of the last whole segment
        state["frames"] = state["frames"][:, :done]
    with (
        tqdm(total=frames, initial=min(done, frames), unit="frame", disable=not progress) as bar,
        signals_wait(kept.advice()) as stop,
    ):
        while done < frames and not stop:
            count = min(segment, frames - done)
            then = _continued(system, settings, state, segment, count)
            state = then if count == segment else {**state, "frames": then["frames"]}
            bar.update(count)
            done += count
            if kept.due() or stop or done == frames:
                kept.save(state)
    phi, psi, kinetic, conserved = state["frames"][:, :frames]
    time_per_frame = settings["time_step_fs"] * settings["stride"] / 1000
    return DihedralTrajectory(phi, psi, kinetic, conserved, time_per_frame)


def _one_of(given: str, name: str, known: tuple[str, ...]) -> str:
    if given not in known:
        raise ValueError(f"{name}: found {given!r}; give one of {', '.join(map(repr, known))}")
    return given


def _purpose(settings: Mapping[str, Any]) -> str:
    return "\n".join(f"{name} {value}" for name, value in settings.items())


def _started(system: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Minimised from C7eq, with velocities of the temperature, and equilibrated."""
    mm = _openmm.openmm()
    steps = round(1000 * settings["equilibration_ps"] / settings["time_step_fs"])
    context, integrator = _context(system, settings, 0)
    context.setPositions(cartesian())
    mm.LocalEnergyMinimizer.minimize(context)
    context.setVelocitiesToTemperature(settings["temperature"], _seed(settings, 0))
    integrator.step(steps)
    return {**_positions(context), "frames": np.empty((4, 0), np.float32), "heat": 0.0}


def _continued(
    system: Any, settings: Mapping[str, Any], state: Mapping[str, Any], segment: int, frames: int
) -> dict[str, Any]:
    """So many frames of the next segment."""
    before = state["frames"]
    context, integrator = _context(system, settings, 1 + before.shape[1] // segment)
    context.setPositions(state["positions"])
    context.setVelocities(state["velocities"])
    rescaled = settings["thermostat"] != "langevin"
    if rescaled:
        integrator.setGlobalVariableByName(_openmm.HEAT, float(state["heat"]))
    places = np.empty((frames, len(ATOMS), 3))
    new = np.full((4, frames), np.nan)
    for frame in range(frames):
        integrator.step(settings["stride"])
        seen = context.getState(positions=True, energy=True)
        places[frame] = seen.getPositions(asNumpy=True)._value
        kinetic = seen.getKineticEnergy()._value
        new[2, frame] = kinetic
        if rescaled:
            heat = integrator.getGlobalVariableByName(_openmm.HEAT)
            new[3, frame] = kinetic + seen.getPotentialEnergy()._value - heat
    new[0], new[1] = dihedral(places, PHI), dihedral(places, PSI)
    if not np.isfinite(new[:3]).all():
        raise FloatingPointError(
            f"time_step_fs: the integration diverged at {settings['time_step_fs']}; give a "
            f"smaller time step, 2 at most with constraints and 1 without"
        )
    heat = integrator.getGlobalVariableByName(_openmm.HEAT) if rescaled else 0.0
    whole = np.concatenate([before, new.astype(np.float32)], axis=1)
    return {**_positions(context), "frames": whole, "heat": heat}


def _context(system: Any, settings: Mapping[str, Any], segment: int) -> tuple[Any, Any]:
    mm = _openmm.openmm()
    dof = degrees_of_freedom(settings["constrained"])
    integrator = _openmm.integrator(settings, dof)
    integrator.setRandomNumberSeed(_seed(settings, segment))
    integrator.setConstraintTolerance(_CONSTRAINT_TOLERANCE)
    # The Reference platform is the fastest for so few atoms, and repeats itself bit for bit.
    platform = mm.Platform.getPlatformByName("Reference")
    return mm.Context(system, integrator, platform), integrator


def _seed(settings: Mapping[str, Any], segment: int) -> int:
    """OpenMM takes a positive int32; 0 would draw one."""
    words = np.random.SeedSequence(settings["seed"], spawn_key=(segment,)).generate_state(1)
    return int(words[0] % (2**31 - 1)) + 1


def _positions(context: Any) -> dict[str, NDArray[np.float64]]:
    seen = context.getState(positions=True, velocities=True)
    return {
        "positions": seen.getPositions(asNumpy=True)._value,
        "velocities": seen.getVelocities(asNumpy=True)._value,
    }
