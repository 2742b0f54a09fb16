"""The rule for claims that are no curves: its outcomes, its false alarms, and its marks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from lstm_md.judging.decision import (
    CANNOT_BE_TESTED,
    DOES_NOT_HOLD,
    HOLDS,
    NOT_DIAGNOSTIC,
    UNDECIDED,
)
from reproduction.common.intervals import (
    Limited,
    Number,
    Ruling,
    answered,
    best,
    can_be_tested,
    log_count,
    log_ratio,
    mean_of,
    ratio_words,
    rule,
    rule_of_share,
)


def limited(value, error, low=-np.inf, high=0.0, name="a / b"):
    return Limited(name, Number(value, error**2, 19), low, high)


@pytest.mark.parametrize(
    ("value", "low", "outcome"),
    [
        (-0.3, -np.inf, HOLDS),
        (-0.1, -np.inf, UNDECIDED),
        (0.1, -np.inf, UNDECIDED),
        (0.3, -np.inf, DOES_NOT_HOLD),
        (-0.5, -1.0, HOLDS),
        (-0.9, -1.0, UNDECIDED),
        (-1.3, -1.0, DOES_NOT_HOLD),
    ],
)
def test_the_whole_interval_must_be_on_one_side_of_the_limit(value, low, outcome):
    # Half a 90 % interval is 0.173.
    assert rule([limited(value, 0.1, low)]).outcome == outcome


def test_a_90_percent_interval_and_the_one_sided_test_are_the_same_for_one_number():
    half = float(stats.t.ppf(0.95, 19)) * 0.1
    assert rule([limited(half + 1e-6, 0.1)]).outcome == DOES_NOT_HOLD
    assert rule([limited(half - 1e-6, 0.1)]).outcome == UNDECIDED
    assert rule([limited(-half - 1e-6, 0.1)]).outcome == HOLDS


def test_every_number_must_be_inside_and_one_outside_refutes():
    good, bad, open_one = limited(-1, 0.1), limited(1, 0.1), limited(0.05, 0.1, name="c / d")
    assert rule([good, good]).outcome == HOLDS
    assert rule([good, open_one]).outcome == UNDECIDED
    assert rule([good, open_one]).number.startswith("c / d 1.05 (")
    assert rule([good, bad, open_one]).outcome == DOES_NOT_HOLD


def test_many_numbers_at_the_limit_are_refused_together_in_5_of_100_cases():
    random = np.random.default_rng(1)
    refused = np.mean(
        [
            rule([limited(each, 0.1) for each in 0.1 * random.standard_t(19, 8)]).outcome
            == DOES_NOT_HOLD
            for _ in range(800)
        ]
    )
    assert 0.02 <= refused <= 0.075


def test_nothing_to_compare_decides_nothing():
    found = rule([], "no pair")
    assert (found.outcome, found.number, found.more_data) == (UNDECIDED, "no pair", np.inf)


def test_more_data_is_what_decides():
    found = rule([limited(-0.1, 0.1)])
    less = 0.1 / np.sqrt(found.more_data)
    assert rule([limited(-0.1, 0.99 * less)]).outcome == HOLDS
    assert rule([limited(-0.1, 1.01 * less)]).outcome == UNDECIDED
    outside = rule([limited(0.1, 0.1), limited(-1, 0.1)])
    less = 0.1 / np.sqrt(outside.more_data)
    assert rule([limited(0.1, 0.99 * less), limited(-1, 0.1)]).outcome == DOES_NOT_HOLD
    assert rule([limited(0.1, 1.01 * less), limited(-1, 0.1)]).outcome == UNDECIDED
    assert rule([limited(0.0, 0.1)]).more_data == np.inf


def test_the_power_is_refused_nine_times_in_ten():
    told = float(rule([limited(-0.5, 0.1)]).power.split()[-1])
    random = np.random.default_rng(2)
    drawn = np.log(told) + 0.1 * random.standard_t(19, 2000)
    refused = np.mean([rule([limited(each, 0.1)]).outcome == DOES_NOT_HOLD for each in drawn])
    assert 0.85 <= refused <= 0.94


def test_the_error_of_a_ratio_is_that_of_repetitions():
    random = np.random.default_rng(3)
    pace = random.gamma(20, 1 / 20, (1000, 20))  # drops out of the ratio
    found = [
        log_ratio(random.poisson(20 * each), random.poisson(5 * each)) for each in pace
    ]  # fmt: skip
    spread = np.std([each.value for each in found])
    assert np.mean([each.variance for each in found]) == pytest.approx(spread**2, rel=0.1)
    assert np.mean([each.value for each in found]) == pytest.approx(np.log(4), abs=0.01)
    assert spread == pytest.approx(np.sqrt(1 / 400 + 1 / 100), rel=0.1)


@pytest.mark.parametrize(("many", "few"), [(40, 20), (40, 0.02)])
def test_the_error_in_a_share_of_a_long_simulation_is_not_too_small(many, few):
    random = np.random.default_rng(5)
    long = random.poisson(many, 200), random.poisson(few, 200)
    found = log_ratio(*long, 0.1)
    short = [
        log_ratio([random.poisson(20 * many)], [random.poisson(20 * few)]) for _ in range(3000)
    ]
    spread = np.std([each.value for each in short])
    assert 0.9 * spread <= np.sqrt(found.variance) <= (1.15 if few > 1 else 3) * spread
    assert found.value == pytest.approx(np.mean([each.value for each in short]), abs=0.3)


def test_counts_that_are_no_events_have_a_wide_interval():
    nothing = log_ratio(np.zeros(20), np.zeros(20))
    assert nothing.value == 0 and nothing.variance == pytest.approx(4)
    # The half is one of the data, however long the simulation is that shows the scatter.
    assert log_ratio(np.zeros(200), np.zeros(200), 0.1).variance == pytest.approx(4)
    margin = float(np.log(1.25))
    assert rule([Limited("a / b", nothing, -margin, margin)]).outcome == UNDECIDED
    assert log_count(np.zeros(20)).variance == pytest.approx(2)


def test_a_count_and_its_scatter():
    random = np.random.default_rng(4)
    found = [log_count(random.poisson(10, 20)) for _ in range(1000)]
    spread = np.std([each.value for each in found])
    assert np.mean([each.variance for each in found]) == pytest.approx(spread**2, rel=0.1)
    assert log_count([7]) == (np.log(7.5), 0, np.inf)


def test_errors_add_and_the_freedom_is_that_of_the_larger_one():
    both = Number(1.0, 0.04, 4).with_errors(Number(9.0, 0.0001, 1))
    assert (both.value, both.variance) == (1.0, pytest.approx(0.0401))
    assert both.freedom == pytest.approx(4, abs=0.1)
    assert Number(1.0, 0.0, np.inf).with_errors().freedom == np.inf
    assert mean_of([1.0, 3.0]) == (2.0, 1.0, 1)


@pytest.mark.parametrize(
    ("successes", "n", "outcome"),
    [
        (20, 20, HOLDS),
        (15, 20, HOLDS),
        (14, 20, UNDECIDED),
        (10, 20, UNDECIDED),
        (6, 20, UNDECIDED),
        (5, 20, DOES_NOT_HOLD),
        (0, 20, DOES_NOT_HOLD),
        (4, 4, UNDECIDED),
        (5, 5, HOLDS),
        (0, 4, UNDECIDED),
        (0, 5, DOES_NOT_HOLD),
    ],
)
def test_more_trainings_than_not_by_the_exact_interval(successes, n, outcome):
    assert rule_of_share(successes, n, "follow", "trainings").outcome == outcome


def test_the_interval_of_a_share_is_that_of_clopper_and_pearson():
    found = rule_of_share(7, 10, "follow", "trainings")
    exact = stats.binomtest(7, 10).proportion_ci(0.90, "exact")
    assert (
        found.number
        == f"follow 7 of 10 trainings ({100 * exact.low:.0f} to {100 * exact.high:.0f} %)"
    )
    assert rule_of_share(5, 10, "follow", "trainings").more_data == np.inf
    assert 1 < found.more_data < 3


def test_a_share_is_refused_nine_times_in_ten_where_the_power_says_so():
    told = float(rule_of_share(10, 20, "follow", "trainings").power.split()[-2]) / 100
    assert stats.binom.cdf(5, 20, told) == pytest.approx(0.9, abs=0.02)
    assert rule_of_share(1, 3, "follow", "trainings").power == ""


def test_ratios_are_numbers_that_a_person_would_write():
    shown = [ratio_words(np.log(x)) for x in (1e9, 1236, 2.345, 0.0456, 1e-300)]
    assert shown == ["more than 1,000,000", "1,236", "2.35", "0.046", "less than 0.001"]


def test_the_best_of_several_rulings_is_that_of_a_control():
    bad, open_one, good = (Ruling(o, "") for o in (DOES_NOT_HOLD, UNDECIDED, HOLDS))
    assert best([bad, open_one]).outcome == UNDECIDED
    assert best([bad, good, open_one]).outcome == HOLDS


def test_half_of_the_simulations_are_enough():
    good, bad = Ruling(HOLDS, ""), Ruling(UNDECIDED, "")
    assert can_be_tested([good, bad])
    assert not can_be_tested([good, bad, bad])


def answer_of(ruling, controls, testable):
    return answered(
        "K3", "ours", ruling, controls=controls, testable=testable, records=("linear_ours",)
    )


def test_an_answer_has_the_marks_of_its_controls_and_simulations():
    good, bad = rule([limited(-1, 0.1)]), rule([limited(1, 0.1)])
    found = answer_of(good, {"shuffled labels": bad}, True)
    assert (found.outcome, found.marks) == (HOLDS, ())
    assert found.controls == {"shuffled labels": DOES_NOT_HOLD}
    assert answer_of(good, {"chain": good}, True).marks == (NOT_DIAGNOSTIC,)
    assert answer_of(bad, {"chain": bad}, False).marks == (CANNOT_BE_TESTED,)
    assert answer_of(bad, {"chain": good}, False).marks == (CANNOT_BE_TESTED, NOT_DIAGNOSTIC)


def test_an_answer_that_the_correction_for_many_claims_does_not_bear_is_undecided():
    found = answer_of(rule([limited(0.2, 0.1)]), {}, True)
    assert found.outcome == DOES_NOT_HOLD and 0.01 < found.p_value < 0.05
    corrected = found.corrected(0.06)
    assert corrected.outcome == UNDECIDED and 1 < corrected.more_data < 1.2
    assert found.corrected(0.9).more_data == np.inf
    assert found.corrected(0.04).outcome == DOES_NOT_HOLD and found.corrected(0.04).more_data == 1
