"""Sampling compared with quadrature; the errors are those of 64 independent walkers.

The seeds are fixed, but another processor rounds differently, so its paths differ. A test of ten
basins at three standard errors may therefore fail by chance, on about one machine in fifty.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lstm_md.systems.langevin import Trajectory, simulate
from lstm_md.systems.potentials import (
    ModelPotential,
    four_state,
    linear_three_state,
    triangular_three_state,
)

PAPER = [linear_three_state, triangular_three_state, four_state]
every_potential = pytest.mark.parametrize("potential", PAPER, ids=lambda p: p.name)
WALKERS = 64
HARMONIC = ModelPotential("harmonic", ("A",), (), confinement=0.5, power=2, beta=2.0)


def z_scores(per_walker: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Deviations of the walkers' mean in standard errors; walkers along the first axis."""
    error = per_walker.std(axis=0, ddof=1) / np.sqrt(len(per_walker))
    return (per_walker.mean(axis=0) - exact) / error


def assert_each_degree_of_freedom_has_half_kt(trajectory: Trajectory, beta: float) -> None:
    kinetic = trajectory.kinetic_energy.mean(axis=1, dtype=np.float64)
    assert abs(z_scores(kinetic, 2 * 0.5 / beta)) < 3
    assert kinetic.mean() == pytest.approx(1 / beta, rel=0.02)


def basin_edges(potential: ModelPotential) -> np.ndarray:
    """Half-way between the states along x."""
    centres = np.sort(potential.minima[:, 0])
    return np.concatenate([[-np.inf], (centres[1:] + centres[:-1]) / 2, [np.inf]])


def fractions(x: np.ndarray, edges: np.ndarray) -> np.ndarray:
    inside = np.searchsorted(edges[1:-1], x)
    return np.stack([(inside == i).mean(axis=1) for i in range(len(edges) - 1)], axis=1)


def cell_fractions(trajectory: Trajectory, edges: np.ndarray) -> np.ndarray:
    return np.array(
        [
            np.histogram2d(x, y, bins=[edges, edges])[0].ravel() / len(x)
            for x, y in zip(trajectory.x, trajectory.y)
        ]
    )


def cell_probabilities(potential: ModelPotential, edges: np.ndarray) -> np.ndarray:
    n = 20
    offsets = (np.arange(n) + 0.5) / n
    points = (edges[:-1, None] + np.diff(edges)[:, None] * offsets).ravel()
    density = potential.density(points[:, None], points)
    cells = density.reshape(len(edges) - 1, n, len(edges) - 1, n).mean(axis=(1, 3))
    return (cells * np.outer(np.diff(edges), np.diff(edges))).ravel()


@every_potential
def test_basins_have_their_boltzmann_weight_and_velocities_the_papers_temperature(potential):
    trajectory = simulate(potential, 4_000, seed=11, n_walkers=WALKERS, equilibration_frames=1_500)
    edges = basin_edges(potential)
    sampled = fractions(trajectory.x, edges)
    exact = potential.probability(edges)
    assert np.abs(z_scores(sampled, exact)).max() < 3
    # The errors are small enough for the test to find a deviation.
    assert (sampled.std(axis=0, ddof=1) / np.sqrt(WALKERS)).max() < 0.06
    assert_each_degree_of_freedom_has_half_kt(trajectory, potential.beta)


@every_potential
def test_densities_along_x_and_in_the_plane_are_boltzmanns(potential):
    # Hotter than in the paper: many crossings, hence small errors and a sharp test.
    hot = replace(potential, beta=4.0)
    trajectory = simulate(hot, 3_500, seed=12, n_walkers=WALKERS, equilibration_frames=700)
    edges = np.linspace(-3, 3, 7)
    sampled, exact = cell_fractions(trajectory, edges), cell_probabilities(hot, edges)
    visited = exact > 0.002
    z = z_scores(sampled[:, visited], exact[visited])
    assert visited.sum() >= 15
    # The cells of a basin are correlated: there are few degrees of freedom, hence the wide bounds.
    assert np.abs(z).max() < 4.5
    assert np.sqrt((z**2).mean()) < 2.5

    along_x = np.concatenate([[-np.inf], np.linspace(-2.5, 2.5, 11), [np.inf]])
    z = z_scores(fractions(trajectory.x, along_x), hot.probability(along_x))
    assert np.abs(z).max() < 4.5
    assert np.sqrt((z**2).mean()) < 2.5

    # The control: the same frames do not agree with a temperature that is 20 % lower.
    colder = cell_probabilities(replace(hot, beta=4.8), edges)
    z = z_scores(sampled[:, visited], colder[visited])
    assert np.sqrt((z**2).mean()) > 3.5


def test_mass_and_friction_change_the_motion_but_not_the_populations():
    hot = replace(linear_three_state, beta=4.0)
    edges = basin_edges(hot)
    for seed, options in ((13, {"friction": 5.0}), (14, {"mass": 3.0}), (15, {"friction": 0.2})):
        trajectory = simulate(hot, 1_500, seed=seed, n_walkers=WALKERS, **options)
        assert np.abs(z_scores(fractions(trajectory.x, edges), hot.probability(edges))).max() < 3.5
        assert_each_degree_of_freedom_has_half_kt(trajectory, hot.beta)


@pytest.mark.parametrize("time_step", [1.0, 1.4, 1.9])
def test_large_steps_sample_the_shadow_hamiltonian_of_velocity_verlet(time_step):
    # ω = 1, kT/k = 1/2: <x²> = (kT/k) / (1 − (ω dt)²/4), and the velocities stay exact.
    trajectory = simulate(
        HARMONIC, 4_000, seed=17, time_step=time_step, stride=5, n_walkers=WALKERS
    )
    variance = (trajectory.x.astype(np.float64) ** 2).mean(axis=1)
    assert abs(z_scores(variance, 0.5 / (1 - time_step**2 / 4))) < 3
    assert abs(z_scores(variance, 0.5)) > 20
    kinetic = trajectory.kinetic_energy.mean(axis=1, dtype=np.float64)
    assert abs(z_scores(kinetic, 0.5)) < 3


def test_energy_error_without_friction_falls_as_the_square_of_the_time_step():
    def error(time_step):
        trajectory = simulate(
            linear_three_state,
            400,
            seed=1,
            time_step=time_step,
            stride=round(0.1 / time_step),
            friction=0.0,
            start=(1.5, 1.0),
            equilibration_frames=0,
        )
        return (
            linear_three_state.energy(trajectory.x, trajectory.y) + trajectory.kinetic_energy
        ).std()

    assert error(0.1) / error(0.05) == pytest.approx(4, rel=0.1)
    assert error(0.05) / error(0.025) == pytest.approx(4, rel=0.1)


def test_a_free_particle_diffuses_at_the_rate_of_its_friction():
    # The correlation of v is c = exp(−γ dt) per step, so <x²> = dt² kT/m Σ_ij c^|i − j|.
    free = ModelPotential("free", ("A",), (), confinement=1e-12, power=2, beta=1.0)
    steps, time_step, friction = 3, 0.5, 1.4
    trajectory = simulate(
        free,
        2,
        seed=18,
        n_walkers=4_000,
        stride=steps,
        time_step=time_step,
        friction=friction,
        start=(0.0, 0.0),
        equilibration_frames=0,
    )
    for frame in (0, 1):
        i = np.arange((frame + 1) * steps)
        exact = (time_step**2 * np.exp(-friction * time_step * np.abs(i[:, None] - i))).sum()
        for position in (trajectory.x, trajectory.y):
            assert abs(z_scores(position[:, frame].astype(np.float64) ** 2, exact)) < 3.5


def test_the_same_seed_repeats_bit_for_bit_and_another_differs():
    first, again, other = (simulate(four_state, 300, seed=s, n_walkers=3) for s in (5, 5, 6))
    for name in ("x", "y", "kinetic_energy"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()
        assert not np.array_equal(getattr(first, name), getattr(other, name))


def test_a_walker_does_not_depend_on_how_many_there_are():
    few, many = (simulate(linear_three_state, 50, seed=7, n_walkers=n) for n in (2, 5))
    np.testing.assert_array_equal(few.x, many.x[:2])
    alone = simulate(linear_three_state, 50, seed=7)
    np.testing.assert_array_equal(alone.x, many.x[0])


def test_walkers_are_independent():
    trajectory = simulate(HARMONIC, 500, seed=8, stride=300, n_walkers=20)
    correlation = np.corrcoef(trajectory.x)[np.triu_indices(20, 1)]
    # There are 190 pairs of 500 independent frames, each with the standard deviation 1/√500.
    assert np.abs(correlation).max() < 4.5 / np.sqrt(500)
    assert correlation.std() == pytest.approx(1 / np.sqrt(500), rel=0.25)


def test_walkers_start_at_different_minima():
    trajectory = simulate(four_state, 1, seed=9, n_walkers=100, stride=1, equilibration_frames=0)
    distance = np.hypot(
        trajectory.x - four_state.minima[:, 0], trajectory.y - four_state.minima[:, 1]
    )  # (walkers, minima)
    assert distance.min(axis=1).max() < 0.1
    assert (np.bincount(distance.argmin(axis=1), minlength=4) > 10).all()


def test_stride_keeps_every_stride_th_frame():
    # Without friction there are no random numbers, so the paths can be compared.
    same = {"seed": 3, "friction": 0.0, "start": (1.0, 1.0), "equilibration_frames": 0}
    every = simulate(linear_three_state, 60, stride=1, **same)
    tenth = simulate(linear_three_state, 6, stride=10, **same)
    np.testing.assert_allclose(tenth.x, every.x[9::10], rtol=1e-5)
    assert every.time_per_frame == pytest.approx(0.01)
    assert tenth.time_per_frame == pytest.approx(0.1)


def test_equilibration_frames_are_thrown_away():
    whole = simulate(four_state, 30, seed=4, equilibration_frames=0)
    tail = simulate(four_state, 20, seed=4, equilibration_frames=10)
    np.testing.assert_array_equal(tail.x, whole.x[10:])


def test_a_long_simulation_in_several_calls_equals_one_call(monkeypatch):
    whole = simulate(four_state, 23, seed=4)
    monkeypatch.setattr("lstm_md.systems.langevin._STEPS_PER_CALL", 500)
    np.testing.assert_array_equal(simulate(four_state, 23, seed=4).x, whole.x)


def test_shapes_types_and_description():
    one, two = (simulate(four_state, 12, seed=2, n_walkers=n) for n in (1, 2))
    assert one.x.shape == one.y.shape == one.kinetic_energy.shape == (12,)
    assert two.x.shape == two.y.shape == two.kinetic_energy.shape == (2, 12)
    assert one.x.dtype == two.kinetic_energy.dtype == np.float32
    assert (one.potential_name, one.seed) == ("four-state", 2)
    assert one.time_per_frame == pytest.approx(1.0)


def test_each_walker_takes_its_own_start():
    starts = [(1.5, 1.5), (-1.5, -1.5)]
    trajectory = simulate(
        linear_three_state, 1, seed=1, n_walkers=2, start=starts, stride=1, equilibration_frames=0
    )
    np.testing.assert_allclose(np.column_stack([trajectory.x, trajectory.y]), starts, atol=0.1)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_frames": 0}, ValueError, "n_frames: expected at least 1"),
        ({"n_frames": -5}, ValueError, "n_frames"),
        ({"n_frames": 10.0}, TypeError, "n_frames: expected a whole number"),
        ({"seed": None}, TypeError, "seed"),
        ({"seed": -1}, ValueError, "seed"),
        ({"stride": 0}, ValueError, "stride"),
        ({"n_walkers": 0}, ValueError, "n_walkers"),
        ({"equilibration_frames": -1}, ValueError, "equilibration_frames"),
        ({"time_step": 0.0}, ValueError, "time_step"),
        ({"time_step": -0.01}, ValueError, "time_step"),
        ({"time_step": np.nan}, TypeError, "time_step"),
        ({"friction": -1.0}, ValueError, "friction"),
        ({"mass": 0.0}, ValueError, "mass"),
        ({"start": (np.nan, 0.0)}, ValueError, "start: found nan at index 0"),
        ({"start": (0.0, np.inf)}, ValueError, "start: found inf"),
        ({"start": (0.0, 0.0, 0.0)}, ValueError, r"start: expected shape \(2,\)"),
        ({"start": np.zeros((3, 2)), "n_walkers": 2}, ValueError, "start"),
        ({"start": "origin"}, TypeError, "start"),
        ({"potential": "linear"}, TypeError, "potential: expected a ModelPotential"),
    ],
)
def test_bad_input_is_refused(options, error, message):
    arguments = {"potential": linear_three_state, "n_frames": 10, "seed": 1} | options
    with pytest.raises(error, match=message):
        simulate(**arguments)


def test_the_seed_is_0_if_left_out_and_only_a_keyword():
    default, named = simulate(linear_three_state, 10), simulate(linear_three_state, 10, seed=0)
    np.testing.assert_array_equal(default.x, named.x)
    assert default.seed == 0
    with pytest.raises(TypeError, match="positional"):
        simulate(linear_three_state, 10, 1)


@pytest.mark.parametrize("options", [{"time_step": 3.0}, {"start": (60.0, 0.0)}])
def test_divergence_raises_an_error_with_advice(options):
    with pytest.raises(FloatingPointError, match="time_step: .*smaller time_step"):
        simulate(linear_three_state, 1_000, seed=1, **options)


def test_a_frame_of_several_calls_is_that_of_one_call(monkeypatch):
    settings = {"seed": 3, "stride": 1_003, "n_walkers": 2}
    whole = simulate(triangular_three_state, 20, **settings)
    # A long call could not be interrupted.
    monkeypatch.setattr("lstm_md.systems.langevin._STEPS_PER_CALL", 100)
    parts = simulate(triangular_three_state, 20, **settings)
    for name in ("x", "y", "kinetic_energy"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-4)
