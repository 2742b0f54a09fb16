"""Molecular dynamics of alanine dipeptide (ACE-ALA-NME) in vacuum with OpenMM (Fig 5, Table 1).

A simulation needs the extra ``md``. Its result, :class:`DihedralTrajectory`, does not.
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
from reproduction.dipeptide import openmm_system
from reproduction.dipeptide.structure import (
    ATOMS,
    PHI,
    PSI,
    cartesian,
    degrees_of_freedom,
    dihedral,
)

FORCE_FIELDS = tuple(openmm_system.FILES)  #: Names of the force fields of :func:`simulate`
THERMOSTATS = ("velocity rescaling", "langevin")  #: Names of its thermostats
# Each segment has a random stream of its own, so that a simulation can be resumed between two.
_SEGMENT_STEPS = 500_000
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
        In kJ/mol. The conserved energy is the total energy minus what the thermostat added. It
        is NaN for a Langevin thermostat, whose heat is not counted.
    time_per_frame_ps : float
    """

    phi: NDArray[np.float32]
    psi: NDArray[np.float32]
    kinetic_energy: NDArray[np.float32]
    conserved_energy: NDArray[np.float32]
    time_per_frame_ps: float


def simulate(
    n_frames: int,
    *,
    seed: int = 0,
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
    n_frames : int
        Number of frames, one every ``stride`` steps.
    seed : int
        The same seed gives the same trajectory on the same machine and version of OpenMM,
        whether it was interrupted or not.
    force_field : str
        One of :data:`FORCE_FIELDS`. The paper does not name its force field.
    thermostat : str
        ``"velocity rescaling"`` is stochastic, by Bussi, Donadio and Parrinello, J. Chem. Phys.
        126, 014101 (2007), as in the paper. ``"langevin"`` is OpenMM's middle scheme.
    relaxation_time_ps : float
        Relaxation time of the thermostat; for Langevin dynamics the inverse of the friction.
    temperature : float
        In kelvin.
    constrained : bool
        Whether bonds to hydrogen have fixed lengths.
    time_step_fs : float
    stride : int
        Steps per frame.
    equilibration_ps : float
        Simulated first and discarded.
    checkpoint : path, optional
        An ``.npz`` file for the state, saved about twice per minute.
    resume : bool
        Continue from ``checkpoint`` if it exists. False starts again and overwrites it.
    progress : bool
        Show a progress bar.

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
    n_frames = whole_number(n_frames, "n_frames")
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
    system = openmm_system.system(force_field, constrained)
    saved = Checkpoint(checkpoint, _purpose(settings), _CHECKPOINT_MINUTES)
    if not resume:
        saved.forget()
    state = saved.load()
    if state is None:
        state = _equilibrated(system, settings)
        saved.save(state)
    segment_frames = max(1, _SEGMENT_STEPS // settings["stride"])
    done = state["frames"].shape[1]
    if done < n_frames:
        # The saved positions are those at the end of the last whole segment.
        done -= done % segment_frames
        state["frames"] = state["frames"][:, :done]
    with (
        tqdm(
            total=n_frames, initial=min(done, n_frames), unit="frame", disable=not progress
        ) as bar,
        signals_wait(saved.advice()) as stop,
    ):
        while done < n_frames and not stop:
            count = min(segment_frames, n_frames - done)
            after = _continued(system, settings, state, segment_frames, count)
            whole = count == segment_frames
            state = after if whole else {**state, "frames": after["frames"]}
            bar.update(count)
            done += count
            if saved.due() or stop or done == n_frames:
                saved.save(state)
    phi, psi, kinetic, conserved = state["frames"][:, :n_frames]
    time_per_frame = settings["time_step_fs"] * settings["stride"] / 1000
    return DihedralTrajectory(phi, psi, kinetic, conserved, time_per_frame)


def _one_of(value: str, name: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError(f"{name}: found {value!r}; give one of {', '.join(map(repr, allowed))}")
    return value


def _purpose(settings: Mapping[str, Any]) -> str:
    return "\n".join(f"{name} {value}" for name, value in settings.items())


def _equilibrated(system: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Minimise from C7eq, draw velocities, and equilibrate; return the state."""
    mm = openmm_system.openmm()
    n_steps = round(1000 * settings["equilibration_ps"] / settings["time_step_fs"])
    context, integrator = _context(system, settings, 0)
    context.setPositions(cartesian())
    mm.LocalEnergyMinimizer.minimize(context)
    context.setVelocitiesToTemperature(settings["temperature"], _segment_seed(settings, 0))
    integrator.step(n_steps)
    return {**_positions(context), "frames": np.empty((4, 0), np.float32), "heat": 0.0}


def _continued(
    system: Any,
    settings: Mapping[str, Any],
    state: Mapping[str, Any],
    segment_frames: int,
    n_frames: int,
) -> dict[str, Any]:
    """Simulate frames of the next segment; return the state after them."""
    before = state["frames"]
    context, integrator = _context(system, settings, 1 + before.shape[1] // segment_frames)
    context.setPositions(state["positions"])
    context.setVelocities(state["velocities"])
    counts_heat = settings["thermostat"] != "langevin"
    if counts_heat:
        integrator.setGlobalVariableByName(openmm_system.HEAT, float(state["heat"]))
    positions = np.empty((n_frames, len(ATOMS), 3))
    new = np.full((4, n_frames), np.nan)
    for frame in range(n_frames):
        integrator.step(settings["stride"])
        current = context.getState(positions=True, energy=True)
        positions[frame] = current.getPositions(asNumpy=True)._value
        kinetic = current.getKineticEnergy()._value
        new[2, frame] = kinetic
        if counts_heat:
            heat = integrator.getGlobalVariableByName(openmm_system.HEAT)
            new[3, frame] = kinetic + current.getPotentialEnergy()._value - heat
    new[0], new[1] = dihedral(positions, PHI), dihedral(positions, PSI)
    if not np.isfinite(new[:3]).all():
        raise FloatingPointError(
            f"time_step_fs: the integration diverged with {settings['time_step_fs']} fs; give a "
            f"smaller time step, 2 fs at most with constraints and 1 fs without"
        )
    heat = integrator.getGlobalVariableByName(openmm_system.HEAT) if counts_heat else 0.0
    frames = np.concatenate([before, new.astype(np.float32)], axis=1)
    return {**_positions(context), "frames": frames, "heat": heat}


def _context(system: Any, settings: Mapping[str, Any], segment: int) -> tuple[Any, Any]:
    mm = openmm_system.openmm()
    n_degrees = degrees_of_freedom(settings["constrained"])
    integrator = openmm_system.integrator(settings, n_degrees)
    integrator.setRandomNumberSeed(_segment_seed(settings, segment))
    integrator.setConstraintTolerance(_CONSTRAINT_TOLERANCE)
    # The Reference platform is the fastest for so few atoms, and repeats itself bit for bit.
    platform = mm.Platform.getPlatformByName("Reference")
    return mm.Context(system, integrator, platform), integrator


def _segment_seed(settings: Mapping[str, Any], segment: int) -> int:
    """Make a positive int32 for OpenMM, which would draw a seed of its own for 0."""
    words = np.random.SeedSequence(settings["seed"], spawn_key=(segment,)).generate_state(1)
    return int(words[0] % (2**31 - 1)) + 1


def _positions(context: Any) -> dict[str, NDArray[np.float64]]:
    current = context.getState(positions=True, velocities=True)
    return {
        "positions": current.getPositions(asNumpy=True)._value,
        "velocities": current.getVelocities(asNumpy=True)._value,
    }
