"""Known means: the exact ensembles, the rivals, the rules, and a run at a tiny size."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pytest

from lstm_md.analysis.markov import stationary
from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS, UNDECIDED
from reproduction.known_mean import criteria, exact, paths, rates
from reproduction.known_mean.run import KnownMeanStudy, exact_population
from reproduction.runs.files import save_file
from reproduction.runs.recipe import run_job

MATRIX = np.array(exact.MATRIX)
#: In detailed balance: the populations are 0.5, 0.3 and 0.2.
FLUXES = np.array([[0.0, 2e-4, 1e-4], [2e-4, 0.0, 3e-4], [1e-4, 3e-4, 0.0]])
POPULATIONS = np.array([0.5, 0.3, 0.2])
RATES = FLUXES / POPULATIONS[:, None]


@pytest.mark.parametrize("name", exact.OBSERVABLES)
def test_sums_over_all_paths_are_those_of_the_transfer_matrices(name):
    observable, n, strength = exact.OBSERVABLES[name], 6, 2.5
    every = np.array(list(product(range(3), repeat=n)))
    start = stationary(MATRIX)[every[:, 0]]
    probability = start * MATRIX[every[:, :-1], every[:, 1:]].prod(axis=1)
    weights = probability * np.exp(-strength * observable.of(every))
    weights /= weights.sum()
    found = paths.weighted_paths(MATRIX, observable, n, strength)
    quantities = weights @ exact.quantities_of(every)
    assert found.observable == pytest.approx(weights @ observable.of(every), rel=1e-12)
    np.testing.assert_allclose(found.populations, quantities[:3], rtol=1e-12)
    np.testing.assert_allclose(found.pairs.ravel(), quantities[3:], rtol=1e-12)


def test_without_a_constraint_the_paths_are_those_of_the_chain():
    found = paths.weighted_paths(MATRIX, exact.OBSERVABLES["population"], 50, 0.0)
    np.testing.assert_allclose(found.populations, stationary(MATRIX), rtol=1e-12)
    np.testing.assert_allclose(found.pairs, stationary(MATRIX)[:, None] * MATRIX, rtol=1e-12)


def test_constrained_paths_have_the_target():
    found = paths.constrained_paths(MATRIX, exact.OBSERVABLES["changes"], 200, 0.13)
    assert found.observable == pytest.approx(0.13, abs=1e-9)


def test_weighted_paths_agree_with_the_exact_ensemble_and_others_do_not():
    found = exact.deviations(4000, 100, seed=1)
    for rows in found.values():
        right, without, opposite = np.abs(rows).max(axis=1)
        assert right < 4 < without and opposite > 10


def test_the_error_is_known_while_the_effective_size_is_large():
    found = exact.limits((0.0, 1.0, 3.0), 300, 100, 60, seed=2)
    assert found["size"][0] == pytest.approx(300, rel=0.05)
    assert (np.diff(found["size"]) < 0).all()
    assert np.abs(found["ratio"][:2] - 1).max() < 0.4


def perfect_events(factor=1.0):
    """Counts without any chance, of a process whose first population is POPULATIONS[0]."""
    frames = 1e6 * POPULATIONS
    return rates.Events(factor * frames[:, None] * RATES, frames)


@pytest.mark.parametrize("fit", ["reversible", "tilted"])
def test_the_own_population_changes_no_model(fit):
    events = perfect_events()
    if fit == "reversible":
        found = rates.reversible_rates(events, 0, 0.5)
    else:
        found = rates.tilted_rates(events.rates, 0, 0.5)
    np.testing.assert_allclose(rates.off_diagonal(found), rates.off_diagonal(RATES), rtol=1e-4)


@pytest.mark.parametrize("target", [0.2, 0.4, 0.7])
def test_the_models_have_the_imposed_population(target):
    for found in (
        rates.reversible_rates(perfect_events(), 0, target),
        rates.tilted_rates(RATES, 0, target),
    ):
        chain = np.eye(3) + found - np.diag(found.sum(axis=1))
        assert stationary(chain)[0] == pytest.approx(target, abs=1e-6)


def test_a_reversible_model_repairs_a_wrong_population_with_both_directions():
    # The time in A is too long by chance, and the transitions are as many as expected.
    events = perfect_events()
    wrong = rates.Events(events.counts, events.frames * [1.5, 1.0, 1.0])
    found = rates.reversible_rates(wrong, 0, 0.5)
    assert rates.distance(found, RATES) < 0.8 * rates.distance(wrong.rates, RATES)


def test_segments_are_weighted_by_their_population():
    labels = np.repeat([0, 1, 0, 0, 2, 1, 2, 0], 500).astype(np.uint8)
    found, plain = (rates.segment_rates(labels, 0, target, 2, 10, 3) for target in (0.3, 0.5))
    # The second half has less of A, and all transitions from B to C.
    assert found[1, 2] > 1.5 * plain[1, 2]
    none = rates.segment_rates(labels, 0, 0.9, 2, 10, 3)
    np.testing.assert_array_equal(none, plain)


def test_pairs_without_a_transition_count_as_half_a_transition():
    events = rates.Events(np.zeros((2, 2)), np.array([100.0, 50.0]))
    assert events.rates.tolist() == [[0, 0.005], [0.01, 0]]
    assert rates.distance(events.rates, events.rates) == 0


def test_weights_of_trajectories_add_up_to_their_number():
    paths_of = np.array([[0, 0, 1, 1], [1, 1, 0, 0]])
    events = rates.count_events(paths_of, 1, 2)
    assert events.pooled().counts.tolist() == [[0, 1], [1, 0]]
    assert events.pooled([1.0, 0.0]).counts.tolist() == [[0, 2], [0, 0]]


def test_the_rules_for_each_claim():
    ten = 0.4 + 0.01 * np.linspace(-1, 1, 10)
    assert criteria.reaches_target(ten, 0.402, 0.3) == HOLDS
    assert criteria.reaches_target(ten, 0.45, 0.3) == DOES_NOT_HOLD
    assert criteria.reaches_target(ten, 0.402, 0.401) == UNDECIDED
    before = np.ones(10)
    for better, outcome in ((8, HOLDS), (7, UNDECIDED), (6, UNDECIDED), (5, DOES_NOT_HOLD)):
        after = np.where(np.arange(10) < better, 0.5, 1.5)
        assert criteria.helps(before, after) == (outcome, better)
    assert criteria.compare_rival(after, before) == (criteria.NO_DIFFERENCE, 5)
    assert criteria.compare_rival(before, 2 * before)[0] == criteria.BETTER
    assert criteria.compare_rival(2 * before, before)[0] == criteria.WORSE
    scatter = 0.05 * np.random.default_rng(1).standard_normal((6, 9))
    assert criteria.stays_the_same(scatter) == HOLDS
    assert criteria.stays_the_same(scatter + 0.5) == DOES_NOT_HOLD
    assert criteria.stays_the_same(scatter + np.log(1.25)) == UNDECIDED
    assert criteria.errors_are_known([300, 100, 3], [[1, 1], [1.1, 0.9], [2, 1]]) == HOLDS
    assert criteria.errors_are_known([300, 100, 3], [[1, 1], [1.4, 0.9], [2, 1]]) == DOES_NOT_HOLD
    far, near, low, high = [0.5, 0.6, 0.55], [0.1, 0.12, 0.11], [0.2] * 10, [0.6] * 10
    assert criteria.wrong_physics(far, near, low, high)[0] == HOLDS
    assert criteria.wrong_physics(far, near, high, low)[0] == DOES_NOT_HOLD
    assert criteria.wrong_physics(near, far, low, high)[0] == UNDECIDED


def test_the_rule_for_no_harm_rarely_errs():
    scatter = np.full(9, 0.1)
    assert criteria.calibration(scatter, 6, 1.0)[DOES_NOT_HOLD] < 0.01
    assert criteria.calibration(scatter, 6, 1.5)[DOES_NOT_HOLD] > 0.9


def test_the_exact_population_is_that_of_a_long_simulation():
    assert exact_population() == pytest.approx(0.307, abs=0.02)


def test_a_tiny_run_answers_every_claim(tmp_path):
    study = KnownMeanStudy(
        frames=20_000, short_frames=20_000, reference_frames=50_000, paths=110, path_frames=500,
        selected=6, epochs=2, short_epochs=2, selected_epochs=1, trainings=3, own=3, wrong=3,
        chain_paths=300, chain_frames=50, repetitions=5, few_paths=50, shifts=(0.0, 1.0), units=8,
        population=1.0001, changes=1.0001,
    )  # fmt: skip
    recipe = study.recipe("known_mean", "tiny")
    (tmp_path / ".working").mkdir()
    for job in recipe.jobs:
        if job.name.startswith(("short", "false")):
            # A network that has hardly learned never has the exact population.
            save_file(tmp_path / job.file, made_up(job.name, 3), {}, {})
        else:
            run_job(job, tmp_path)
    numbers = recipe.summarise(tmp_path, recipe.settings)["numbers"]
    assert set(numbers) == {*(f"X2{k}" for k in "abcdefg"), "short"}
    assert numbers["X2c"]["of"] == 3 and len(numbers["short"]["second"]) == 3
    assert 0 < numbers["X2g"]["share"] <= 1
    assert json.dumps(numbers, allow_nan=False)


def made_up(name, n):
    random = np.random.default_rng(len(name))
    shares = random.dirichlet([3, 3, 3], 12)
    events = {"counts": random.poisson(20.0, (12, 3, 3)), "frames": 2000 * shares}
    if name.startswith("short"):
        return {f"{which}_{k}": v for which in ("first", "second") for k, v in events.items()}
    own = {"target": 0.49, "size": 4.0, "values": shares[:, 0], "reached": np.full(n, 0.5)}
    return {**own, "chosen": np.full(n, 0.5), **{k: v[:n] for k, v in events.items()}}
