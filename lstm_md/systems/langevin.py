"""Langevin dynamics in a model potential, by the integrator of Bussi and Parrinello.

A time step is half a thermostat step, a step of velocity Verlet, and half a thermostat step:
G. Bussi and M. Parrinello, *Accurate sampling using Langevin dynamics*, Phys. Rev. E 75, 056707
(2007).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import finite_array, real_number, whole_number
from lstm_md._support.compiled import compiled
from lstm_md._support.processes import check_memory
from lstm_md.systems.potentials import ModelPotential

# A compiled call cannot be interrupted, so a long simulation consists of calls of 0.1 to 0.5 s.
_STEPS_PER_CALL = 3_000_000
# A float32 position overflows beyond about 3e38; the integration has diverged long before.
_DIVERGED = 1e30
# Without "nnan" and "ninf", because they would remove the test for divergence.
_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "fastmath": {"contract", "reassoc", "arcp", "nsz", "afn"},
    "error_model": "numpy",
}


@dataclass(frozen=True)
class Trajectory:
    """A trajectory of one walker or of several.

    Attributes
    ----------
    x, y : ndarray of float32, shape (frames,) or (walkers, frames)
        Positions.
    kinetic_energy : ndarray of float32, of the same shape
        The sum over both degrees of freedom; its mean is 1/β.
    time_per_frame : float
        Stride times time step.
    potential_name : str
    seed : int
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    kinetic_energy: NDArray[np.float32]
    time_per_frame: float
    potential_name: str
    seed: int


def simulate(
    potential: ModelPotential,
    n_frames: int,
    *,
    seed: int = 0,
    stride: int = 100,
    time_step: float = 0.01,
    friction: float = 1.0,
    mass: float = 1.0,
    n_walkers: int = 1,
    start: ArrayLike | None = None,
    equilibration_frames: int = 100,
) -> Trajectory:
    """Simulate a model potential at its own temperature.

    Parameters
    ----------
    potential : ModelPotential
    n_frames : int
        Frames kept of each walker.
    seed : int
        The same seed gives the same trajectory, bit for bit on the same machine. Each walker has
        its own random stream, so its path does not depend on the number of walkers.
    stride : int
        Time steps per frame.
    time_step, friction, mass : float
        In the reduced units of the potential. Friction 0 gives Newtonian dynamics.
    n_walkers : int
        Independent copies, which are simulated one after the other.
    start : array_like, shape (2,) or (walkers, 2), optional
        Initial positions. If left out, each walker starts at a minimum that its random stream
        draws, with equal probabilities. A walker forgets its start after several transitions.
    equilibration_frames : int
        Frames that are simulated first and discarded.

    Returns
    -------
    Trajectory
        Arrays of shape (frames,), or (walkers, frames) for two walkers or more. The first frame
        is one stride after the start and the equilibration.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range or the start is not finite.
    MemoryError
        If so many frames do not fit into the memory.
    FloatingPointError
        If the integration diverges because the time step is too long.
    """
    if not isinstance(potential, ModelPotential):
        raise TypeError(
            f"potential: expected a ModelPotential, found {type(potential).__name__}; "
            f"take one from lstm_md.systems.potentials"
        )
    n_frames = whole_number(n_frames, "n_frames")
    seed = whole_number(seed, "seed", minimum=0)
    stride = whole_number(stride, "stride")
    n_walkers = whole_number(n_walkers, "n_walkers")
    skipped = whole_number(equilibration_frames, "equilibration_frames", minimum=0)
    step = real_number(time_step, "time_step", above=0.0)
    mass = real_number(mass, "mass", above=0.0)
    decay = real_number(friction, "friction", minimum=0.0) * step
    starts = None if start is None else _starts(start, n_walkers)

    n_bytes = 12 * (n_walkers * n_frames + skipped)
    check_memory(n_bytes, "n_frames", "simulate fewer frames at a time")
    kicks = _thermostats(decay, np.sqrt(1 / (potential.beta * mass)))
    field = _field(potential)
    kept = np.empty((3, n_walkers, n_frames), np.float32)
    for walker, sequence in enumerate(np.random.SeedSequence(seed).spawn(n_walkers)):
        random = np.random.default_rng(sequence)
        state = np.empty(4)
        # It is drawn even if it is not used, so that a given start changes nothing else.
        drawn = potential.minima[random.integers(len(potential.minima))]
        state[:2] = drawn if starts is None else starts[walker]
        state[2:] = random.standard_normal(2) / np.sqrt(potential.beta * mass)
        discarded = np.empty((3, skipped), np.float32)
        for out in (discarded, kept[:, walker]):
            _advance(random, state, out, stride, step, mass, kicks, field)
    x, y, kinetic_energy = kept if n_walkers > 1 else kept[:, 0]
    return Trajectory(x, y, kinetic_energy, stride * step, potential.name, seed)


def _starts(start: ArrayLike, n_walkers: int) -> NDArray[np.floating]:
    points = finite_array(start, "start", dimensions=(1, 2))
    if points.shape not in ((2,), (n_walkers, 2)):
        raise ValueError(
            f"start: expected shape (2,) or (walkers, 2) = ({n_walkers}, 2), found {points.shape}; "
            f"give x and y, once or for each walker"
        )
    return np.broadcast_to(points, (n_walkers, 2))


def _thermostats(decay: float, thermal_speed: float) -> NDArray[np.float64]:
    """Return factor and noise of half a thermostat step, then of two halves in a row.

    ``decay`` is friction times time step. Half a step has c1 = exp(−decay/2) and
    c2 = thermal speed × √(1 − c1²). Two halves are one step with twice the decay.
    """
    factors = np.exp(-np.array([decay / 2, decay]))
    noises = thermal_speed * np.sqrt(-np.expm1(-np.array([decay, 2 * decay])))
    return np.array([factors[0], noises[0], factors[1], noises[1]])


def _field(potential: ModelPotential) -> tuple[NDArray[np.float64], float, int, float]:
    """Return what the compiled step needs: wells, confinement, power and exponent."""
    wells = np.array(potential.wells, np.float64).reshape(-1, 3).copy()
    wells[:, 2] /= potential.width**2
    slope = potential.power * potential.confinement
    return wells, slope, potential.power, -0.5 / potential.width**2


def _advance(
    random: np.random.Generator,
    state: NDArray[np.float64],
    out: NDArray[np.float32],
    stride: int,
    step: float,
    mass: float,
    kicks: NDArray[np.float64],
    field: tuple[NDArray[np.float64], float, int, float],
) -> None:
    """Fill ``out`` of shape (3, frames), and advance ``state`` (x, y and their velocities)."""
    block = max(1, _STEPS_PER_CALL // stride)
    for first in range(0, out.shape[1], block):
        # A new contiguous array, so that Numba compiles for one memory layout only.
        frames = np.empty((3, min(block, out.shape[1] - first)), np.float32)
        for begin in range(0, stride, _STEPS_PER_CALL):
            steps = begin, min(begin + _STEPS_PER_CALL, stride)
            done = _integrate(random, state, frames, *steps, stride, step, mass, kicks, *field)
            if done < frames.shape[1]:
                raise FloatingPointError(
                    f"time_step: the integration diverged at {step} (frame {first + done}); "
                    f"give a smaller time_step, or a start nearer to the wells"
                )
        out[:, first : first + block] = frames


@compiled(**_OPTIONS)
def _force(x, y, wells, slope, power, exponent):  # type: ignore[no-untyped-def]
    x2, y2 = x * x, y * y
    fx, fy = -slope * x, -slope * y
    if power == 6:
        fx *= x2 * x2
        fy *= y2 * y2
    elif power == 4:
        fx *= x2
        fy *= y2
    for i in range(wells.shape[0]):
        dx, dy = x - wells[i, 0], y - wells[i, 1]
        # G(x − x0) G(y − y0) is one exponential.
        pull = wells[i, 2] * np.exp(exponent * (dx * dx + dy * dy))
        fx += pull * dx
        fy += pull * dy
    return fx, fy


@compiled(**_OPTIONS)
def _integrate(  # type: ignore[no-untyped-def]
    random, state, out, begin, end, stride, step, mass, kicks, wells, slope, power, exponent
):
    """Fill ``out`` of shape (3, frames); return the number of frames before a divergence.

    Of each frame, the time steps ``begin`` to ``end`` of ``stride`` are taken: a long frame takes
    several calls.

    Between two time steps, half a thermostat step follows another. Both are done as one, which has
    the same distribution and needs half as many random numbers. The velocity of a frame is the one
    between the two halves.
    """
    x, y, vx, vy = state[0], state[1], state[2], state[3]
    half_factor, half_noise, factor, noise = kicks[0], kicks[1], kicks[2], kicks[3]
    push = 0.5 * step / mass
    fx, fy = _force(x, y, wells, slope, power, exponent)
    for frame in range(out.shape[1]):
        if begin == 0:
            vx = half_factor * vx + half_noise * random.standard_normal()
            vy = half_factor * vy + half_noise * random.standard_normal()
        for i in range(end - begin):
            if i > 0 or begin > 0:
                vx = factor * vx + noise * random.standard_normal()
                vy = factor * vy + noise * random.standard_normal()
            vx += push * fx
            vy += push * fy
            x += step * vx
            y += step * vy
            fx, fy = _force(x, y, wells, slope, power, exponent)
            vx += push * fx
            vy += push * fy
        if end == stride:
            vx = half_factor * vx + half_noise * random.standard_normal()
            vy = half_factor * vy + half_noise * random.standard_normal()
        if not (abs(x) < _DIVERGED and abs(y) < _DIVERGED):
            return frame
        out[0, frame], out[1, frame] = x, y
        out[2, frame] = 0.5 * mass * (vx * vx + vy * vy)
    state[0], state[1], state[2], state[3] = x, y, vx, vy
    return out.shape[1]
