"""The criterion of T1 and T2 on synthetic losses: what must pass, what must fail."""

from __future__ import annotations

import numpy as np
import pytest

from reproduction.ledger import LEDGER
from reproduction.path_entropy.criteria import meet_an_entropy, meet_entropies, meets_entropy

RATE = 0.4
RNG = np.random.default_rng(0)
# The text's own noise, which is larger than what is judged, but the same for all.
EXACT = RATE + 0.01 * RNG.normal(size=20)


def losses(excess):
    """Of 20 trainings: so much, as a share of the rate, above the exact loss."""
    noise = 2e-4 * RNG.normal(size=(20, 20))
    return EXACT + RATE * np.broadcast_to(excess, 20)[:, None] + noise


def test_losses_at_the_bound_pass():
    outcome = meets_entropy(losses(0.002), EXACT, RATE)
    assert outcome.passed
    assert "20 of 20 within 1%" in outcome.measured and "0.4000 nats" in outcome.measured
    assert "or only 76% of all trainings" in outcome.power


@pytest.mark.parametrize("excess", [0.012, -0.012, 0.2])
def test_losses_above_the_bound_fail_and_so_do_those_that_are_too_good(excess):
    assert not meets_entropy(losses(excess), EXACT, RATE).passed


def test_two_bad_trainings_of_twenty_may_be_three_not():
    excess = np.full(20, 0.003)
    excess[:2] = 0.05
    assert meets_entropy(losses(excess), EXACT, RATE).passed
    excess[2] = 0.05
    assert not meets_entropy(losses(excess), EXACT, RATE).passed


def test_the_noise_of_the_text_decides_nothing():
    for shift in (-0.05, 0.05):
        assert meets_entropy(losses(0.003) + shift, EXACT + shift, RATE).passed


def test_what_was_caught_is_what_the_power_says():
    # All trainings by so much above: caught 9 times out of 10, by what the power promises.
    noise = 0.02 * RATE / np.sqrt(20)  # of a training's mean over 20 blocks
    at = float(meets_entropy(_noisy(0.0), EXACT, RATE).power.split("of ")[1].split("%")[0]) / 100
    assert at == pytest.approx(0.01 + 1.28 * noise / RATE, rel=0.1)
    one = [meets_entropy(_noisy(at)[:1], EXACT, RATE).passed for _ in range(200)]
    assert np.mean(one) == pytest.approx(0.1, abs=0.06)


def _noisy(excess):
    return EXACT + RATE * (excess + 0.02 * RNG.normal(size=(20, 20)))


def test_the_model_must_pass_for_all_processes_and_a_control_for_none():
    good = meets_entropy(losses(0.002), EXACT, RATE)
    bad = meets_entropy(losses(0.2), EXACT, RATE)
    assert meet_entropies({"a": good, "b": good}).passed
    assert not meet_entropies({"a": good, "b": bad}).passed
    assert meet_an_entropy({"a": bad, "b": good}).passed
    assert not meet_an_entropy({"a": bad, "b": bad}).passed
    both = meet_entropies({"a": good, "b": bad})
    assert both.measured == f"a: {good.measured}; b: {bad.measured}"


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
        assert "within 1% of the entropy rate" in LEDGER[claim].criterion
