"""Simulation: nanoseconds per Langevin step, compared with simple compiled alternatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from benchmarks.harness import Contender, race, ratio
from benchmarks.results import Benchmark, Cell, Table
from lstm_md.systems import langevin, potentials

STRIDE, TIME_STEP = 100, 0.01
Work = Callable[[int], object]
WAYS = {
    "ours": "ours",
    "the same integrator, plain numba": "plain",
    "Euler–Maruyama, plain numba": "euler_maruyama",
}


def run(quick: bool) -> Benchmark:
    """Simulate one walker in the linear three-state potential."""
    steps = 500_000 if quick else 5_000_000
    contenders = [
        Contender(name, f"benchmarks.bench_simulation:{factory}", {}, steps, threads=1)
        for name, factory in WAYS.items()
    ]
    timings = race(contenders, rounds=2 if quick else 7)
    ours = timings["ours"].seconds
    rows: list[list[Cell]] = [
        [name, 1e9 * t.median, str(ratio(t.seconds, ours)), t.first] for name, t in timings.items()
    ]
    title = "one Langevin step, linear three-state potential, one thread"
    return Benchmark(
        "simulation",
        [Table(title, ["contender", "ns per step", "over ours", "first round, s"], rows)],
    )


def ours() -> Work:
    """Call ``lstm_md.systems.langevin.simulate``."""

    def work(steps: int) -> None:
        langevin.simulate(
            potentials.linear_three_state,
            steps // STRIDE,
            seed=1,
            stride=STRIDE,
            time_step=TIME_STEP,
            equilibration_frames=0,
        )

    return work


def plain() -> Work:
    """Half a thermostat step, velocity Verlet, half a thermostat step, without optimisation."""
    return _alternative(_plain_steps)


def euler_maruyama() -> Work:
    """The simplest integrator of the same equation."""
    return _alternative(_euler_maruyama_steps)


def _alternative(steps_of: Callable[..., Any]) -> Work:
    potential = potentials.linear_three_state
    wells = np.array(potential.wells)

    def work(steps: int) -> float:
        x = steps_of(
            steps, STRIDE, TIME_STEP, potential.beta, wells,
            potential.confinement, potential.power, potential.width,
        )  # fmt: skip
        return float(x.mean())

    return work


@numba.njit
def _plain_force(x, y, wells, confinement, power, width):  # type: ignore[no-untyped-def]
    fx = -power * confinement * x ** (power - 1)
    fy = -power * confinement * y ** (power - 1)
    for x0, y0, amplitude in wells:
        pull = amplitude * math.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (2 * width**2)) / width**2
        fx += pull * (x - x0)
        fy += pull * (y - y0)
    return fx, fy


@numba.njit
def _plain_steps(steps, stride, dt, beta, wells, confinement, power, width):  # type: ignore[no-untyped-def]
    out = np.empty(steps // stride, np.float32)
    x, y, vx, vy = wells[0, 0], wells[0, 1], 0.0, 0.0
    c1 = math.exp(-dt / 2)
    c2 = math.sqrt((1 - c1 * c1) / beta)
    fx, fy = _plain_force(x, y, wells, confinement, power, width)
    for step in range(steps):
        vx = c1 * vx + c2 * np.random.normal() + 0.5 * dt * fx  # noqa: NPY002
        vy = c1 * vy + c2 * np.random.normal() + 0.5 * dt * fy  # noqa: NPY002
        x += dt * vx
        y += dt * vy
        fx, fy = _plain_force(x, y, wells, confinement, power, width)
        vx = c1 * (vx + 0.5 * dt * fx) + c2 * np.random.normal()  # noqa: NPY002
        vy = c1 * (vy + 0.5 * dt * fy) + c2 * np.random.normal()  # noqa: NPY002
        if (step + 1) % stride == 0:
            out[step // stride] = x
    return out


@numba.njit
def _euler_maruyama_steps(  # type: ignore[no-untyped-def]
    steps, stride, dt, beta, wells, confinement, power, width
):
    out = np.empty(steps // stride, np.float32)
    x, y, vx, vy = wells[0, 0], wells[0, 1], 0.0, 0.0
    noise = math.sqrt(2 * dt / beta)
    for step in range(steps):
        fx, fy = _plain_force(x, y, wells, confinement, power, width)
        x += dt * vx
        y += dt * vy
        vx += dt * (fx - vx) + noise * np.random.normal()  # noqa: NPY002
        vy += dt * (fy - vy) + noise * np.random.normal()  # noqa: NPY002
        if (step + 1) % stride == 0:
            out[step // stride] = x
    return out
