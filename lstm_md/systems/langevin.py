"""Langevin dynamics in a model potential, by the integrator of Bussi and Parrinello.

G. Bussi and M. Parrinello, *Accurate sampling using Langevin dynamics*,
Phys. Rev. E 75, 056707 (2007): half a thermostat step, velocity Verlet, half a
thermostat step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import finite_array, real_number, whole_number
from lstm_md._support.compiled import compiled
from lstm_md.systems.potentials import ModelPotential

# A compiled call cannot be interrupted, so a long run is made of calls of about a second.
_STEPS_A_CALL = 10_000_000
# Beyond this a float32 position overflows.
_DIVERGED = 1e30
# No "nnan" or "ninf": with them the test for divergence would be compiled away.
_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "fastmath": {"contract", "reassoc", "arcp", "nsz", "afn"},
    "error_model": "numpy",
}


@dataclass(frozen=True)
class Trajectory:
    """Frames of one or several walkers.

    Attributes
    ----------
    x, y : ndarray of float32, shape (frames,) or (walkers, frames)
        Positions.
    kinetic_energy : ndarray of float32, of the same shape
        Of both degrees of freedom together; its mean is 1/β.
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
        Frames kept of each walker, one every ``stride`` steps.
    seed : int
        The same seed repeats the run bit for bit on the same machine. Every walker has
        a random stream of its own, so that its path does not depend on their number.
    stride : int
        Steps a frame.
    time_step, friction, mass : float
        In the reduced units of the potential; ``friction`` 0 gives Newton's dynamics.
    n_walkers : int
        Independent copies, run one after the other.
    start : array_like, shape (2,) or (walkers, 2), optional
        First positions. Without it each walker starts at a minimum that its own stream
        draws, all minima alike: a walker forgets that only after several transitions.
    equilibration_frames : int
        Frames run first and thrown away.

    Returns
    -------
    Trajectory
        Arrays of shape (frames,), or (walkers, frames) for two walkers or more. The
        first frame is one stride after the start (and the equilibration).

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range or the start is not finite.
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

    kicks = _thermostats(decay, np.sqrt(1 / (potential.beta * mass)))
    field = _field(potential)
    kept = np.empty((3, n_walkers, n_frames), np.float32)
    for walker, sequence in enumerate(np.random.SeedSequence(seed).spawn(n_walkers)):
        random = np.random.default_rng(sequence)
        state = np.empty(4)
        # Drawn even where it is not used: a given start then changes nothing but the start.
        drawn = potential.minima[random.integers(len(potential.minima))]
        state[:2] = drawn if starts is None else starts[walker]
        state[2:] = random.standard_normal(2) / np.sqrt(potential.beta * mass)
        discarded = np.empty((3, skipped), np.float32)
        for out in (discarded, kept[:, walker]):
            _run(random, state, out, stride, step, mass, kicks, field)
    x, y, kinetic_energy = kept if n_walkers > 1 else kept[:, 0]
    return Trajectory(x, y, kinetic_energy, stride * step, potential.name, seed)


def _starts(start: ArrayLike, walkers: int) -> NDArray[np.floating]:
    points = finite_array(start, "start", dimensions=(1, 2))
    if points.shape not in ((2,), (walkers, 2)):
        raise ValueError(
            f"start: expected shape (2,) or (walkers, 2) = ({walkers}, 2), found {points.shape}; "
            f"give x and y, once or for each walker"
        )
    return np.broadcast_to(points, (walkers, 2))


def _thermostats(decay: float, thermal_speed: float) -> NDArray[np.float64]:
    """Factor and noise of half a thermostat step, then of two halves in a row.

    ``decay`` is friction times time step: c1 = exp(−decay/2), c2 = thermal speed times
    √(1 − c1²), and two halves make one of twice the decay.
    """
    factors = np.exp(-np.array([decay / 2, decay]))
    noises = thermal_speed * np.sqrt(-np.expm1(-np.array([decay, 2 * decay])))
    return np.array([factors[0], noises[0], factors[1], noises[1]])


def _field(potential: ModelPotential) -> tuple[NDArray[np.float64], float, int, float]:
    """Wells, confinement, power and exponent as the compiled step wants them."""
    wells = np.array(potential.wells, np.float64).reshape(-1, 3).copy()
    wells[:, 2] /= potential.width**2
    slope = potential.power * potential.confinement
    return wells, slope, potential.power, -0.5 / potential.width**2


def _run(
    random: np.random.Generator,
    state: NDArray[np.float64],
    out: NDArray[np.float32],
    stride: int,
    step: float,
    mass: float,
    kicks: NDArray[np.float64],
    field: tuple[NDArray[np.float64], float, int, float],
) -> None:
    """Fill ``out`` (3, frames) and move ``state`` along, or say where it diverged."""
    block = max(1, _STEPS_A_CALL // stride)
    for first in range(0, out.shape[1], block):
        # A new contiguous array, so that numba compiles for one memory layout only.
        part = np.empty((3, min(block, out.shape[1] - first)), np.float32)
        done = _integrate(random, state, part, stride, step, mass, kicks, *field)
        out[:, first : first + block] = part
        if done < part.shape[1]:
            raise FloatingPointError(
                f"time_step: the integration diverged at {step} (frame {first + done}); "
                f"give a smaller time_step, or a start nearer to the wells"
            )


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
        # One exponential for G(x, x0) G(y, y0).
        pull = wells[i, 2] * np.exp(exponent * (dx * dx + dy * dy))
        fx += pull * dx
        fy += pull * dy
    return fx, fy


@compiled(**_OPTIONS)
def _integrate(  # type: ignore[no-untyped-def]
    random, state, out, stride, step, mass, kicks, wells, slope, power, exponent
):
    """Frames done before the end or before the positions diverge.

    Between two steps half a thermostat step follows another: both are done as one, which
    has the same law and needs half the random numbers. The velocity is observed between.
    """
    x, y, vx, vy = state[0], state[1], state[2], state[3]
    half_factor, half_noise, factor, noise = kicks[0], kicks[1], kicks[2], kicks[3]
    push = 0.5 * step / mass
    fx, fy = _force(x, y, wells, slope, power, exponent)
    for frame in range(out.shape[1]):
        vx = half_factor * vx + half_noise * random.standard_normal()
        vy = half_factor * vy + half_noise * random.standard_normal()
        for i in range(stride):
            if i > 0:
                vx = factor * vx + noise * random.standard_normal()
                vy = factor * vy + noise * random.standard_normal()
            vx += push * fx
            vy += push * fy
            x += step * vx
            y += step * vy
            fx, fy = _force(x, y, wells, slope, power, exponent)
            vx += push * fx
            vy += push * fy
        vx = half_factor * vx + half_noise * random.standard_normal()
        vy = half_factor * vy + half_noise * random.standard_normal()
        if not (abs(x) < _DIVERGED and abs(y) < _DIVERGED):
            return frame
        out[0, frame], out[1, frame] = x, y
        out[2, frame] = 0.5 * mass * (vx * vx + vy * vy)
    state[0], state[1], state[2], state[3] = x, y, vx, vy
    return out.shape[1]
