"""Maximum caliber: exact weights, selections in proportion to them, and bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_md.analysis.caliber import (
    caliber_weights,
    effective_sample_size,
    lagrange_multiplier,
    reweighted_mean,
    select_trajectories,
)

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
VALUES = st.lists(NUMBERS, min_size=2, max_size=40).filter(lambda v: np.ptp(v) > 1e-3)
SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=40).filter(lambda w: max(w) > 0)


def test_two_trajectories_have_the_weights_that_the_target_says():
    assert caliber_weights([0.0, 1.0], 0.25) == pytest.approx([0.75, 0.25], rel=1e-12)
    assert lagrange_multiplier([0.0, 1.0], 0.25) == pytest.approx(np.log(3), rel=1e-12)


def test_normal_values_have_the_multiplier_of_the_closed_form():
    # exp(−λ s) moves the mean of a normal distribution by −λ σ².
    values = np.random.default_rng(1).normal(2.0, 0.5, 400_000)
    assert lagrange_multiplier(values, 1.75) == pytest.approx(1.0, rel=0.02)
    weights = caliber_weights(values, 1.75)
    # ESS/n = exp(−λ² σ²)
    assert effective_sample_size(weights) / values.size == pytest.approx(np.exp(-0.25), rel=0.02)


@given(VALUES, st.floats(0.02, 0.98))
@settings(deadline=None)
def test_the_weighted_mean_is_the_target(values, share):
    target = min(values) + share * np.ptp(values)
    weights = caliber_weights(values, target)
    assert weights.sum() == pytest.approx(1.0) and weights.min() >= 0
    assert weights @ values == pytest.approx(target, abs=1e-9 * max(np.abs(values)))


@given(VALUES, st.floats(0.02, 0.98))
@settings(deadline=None)
def test_the_weights_are_exponential_in_the_values(values, share):
    target = min(values) + share * np.ptp(values)
    weights, strength = caliber_weights(values, target), lagrange_multiplier(values, target)
    exponents = -strength * np.array(values)
    expected = np.exp(exponents - exponents.max())
    np.testing.assert_allclose(weights, expected / expected.sum(), rtol=1e-6, atol=1e-12)


@given(VALUES)
@settings(deadline=None)
def test_the_own_mean_gives_equal_weights(values):
    weights = caliber_weights(values, float(np.mean(values)))
    np.testing.assert_allclose(weights, 1 / len(values), rtol=1e-6)


@given(VALUES, st.floats(0.05, 0.95), st.floats(-9, 9), st.floats(0.1, 10))
@settings(deadline=None)
def test_the_unit_of_the_observable_does_not_matter(values, share, shift, scale):
    values = np.array(values)
    target = values.min() + share * np.ptp(values)
    moved = caliber_weights(scale * values + shift, scale * target + shift)
    np.testing.assert_allclose(moved, caliber_weights(values, target), rtol=1e-4, atol=1e-9)


def test_a_lower_target_needs_a_larger_multiplier_and_leaves_fewer_trajectories():
    values = np.random.default_rng(2).random(500)
    targets = [0.5, 0.4, 0.3, 0.2, 0.1]
    strengths = [lagrange_multiplier(values, target) for target in targets]
    sizes = [effective_sample_size(caliber_weights(values, target)) for target in targets]
    assert (np.diff(strengths) > 0).all() and (np.diff(sizes) < 0).all()


def test_among_weights_with_the_target_mean_these_have_the_largest_entropy():
    values = np.array([0.0, 0.4, 1.0, 1.5])
    weights = caliber_weights(values, 0.6)
    # Directions that change neither the sum nor the mean.
    free = np.linalg.svd(np.vstack([np.ones(4), values]))[2][2:]

    def entropy(w):
        return -(w * np.log(w)).sum()

    for direction in free:
        assert entropy(weights) > entropy(weights + 1e-3 * direction)
        assert entropy(weights) > entropy(weights - 1e-3 * direction)


def test_equal_values_have_equal_weights_if_they_are_the_target():
    assert caliber_weights([2.0, 2.0], 2).tolist() == [0.5, 0.5]
    assert lagrange_multiplier([2.0], 2) == 0.0


@pytest.mark.parametrize("values", [[-1.7e308, 1.7e308], [1e-300, 3e-300], [1e9, 1e9 + 1e-4]])
def test_very_large_small_and_close_values_are_weighted(values):
    target = 0.75 * values[0] + 0.25 * values[1]
    assert caliber_weights(values, target) == pytest.approx([0.75, 0.25], abs=1e-2)


def test_a_target_near_the_end_of_the_range_leaves_one_trajectory():
    weights = caliber_weights([0.0, 1.0, 2.0], 1e-12)
    assert effective_sample_size(weights) == pytest.approx(1.0)


@given(SHARES)
@settings(deadline=None)
def test_the_effective_size_is_between_one_and_the_number_of_trajectories(weights):
    found = effective_sample_size(weights)
    assert 1 - 1e-9 <= found <= len(weights) + 1e-9
    assert found == pytest.approx(effective_sample_size(7 * np.array(weights)))


@given(SHARES, st.integers(1, 60), st.integers(0, 99))
@settings(deadline=None)
def test_each_trajectory_is_selected_as_often_as_its_weight_says(weights, n, seed):
    selected = select_trajectories(weights, n, seed=seed)
    counts = np.bincount(selected, minlength=len(weights))
    expected = n * np.array(weights) / np.sum(weights)
    assert counts.sum() == n and (np.abs(counts - expected) < 1 + 1e-6).all()
    assert not counts[expected == 0].any()


def test_the_selection_is_right_on_average_and_depends_on_the_seed_only():
    weights = np.array([0.05, 0.15, 0.3, 0.5])
    drawn = [np.bincount(select_trajectories(weights, 3, seed=k), minlength=4) for k in range(4000)]
    assert np.mean(drawn, axis=0) == pytest.approx(3 * weights, abs=0.03)
    one, same = (select_trajectories(weights, 30, seed=5).tolist() for _ in range(2))
    assert one == same != select_trajectories(weights, 30, seed=6).tolist()


def test_the_selected_trajectories_have_the_target_mean():
    random = np.random.default_rng(3)
    values = random.gamma(2.0, 1.0, 2000)
    selected = select_trajectories(caliber_weights(values, 1.5), 1000, seed=4)
    assert values[selected].mean() == pytest.approx(1.5, abs=0.02)


def test_equal_weights_give_the_standard_error_of_the_mean():
    quantity = np.random.default_rng(5).normal(size=300)
    found = reweighted_mean(quantity, np.ones(300))
    assert found.value == pytest.approx(quantity.mean())
    assert found.error == pytest.approx(quantity.std() / np.sqrt(300))


def test_the_error_is_the_scatter_of_repetitions():
    random = np.random.default_rng(6)
    found = []
    for _ in range(1500):
        s, own = random.normal(size=(2, 400))
        quantity = 0.8 * s + 0.6 * own
        weights = caliber_weights(s, 0.5)
        found.append([reweighted_mean(quantity, weights, s), reweighted_mean(quantity, weights)])
    means = np.array([with_values.value for with_values, _ in found])
    errors = np.array([[e.error for e in pair] for pair in found]).mean(axis=0)
    assert errors[0] == pytest.approx(means.std(), rel=0.06)
    assert errors[1] > 1.3 * means.std(), "without the observable, the error is too large"


def test_what_follows_the_observable_has_no_error():
    s = np.array([0.0, 1.0, 2.0, 5.0])
    weights = caliber_weights(s, 1.2)
    found = reweighted_mean(np.column_stack([3 * s + 1, s**2]), weights, s)
    assert found.value[0] == pytest.approx(4.6) and found.error[0] == pytest.approx(0, abs=1e-12)
    assert found.error[1] > 0.1


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: caliber_weights([], 0.5), ValueError, "values: .*at least 1"),
        (lambda: caliber_weights([0, np.nan], 0.5), ValueError, "values: .*index 1"),
        (lambda: caliber_weights([[0, 1]], 0.5), ValueError, "values: .*shape"),
        (lambda: caliber_weights(["a"], 0.5), TypeError, "values"),
        (lambda: caliber_weights([0, 1], 1.5), ValueError, "target: .*between 0 and 1.*1.5"),
        (lambda: caliber_weights([0, 1], 0), ValueError, "target: .*between"),
        (lambda: caliber_weights([2, 2], 2.1), ValueError, "target"),
        (lambda: caliber_weights([0, 1], np.nan), TypeError, "target"),
        (lambda: caliber_weights([0, 1], "half"), TypeError, "target"),
        (lambda: lagrange_multiplier([0, 5e-324 * 4], 5e-324), ValueError, "values: .*unit"),
        (lambda: effective_sample_size([1, -1]), ValueError, "weights: .*index 1"),
        (lambda: effective_sample_size([0, 0]), ValueError, "weights: .*zeros"),
        (lambda: effective_sample_size([]), ValueError, "weights"),
        (lambda: select_trajectories([1, 1], 0), ValueError, "n_selected"),
        (lambda: select_trajectories([1, 1], 1.5), TypeError, "n_selected"),
        (lambda: select_trajectories([1, 1], 2, seed=-1), ValueError, "seed"),
        (lambda: reweighted_mean([1, 2], [1]), ValueError, "weights: .*2 trajectories"),
        (lambda: reweighted_mean([1, 2], [1, 1], [1]), ValueError, "values: .*2 trajectories"),
        (lambda: reweighted_mean([1e300, -1e300], [1, 1]), ValueError, "quantities: .*unit"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
