"""Energies and forces by the equations of the paper, and exact averages by other integrations."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import dblquad, trapezoid
from scipy.special import erf

from lstm_md.systems.potentials import (
    ModelPotential,
    four_state,
    linear_three_state,
    triangular_three_state,
)

PAPER = [linear_three_state, triangular_three_state, four_state]
every_potential = pytest.mark.parametrize("potential", PAPER, ids=lambda p: p.name)


def harmonic(stiffness: float = 1.0, beta: float = 2.0) -> ModelPotential:
    return ModelPotential("harmonic", ("A",), (), stiffness / 2, 2, beta)


def gaussian(x, centre):
    return np.exp(-((x - centre) ** 2) / (2 * 0.8**2))


def test_three_state_energies_are_equation_23():
    points = np.random.default_rng(1).uniform(-3, 3, (2, 200))
    for potential, centres in (
        (linear_three_state, [(1.5, 1.5), (0, 0), (-1.5, -1.5)]),
        (triangular_three_state, [(1.5, 1.8), (0, -1), (-1.5, 1.5)]),
    ):
        x, y = points
        expected = 0.0001 * (x**6 + y**6)
        for a, b in centres:
            expected -= gaussian(x, a) * gaussian(y, b)
        np.testing.assert_allclose(potential.energy(x, y), expected, rtol=1e-12)


def test_four_state_energy_is_equation_24():
    x, y = np.random.default_rng(2).uniform(-3, 3, (2, 200))
    expected = (
        0.0001 * (x**4 + y**4)
        + gaussian(x, 0.0) * gaussian(y, 0.0)
        - gaussian(x, 2.0) * gaussian(y, -1.0)
        - gaussian(x, 0.5) * gaussian(y, 2.0)
        - gaussian(x, -0.5) * gaussian(y, -2.0)
        - gaussian(x, -2.0) * gaussian(y, 1.0)
    )
    np.testing.assert_allclose(four_state.energy(x, y), expected, rtol=1e-12, atol=1e-15)


def test_the_temperatures_are_the_papers():
    assert [p.beta for p in PAPER] == [9.5, 9.0, 9.5]


@every_potential
def test_force_is_the_negative_gradient(potential):
    x, y = np.random.default_rng(3).uniform(-4, 4, (2, 300))
    fx, fy = potential.force(x, y)
    h = 1e-5
    along_x = (potential.energy(x - h, y) - potential.energy(x + h, y)) / (2 * h)
    along_y = (potential.energy(x, y - h) - potential.energy(x, y + h)) / (2 * h)
    np.testing.assert_allclose(fx, along_x, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(fy, along_y, rtol=1e-7, atol=1e-9)


def test_energy_and_force_broadcast():
    x, y = np.linspace(-1, 1, 4)[:, None], np.linspace(-2, 2, 5)
    assert four_state.energy(x, y).shape == (4, 5)
    assert [f.shape for f in four_state.force(x, y)] == [(4, 5), (4, 5)]
    assert harmonic().force(x, y)[0].shape == (4, 5)


@every_potential
def test_minima_are_stationary_stable_and_in_the_papers_order(potential):
    x, y = potential.minima.T
    assert len(potential.minima) == len(potential.states)
    np.testing.assert_allclose(potential.force(x, y), 0, atol=1e-8)
    for angle in np.linspace(0, 2 * np.pi, 16, endpoint=False):
        around = potential.energy(x + 0.05 * np.cos(angle), y + 0.05 * np.sin(angle))
        assert (around > potential.energy(x, y)).all()
    wells = np.array([(a, b) for a, b, amplitude in potential.wells if amplitude < 0])
    assert np.abs(potential.minima - wells).max() < 0.1


def test_the_paper_names_states_by_falling_x():
    assert four_state.minima[:, 0].round(1).tolist() == [2.0, 0.5, -0.5, -2.0]
    assert (np.diff(linear_three_state.minima[:, 0]) < 0).all()


def test_minima_cannot_be_overwritten():
    with pytest.raises(ValueError, match="read-only"):
        four_state.minima[0, 0] = 5.0


def test_harmonic_probability_is_the_error_function():
    edges = np.array([-np.inf, -1.0, 0.2, 1.7, np.inf])
    potential = harmonic(stiffness=1.5, beta=3.0)
    below = 0.5 * (1 + erf(edges * np.sqrt(1.5 * 3.0 / 2)))
    np.testing.assert_allclose(potential.probability(edges), np.diff(below), atol=1e-10)


def test_harmonic_density_is_the_normal_distribution():
    x, y = np.random.default_rng(4).normal(size=(2, 50))
    expected = 3.0 / (2 * np.pi) * np.exp(-1.5 * (x**2 + y**2))
    np.testing.assert_allclose(harmonic(1.0, beta=3.0).density(x, y), expected, rtol=1e-9)


@every_potential
@pytest.mark.parametrize("beta", [1.0, 9.0, 40.0])
def test_probability_agrees_with_a_brute_force_sum(potential, beta):
    # exp(−βU) is smooth and vanishes at both ends, so a sum over an even grid is exact.
    potential = replace(potential, beta=beta)
    grid = np.linspace(-30, 30, 3001)
    boltzmann = np.exp(-beta * (potential.energy(grid[:, None], grid) + 1.1))
    total = boltzmann.sum() * (grid[1] - grid[0]) ** 2
    on_grid = np.exp(-beta * (potential.energy(0.3, 0.4) + 1.1)) / total
    np.testing.assert_allclose(potential.density(0.3, 0.4), on_grid, rtol=1e-8)
    marginal = np.exp(-beta * (potential.energy(np.linspace(0.1, 0.9, 2001)[:, None], grid) + 1.1))
    strip = trapezoid(marginal.sum(axis=1), dx=0.8 / 2000)
    expected = strip * (grid[1] - grid[0]) / total
    np.testing.assert_allclose(potential.probability([0.1, 0.9]), expected, rtol=1e-6)


@every_potential
def test_probability_agrees_with_adaptive_quadrature_of_the_density(potential):
    value, _ = dblquad(
        lambda y, x: float(potential.density(x, y)), 0.1, 0.5, -14, 14, epsabs=1e-10, epsrel=1e-9
    )
    np.testing.assert_allclose(potential.probability([0.1, 0.5]), value, atol=1e-8)


@every_potential
def test_the_probabilities_of_all_intervals_add_up_to_one(potential):
    coarse = potential.probability([-np.inf, -0.75, 0.75, np.inf])
    fine = potential.probability([-np.inf, -3, -0.75, 0.1, 0.75, 8, np.inf])
    assert abs(coarse.sum() - 1) < 1e-12
    np.testing.assert_allclose(np.add.reduceat(fine, [0, 2, 4]), coarse, atol=1e-12)


def test_symmetric_potentials_have_symmetric_probabilities():
    edges = [-np.inf, -1.25, 0, 1.25, np.inf]
    for potential in (linear_three_state, four_state):
        left = potential.probability(edges)
        np.testing.assert_allclose(left, left[::-1], rtol=1e-10)


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ([0.0], "at least two edges"),
        ([[0.0, 1.0]], "at least two edges"),
        ([1.0, 0.0], "rising"),
        ([0.0, 0.0, 1.0], "rising"),
        ([0.0, np.nan, 1.0], "rising"),
    ],
)
def test_bad_edges_are_refused(edges, message):
    with pytest.raises(ValueError, match=f"x_edges: .*{message}"):
        linear_three_state.probability(edges)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"beta": 0.0}, ValueError, "beta"),
        ({"beta": np.nan}, TypeError, "beta"),
        ({"width": -1.0}, ValueError, "width"),
        ({"confinement": 0.0}, ValueError, "confinement"),
        ({"power": 5}, ValueError, "power"),
        ({"states": ("A", "B")}, ValueError, "states: .*3 minima"),
        ({"wells": ((0.0, 0.0),)}, ValueError, r"wells\[0\]"),
        ({"wells": ((0.0, np.nan, -1.0),)}, ValueError, r"wells\[0\]: found nan"),
    ],
)
def test_bad_parameters_are_refused(change, error, message):
    with pytest.raises(error, match=message):
        replace(linear_three_state, **change)


def test_importing_the_potentials_loads_neither_numba_nor_tensorflow():
    code = (
        "import sys, lstm_md.systems.potentials; "
        "print([m for m in ('numba', 'tensorflow', 'keras') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
