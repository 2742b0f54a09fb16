"""Criteria: how often they accept the same process, and what each of them rejects."""

from __future__ import annotations

import numpy as np
import pytest

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.analysis.uncertainty import Estimate, by_segments, over_trainings
from lstm_md.judging import criteria

CHAIN = np.array([[0.98, 0.02, 0.0], [0.01, 0.98, 0.01], [0.0, 0.02, 0.98]])
FASTER = np.array([[0.97, 0.03, 0.0], [0.015, 0.97, 0.015], [0.0, 0.03, 0.97]])
COMMIT = [1, 2, 5, 10, 20, 50]


def counts(labels):
    return by_segments(lambda piece: transition_counts(piece, COMMIT, n_labels=3), labels, 20)


def trained(matrix, seed):
    """Estimate the counts of five models that have all learned one chain perfectly."""
    each = [simulate_markov_chain(matrix, 40_000, seed=100 * seed + k) for k in range(5)]
    return over_trainings([counts(labels).value for labels in each])


def passes(matrix, seeds):
    """Return the share of data sets of CHAIN with which a perfect model of ``matrix`` agrees."""
    return np.mean(
        [
            criteria.curves_agree(
                trained(matrix, s), counts(simulate_markov_chain(CHAIN, 40_000, seed=s))
            ).passed
            for s in seeds
        ]
    )


def test_count_curves_of_the_same_process_mostly_agree():
    # A perfect model agrees with 8 in 10 data sets that it has not learned from, because the points
    # of a curve are correlated. A model agrees better with the data that it has learned from.
    assert passes(CHAIN, range(60)) >= 0.7


def test_count_curves_of_a_process_half_as_fast_again_never_agree():
    assert passes(FASTER, range(30)) == 0.0


def test_the_detectable_deviation_is_detected():
    reference = counts(simulate_markov_chain(CHAIN, 40_000, seed=1))
    model = trained(CHAIN, 1)
    outcome = criteria.curves_agree(model, reference)
    factor = 1 + outcome.numbers["detectable"]
    assert outcome.power == f"all counts off by {factor - 1:.1%}"
    rejected = [
        not criteria.curves_agree(
            Estimate(factor * m.value, m.error),
            counts(simulate_markov_chain(CHAIN, 40_000, seed=s)),
        ).passed
        for s in range(20)
        for m in [trained(CHAIN, s)]
    ]
    assert np.mean(rejected) >= 0.9


def test_a_drift_of_one_sign_fails_although_every_point_is_within_two_errors():
    value, error = np.full((6, 3, 3), 100.0), np.full((6, 3, 3), 10.0)
    reference = Estimate(value, error, 20)
    shifted = Estimate(value + 18, np.zeros_like(error))
    assert not criteria.curves_agree(shifted, reference).passed
    signs = np.where(np.arange(6) % 2, 1, -1)[:, None, None]
    assert criteria.curves_agree(Estimate(value + 18 * signs, 0 * error), reference).passed


def test_a_share_that_is_narrowly_too_small_is_not_rounded_to_enough():
    value, error = np.full((68, 1, 1), 100.0), np.full((68, 1, 1), 10.0)
    for agree, shown in ((61, "89.7%"), (62, "91%")):
        signs = np.where(np.arange(68) % 2, 1, -1)[:, None, None]
        away = np.where(np.arange(68) < agree, 0, 30)[:, None, None] * signs
        outcome = criteria.curves_agree(Estimate(value + away, 0 * error), Estimate(value, error))
        assert outcome.passed == (agree == 62)
        assert outcome.measured.startswith(f"{shown} of 68 points")


def test_points_with_few_transitions_decide_nothing():
    value, error = np.full((2, 3, 3), 100.0), np.full((2, 3, 3), 10.0)
    value[1], error[1] = 0.1, 0.0
    other = value.copy()
    other[1] = 50.0
    assert criteria.curves_agree(Estimate(other, error), Estimate(value, error, 20)).passed
    with pytest.raises(ValueError, match="reference: found no commit time with 10 trans"):
        criteria.curves_agree(Estimate(other, error), Estimate(value * 1e-3, error, 20))


def test_populations_need_both_the_mean_and_the_scatter():
    reference = Estimate(np.array([0.3, 0.4, 0.3]), np.full(3, 0.02), 20)
    near = Estimate(np.array([0.32, 0.38, 0.3]), np.full(3, 0.01), 5)
    far = Estimate(np.array([0.4, 0.3, 0.3]), np.full(3, 0.01), 5)
    assert criteria.populations_agree(near, reference, 1.1).passed
    assert not criteria.populations_agree(far, reference, 1.1).passed
    assert not criteria.populations_agree(near, reference, 0.2).passed
    assert not criteria.populations_agree(near, reference, 2.5).passed


def test_the_numbers_of_populations_are_those_in_words():
    reference = Estimate(np.array([0.3, 0.7]), np.full(2, 0.03), 20)
    outcome = criteria.populations_agree(Estimate([0.4, 0.6], [0.04, 0.04], 5), reference, 1.25)
    assert outcome.measured == "largest deviation 2.0 SE; scatter ratio 1.25"
    assert outcome.power == "a population off by 0.21"
    detectable = (3 + 1.2816) * 0.05
    expected = {"largest_z": 2.0, "scatter_ratio": 1.25, "detectable": detectable}
    assert outcome.numbers == pytest.approx(expected)


def test_the_numbers_of_curves_are_those_in_words():
    value, error = np.full((4, 1, 1), 100.0), np.full((4, 1, 1), 3.0)
    model = Estimate(value + [[[0]], [[5]], [[10]], [[-5]]], np.full((4, 1, 1), 4.0))
    outcome = criteria.curves_agree(model, Estimate(value, error, 20))
    assert outcome.passed
    assert outcome.measured == "100% of 4 points within 2 SE; mean +0.50 SE"
    expected = {"share": 1.0, "drift": 0.5, "points": 4, "detectable": 1.3 / 20}
    assert outcome.numbers == pytest.approx(expected)


def test_without_any_error_every_difference_is_detectable():
    value, error = np.full((2, 1, 1), 100.0), np.zeros((2, 1, 1))
    same = criteria.compare_curves(Estimate(value, error), Estimate(value, error, 20))
    assert same == (1.0, 0.0, 2, 0.0)
    assert not criteria.curves_agree(Estimate(value + 1, error), Estimate(value, error, 20)).passed


GOOD = criteria.Outcome(True, "0.5 SE", "a shift of 1", {"z": 0.5})
BAD = criteria.Outcome(False, "9 SE", numbers={"z": 9.0, "n": 3})


def test_combined_tests_pass_if_all_of_them_pass():
    both = criteria.combine({"x": GOOD, "y": BAD})
    assert both == criteria.Outcome(
        False, "x: 0.5 SE; y: 9 SE", "x: a shift of 1", {"x, z": 0.5, "y, z": 9.0, "y, n": 3}
    )
    assert criteria.combine({"x": GOOD, "y": GOOD}).passed
    assert not criteria.combine({"x": BAD}).passed


def test_combined_tests_may_pass_by_another_rule_and_have_another_separator():
    one_is_enough = criteria.combine({"x": GOOD, "y": BAD}, passed=True, separator=" | ")
    assert one_is_enough.passed
    assert one_is_enough.measured == "x: 0.5 SE | y: 9 SE"
    assert not criteria.combine({"x": GOOD}, passed=False).passed
    with pytest.raises(ValueError, match="outcomes: found none; give at least one test"):
        criteria.combine({})


@pytest.mark.parametrize(
    ("share", "shown"), [(0.9, "90%"), (0.899, "89.9%"), (0.89, "89%"), (0.04, "4%"), (1.0, "100%")]
)
def test_percents_show_a_narrow_miss(share, shown):
    assert criteria.percent(share) == shown


@pytest.mark.parametrize(
    ("z", "limit", "shown"),
    [(3.0, 3.0, "+3.0"), (3.04, 3.0, "+3.04"), (-3.04, 3.0, "-3.04"), (3.2, 3.0, "+3.2")],
)
def test_deviations_show_a_narrow_miss(z, limit, shown):
    assert criteria.deviation(z, limit) == shown
