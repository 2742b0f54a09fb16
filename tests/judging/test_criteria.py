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
    return by_segments(lambda part: transition_counts(part, COMMIT, n_labels=3), labels, 20)


def trained(matrix, seed):
    """Five 'trainings' that all learned the same chain perfectly."""
    each = [simulate_markov_chain(matrix, 40_000, seed=100 * seed + k) for k in range(5)]
    return over_trainings([counts(labels).value for labels in each])


def passes(matrix, seeds):
    """The share of data sets of CHAIN that a perfect model of ``matrix`` agrees with."""
    return np.mean(
        [
            criteria.curves_agree(
                trained(matrix, s), counts(simulate_markov_chain(CHAIN, 40_000, seed=s))
            ).passed
            for s in seeds
        ]
    )


def test_count_curves_of_the_same_process_mostly_agree():
    # 8 in 10 for a perfect model judged against data that it has not learned from: the curve's
    # points move together. A model that learned from these very data is nearer to them.
    assert passes(CHAIN, range(60)) >= 0.7


def test_count_curves_of_a_process_half_as_fast_again_never_agree():
    assert passes(FASTER, range(30)) == 0.0


def test_what_the_power_promises_is_caught():
    reference = counts(simulate_markov_chain(CHAIN, 40_000, seed=1))
    model = trained(CHAIN, 1)
    factor = 1 + float(criteria.curves_agree(model, reference).power.split()[-1].strip("%")) / 100
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


def test_a_share_that_narrowly_misses_is_not_shown_as_enough():
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
    with pytest.raises(ValueError, match="reference: no commit time with 10 transitions"):
        criteria.curves_agree(Estimate(other, error), Estimate(value * 1e-3, error, 20))


def test_populations_need_both_the_mean_and_the_scatter():
    reference = Estimate(np.array([0.3, 0.4, 0.3]), np.full(3, 0.02), 20)
    near = Estimate(np.array([0.32, 0.38, 0.3]), np.full(3, 0.01), 5)
    far = Estimate(np.array([0.4, 0.3, 0.3]), np.full(3, 0.01), 5)
    assert criteria.populations_agree(near, reference, 1.1).passed
    assert not criteria.populations_agree(far, reference, 1.1).passed
    assert not criteria.populations_agree(near, reference, 0.2).passed
    assert not criteria.populations_agree(near, reference, 2.5).passed
