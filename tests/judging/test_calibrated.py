"""The calibrated test: false alarms in repetitions, power, and bad input."""

from __future__ import annotations

import numpy as np
import pytest

from lstm_md.judging.calibrated import MIN_TRAININGS, ratio_test
from lstm_md.judging.null_sample import NullSample, reference_null
from lstm_md.judging.paired import sign_flip_p_value, sign_flip_p_values

RATES = np.array([0.02, 0.5, 3.0, 30.0, 30.0, 300.0])  # events in the data, rare ones too
REPETITIONS = 1000


def counts(random, shape):
    return random.poisson(RATES, (*shape, RATES.size))


def null_sample(seed=0, longer=1.0):
    random = np.random.default_rng(seed)
    model = random.poisson(longer * RATES, (1000, RATES.size))
    return NullSample(counts(random, (1000,)), model, 1 / longer)


def rejections(n_trainings, spread=0.0, factor=1.0, longer=1.0, n=REPETITIONS):
    """Return the share of data sets for which the test rejects a model of rates × factor."""
    random, null = np.random.default_rng(7), null_sample(longer=longer)
    found = 0
    for k in range(n):
        each = np.exp(spread * random.standard_normal((n_trainings, RATES.size)))
        model = random.poisson(longer * factor * RATES * each)
        test = ratio_test(model, counts(random, ()), null, n_repetitions=199, seed=k)
        found += test.rejects
    return found / n


@pytest.mark.parametrize(
    "n_trainings, spread, longer", [(3, 0.0, 1.0), (10, 0.2, 0.2), (5, 0.1, 10.0)]
)
def test_a_true_null_hypothesis_is_rejected_five_times_in_a_hundred(n_trainings, spread, longer):
    # Three standard errors of 1,000 repetitions are 2.1 %.
    assert 0.029 <= rejections(n_trainings, spread, longer=longer) <= 0.071


def test_the_spread_between_trainings_counts_as_an_error():
    # Without it, ten trainings of spread 0.2 would differ from the data far too often.
    assert rejections(3, 0.5, n=300) < 0.10


def test_rates_that_differ_are_found():
    assert rejections(5, factor=1.5, n=50) > 0.9
    assert rejections(5, factor=np.where(RATES == 300, 1 / 2, 1.0), n=50) > 0.9
    assert rejections(5, factor=1.1, n=100) < 0.9


def test_events_that_the_process_never_makes_are_found_and_one_is_not():
    null = null_sample()
    usual = np.tile(RATES.round(), (5, 1))
    data = usual[0].copy()
    assert not ratio_test(usual, data, null).rejects
    usual[:, 0] = 20
    assert ratio_test(usual, data, null).rejects
    data[0] = 1
    usual[:, 0] = 0
    assert not ratio_test(usual, data, null).rejects


def test_some_points_have_a_p_value_of_their_own():
    usual = np.tile(RATES.round(), (5, 1))
    model = usual * np.where(RATES == 300, 2, 1)
    test = ratio_test(model, usual[0], null_sample())
    assert test.p_value_of(np.ones(6, bool)) == test.p_value == 1 / 2000
    assert test.p_value_of(RATES == 300) == 1 / 2000
    assert test.p_value_of(RATES < 300) > 0.05
    assert test.model == pytest.approx(model[0]) and test.data == pytest.approx(usual[0])


def test_the_log_ratio_is_per_length_of_the_data():
    test = ratio_test(np.full((3, 6), 400), np.full(6, 20), null_sample(longer=10.0))
    assert test.log_ratio == pytest.approx(np.log(40.5 / 20.5))
    assert test.training_error == pytest.approx(0.0, abs=1e-6)


def test_the_error_between_trainings_is_that_of_their_mean():
    model = np.tile([[90.0], [100.0], [110.0]], (1, 6))
    test = ratio_test(model, np.full(6, 100), null_sample())
    assert test.training_error == pytest.approx(10 / 100.5 / np.sqrt(3))


def test_p_is_small_exactly_if_a_score_is_beyond_the_critical_one():
    random, null = np.random.default_rng(3), null_sample()
    for factor in (1.0, 1.2, 1.4):
        model = random.poisson(factor * RATES, (5, 6))
        test = ratio_test(model, counts(random, ()), null, n_repetitions=999)
        assert test.rejects == (np.abs(test.score).max() > test.critical)


def test_the_same_seed_gives_the_same_result():
    null, model = null_sample(), np.tile(RATES, (3, 1))
    one, two = (ratio_test(model, RATES, null, seed=5) for _ in range(2))
    assert one.p_value == two.p_value and one.critical == two.critical


def test_a_model_inherits_the_error_of_its_data_when_the_process_is_asked():
    random = np.random.default_rng(4)
    short, long = counts(random, (4000,)), random.poisson(100 * RATES, (200, 6)) / 100
    found = np.log(reference_null(long, short) + 0.5)[:, 3:]
    expected = np.log(short + 0.5)[:, 3:].var(axis=0) + 1 / (100 * RATES[3:])
    assert found.var(axis=0) == pytest.approx(expected, rel=0.1)
    assert found.mean(axis=0) == pytest.approx(np.log(RATES[3:] + 0.5), abs=0.02)


def test_sign_flips_have_the_false_alarm_rate_that_they_promise():
    random = np.random.default_rng(5)
    p = [sign_flip_p_value(random.standard_normal((8, 3))) for _ in range(REPETITIONS)]
    assert 0.029 <= np.mean(np.array(p) <= 0.05) <= 0.071
    assert sign_flip_p_value(random.standard_normal((10, 3)) + 2) == pytest.approx(1 / 512)


def test_each_point_of_the_sign_flips_has_its_own_p():
    random = np.random.default_rng(6)
    differences = random.standard_normal((10, 4)) + np.array([0.0, 3.0, 0.0, 0.0])
    p = sign_flip_p_values(differences)
    assert p[1] == 1 / 512 and p[[0, 2, 3]].min() > 0.05
    assert sign_flip_p_value(differences) == p.min()
    # More points make each of them less surprising.
    assert sign_flip_p_values(differences[:, :1])[0] <= p[0]


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: ratio_test(np.ones((2, 6)), np.ones(6), null_sample()), ValueError, "model: .*3"),
        (lambda: ratio_test(np.ones((3, 5)), np.ones(6), null_sample()), ValueError, "6 points"),
        (lambda: ratio_test(np.ones((3, 6)), -np.ones(6), null_sample()), ValueError, "data: .*-1"),
        (lambda: ratio_test(np.ones((3, 6)), np.ones(6), "null"), TypeError, "null"),
        (lambda: NullSample(np.ones((99, 6)), np.ones((100, 6))), ValueError, "data: .*100 rows"),
        (lambda: NullSample(np.ones((100, 6)), np.ones((100, 5))), ValueError, "model: .*6 points"),
        (lambda: NullSample(np.ones((100, 6)), np.ones((100, 6)), 0.0), ValueError, "scale"),
        (lambda: NullSample(np.full((100, 1), np.nan), np.ones((100, 1))), ValueError, "data"),
        (lambda: sign_flip_p_value(np.ones((5, 2))), ValueError, "differences: .*6 to 16"),
        (lambda: sign_flip_p_value(np.ones(8)), ValueError, "differences"),
        (lambda: sign_flip_p_values(np.ones((8, 0))), ValueError, "differences"),
    ],
)
def test_bad_input_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_three_trainings_are_enough():
    assert ratio_test(np.tile(RATES, (MIN_TRAININGS, 1)), RATES, null_sample()).p_value > 0.05
