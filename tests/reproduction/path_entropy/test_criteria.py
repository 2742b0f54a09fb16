"""The criterion of T1 and T2 on synthetic losses: what must pass, what must fail."""

from __future__ import annotations

import numpy as np
import pytest

from reproduction.ledger import LEDGER
from reproduction.path_entropy.criteria import all_pass, any_passes, is_near_rate, meets_entropy

RATE = 0.4
RNG = np.random.default_rng(0)
# The noise of the labels is larger than what is judged, but the same for all trainings.
EXACT = RATE + 0.01 * RNG.normal(size=20)


def losses(excess):
    """Of 20 trainings: so much, as a share of the rate, above the exact loss."""
    noise = 2e-4 * RNG.normal(size=(20, 20))
    return EXACT + RATE * np.broadcast_to(excess, 20)[:, None] + noise


def test_losses_at_the_entropy_rate_pass():
    outcome = meets_entropy(losses(0.002), EXACT, RATE)
    assert outcome.passed
    assert "20 of 20 within 1%" in outcome.measured and "0.4000 nats" in outcome.measured
    assert "or only 76% of all trainings" in outcome.power


def test_the_numbers_are_those_of_the_words():
    numbers = meets_entropy(losses(0.002), EXACT, RATE).numbers
    assert numbers["share"] == 1.0 and numbers["rate"] == RATE
    assert numbers["median_excess"] == pytest.approx(0.002, abs=1e-4)
    assert numbers["median_excess"] < numbers["largest_excess"] < 0.003
    assert 0.01 < numbers["detectable_excess"] < 0.011


@pytest.mark.parametrize("excess", [0.012, -0.012, 0.2])
def test_losses_above_the_rate_fail_and_so_do_losses_below_it(excess):
    assert not meets_entropy(losses(excess), EXACT, RATE).passed


def test_two_bad_trainings_of_twenty_are_allowed_and_three_are_not():
    excess = np.full(20, 0.003)
    excess[:2] = 0.05
    assert meets_entropy(losses(excess), EXACT, RATE).passed
    excess[2] = 0.05
    assert not meets_entropy(losses(excess), EXACT, RATE).passed


def test_the_noise_of_the_labels_decides_nothing():
    for shift in (-0.05, 0.05):
        assert meets_entropy(losses(0.003) + shift, EXACT + shift, RATE).passed


def test_the_detectable_excess_is_detected_nine_times_in_ten():
    noise = 0.02 * RATE / np.sqrt(20)  # of the mean of a training over 20 blocks
    detectable = meets_entropy(_noisy(0.0), EXACT, RATE).numbers["detectable_excess"]
    assert detectable == pytest.approx(0.01 + 1.28 * noise / RATE, rel=0.1)
    passed = [meets_entropy(_noisy(detectable)[:1], EXACT, RATE).passed for _ in range(200)]
    assert np.mean(passed) == pytest.approx(0.1, abs=0.06)


def _noisy(excess):
    return EXACT + RATE * (excess + 0.02 * RNG.normal(size=(20, 20)))


def test_a_model_must_pass_for_all_processes_and_a_control_for_none():
    good = meets_entropy(losses(0.002), EXACT, RATE)
    bad = meets_entropy(losses(0.2), EXACT, RATE)
    assert all_pass({"a": good, "b": good}).passed
    assert not all_pass({"a": good, "b": bad}).passed
    assert any_passes({"a": bad, "b": good}).passed
    assert not any_passes({"a": bad, "b": bad}).passed


def test_a_combination_has_the_words_and_numbers_of_every_process():
    good = meets_entropy(losses(0.002), EXACT, RATE)
    bad = meets_entropy(losses(0.2), EXACT, RATE)
    both = all_pass({"a": good, "b": bad})
    assert both.measured == f"a: {good.measured}; b: {bad.measured}"
    assert both.numbers["b, median_excess"] == bad.numbers["median_excess"]
    assert all_pass({"a": good, "b": good}).power == good.power


def test_the_process_itself_is_near_its_rate_unless_the_trajectory_is_short():
    near = is_near_rate(EXACT, RATE)
    assert near.passed and near.numbers["excess"] == pytest.approx(EXACT.mean() / RATE - 1)
    assert not is_near_rate(EXACT + 0.02, RATE).passed


@pytest.mark.parametrize("shape", [(20,), (20, 19), (20, 20, 1)])
def test_losses_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match="losses: expected shape"):
        meets_entropy(np.ones(shape), EXACT, RATE)


def test_a_process_without_entropy_is_refused():
    with pytest.raises(ValueError, match="rate: expected more than 0, found 0"):
        meets_entropy(losses(0.0), EXACT, 0.0)


def test_the_ledger_says_what_is_judged():
    for claim in ("T1", "T2"):
        assert "at least 90% of the trainings" in LEDGER[claim].criterion
        assert "at most 1% of the entropy rate" in LEDGER[claim].criterion
